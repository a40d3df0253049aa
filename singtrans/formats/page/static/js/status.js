// The line that describes the selection or the last event; screen readers read it out.
import { $, data, on } from "./base.js";
import { centsOff, integer, noteName, signed } from "./music.js";
import { isCorrected } from "./history.js";
import { chosenCount, onlyChosen } from "./selection.js";
import { needsCheck, song } from "./song.js";

let messageUntil = 0;

const REASONS = {
  onset: "its start", pitch: "its pitch", octave: "its octave", offset: "its end", unsure: "the whole note",
  short: "very short", between: "between semitones",
};

// The reasons to check a note, in words.
export function reasonText(note) {
  const what = note.reasons.filter((name) => name !== "short" && name !== "between").map((name) => REASONS[name] ?? name);
  const why = note.reasons.filter((name) => name === "short" || name === "between").map((name) => REASONS[name]);
  return `Unsure: ${what.join(", ")}${why.length ? ` (${why.join(", ")})` : ""}`;
}

// Say something for five seconds.
export function say(text) {
  messageUntil = performance.now() + 5000;
  $("status").textContent = text;
  setTimeout(() => { if (performance.now() >= messageUntil) describe(); }, 5100);
}

const countOf = (number) => (number === 0 ? "no notes" : number === 1 ? "1 note" : `${number} notes`);

export function noteText(note) {
  const cents = centsOff(note), length = note.offset - note.onset;
  return `${noteName(integer(note), song.settings.key)} ${signed(cents)} cents, ${note.onset.toFixed(3)} to ${note.offset.toFixed(3)} s`
    + ` (${length.toFixed(3)} s)`;
}

export function showStatus() {
  showAbout();
  describe();
}

function describe() {
  const { notes } = song, note = onlyChosen(), count = chosenCount();
  document.body.dataset.notes = notes.length;
  document.body.dataset.chosen = note ? notes.indexOf(note) : -1;
  document.body.dataset.count = count;
  if (note) {
    const check = needsCheck(note) ? `. ${reasonText(note)}` : note.checked ? ". Marked as right" : "";
    $("status").textContent = `${noteText(note)}, note ${notes.indexOf(note) + 1} of ${notes.length}${check}`;
  } else if (count) $("status").textContent = `${count} of ${notes.length} notes selected`;
  else $("status").textContent = `${countOf(notes.length)}${isCorrected() ? ", corrected" : ""}`;
}

// The number of notes, and the lowest and the highest note.
function showAbout() {
  const numbers = song.notes.map(integer), { key } = song.settings;
  const range = numbers.length ? `, ${noteName(Math.min(...numbers), key)} to ${noteName(Math.max(...numbers), key)}` : "";
  $("about").textContent = `${countOf(numbers.length)}${range}${data.voice ? `; ${data.voice}` : ""}`;
}

on("notes", showAbout);
on("choice", describe);
on("notes", describe);
