// The edits: each makes a new list of notes from the old one and commits it.
import { clamp } from "./base.js";
import { gridTime, positionOf, secondsOf } from "./beats.js";
import { steadyPitch, sungAt } from "./curve.js";
import { commit } from "./history.js";
import { written } from "./music.js";
import { chosenIds, chosenIndices } from "./selection.js";
import { changed, duration, endLimit, firstAfter, freshId, makeNotes, marked, SHORTEST, song, startLimit, withinRange } from "./song.js";

export const snapping = { time: 0, pitch: false }; // parts of a beat, 0 for none; whether to exact semitones

const chosenToken = (name) => `${name}:${chosenIds().join()}`;
const replaced = (notes, index, note) => [...notes.slice(0, index), note, ...notes.slice(index + 1)];

// Measure the pitch again from the curve, unless a person has set it.
function measured(note) {
  if (note.byHand) return note;
  const pitch = steadyPitch(note.onset, note.offset);
  return pitch === null ? note : changed(note, { pitch });
}

// Move the notes at some indices of a list by seconds, as far as the notes around them leave room.
export function shiftedInTime(notes, indices, seconds, isSnapped = true) {
  if (!indices.length) return notes;
  const inside = new Set(indices);
  let low = -Infinity, high = Infinity;
  for (const i of indices) {
    if (!inside.has(i - 1)) low = Math.max(low, startLimit(notes, i) - notes[i].onset);
    if (!inside.has(i + 1)) high = Math.min(high, endLimit(notes, i) - notes[i].offset);
  }
  const lead = notes[indices[0]].onset;
  const wanted = isSnapped ? gridTime(lead + seconds, snapping.time) - lead : seconds;
  const by = clamp(wanted, Math.min(low, 0), Math.max(high, 0));
  return notes.map((note, i) => (inside.has(i) ? changed(note, { onset: note.onset + by, offset: note.offset + by }) : note));
}

// Move the notes by semitones; whole steps keep the deviation of the pitch, unless notes snap to exact semitones.
export function shiftedInPitch(notes, indices, semitones) {
  const inside = new Set(indices), isWhole = Number.isInteger(semitones);
  return notes.map((note, i) => {
    if (!inside.has(i)) return note;
    const exact = snapping.pitch && isWhole;
    const pitch = withinRange((exact ? written(note) : note.pitch) + semitones);
    return changed(note, { pitch, byHand: true, moved: exact ? 0 : note.moved });
  });
}

// Move one end of a note to a time; the pitch is measured again.
export function stretched(notes, index, edge, seconds, isSnapped = true) {
  const note = notes[index], at = isSnapped ? gridTime(seconds, snapping.time) : seconds;
  const fields = edge < 0
    ? { onset: clamp(at, startLimit(notes, index), note.offset - SHORTEST) }
    : { offset: clamp(at, note.onset + SHORTEST, Math.max(endLimit(notes, index), note.onset + SHORTEST)) };
  return replaced(notes, index, measured(changed(note, fields)));
}

export function nudge(seconds, semitones, edge = 0) {
  const indices = chosenIndices();
  if (!indices.length) return;
  if (edge) {
    const index = indices.at(edge > 0 ? -1 : 0), note = song.notes[index];
    const to = (edge > 0 ? note.offset : note.onset) + seconds;
    commit("Move an end", { notes: stretched(song.notes, index, edge, to, false) }, chosenToken("end"));
  } else if (seconds) {
    const lead = song.notes[indices[0]].onset, parts = song.settings.beats ? snapping.time : 0;
    const step = parts ? secondsOf(positionOf(lead) + Math.sign(seconds) / parts) - lead : seconds;
    commit("Move", { notes: shiftedInTime(song.notes, indices, step) }, chosenToken("time"));
  } else {
    commit("Transpose", { notes: shiftedInPitch(song.notes, indices, semitones) }, chosenToken("pitch"));
  }
}

// Put the pitch of the selected notes on their exact semitones.
export function snapPitch() {
  const inside = new Set(chosenIndices());
  const notes = song.notes.map((note, i) => (inside.has(i) ? changed(note, { pitch: written(note), moved: 0, byHand: true }) : note));
  commit("Snap to semitones", { notes });
}

// Measure the pitch of the selected notes again, whoever has set it.
export function measurePitch() {
  const inside = new Set(chosenIndices());
  const notes = song.notes.map((note, i) => (inside.has(i) ? measured(changed(note, { byHand: undefined, moved: 0 })) : note));
  commit("Measure the pitch", { notes });
}

// Add a note at a time with a pitch relative to the singer's A4; null takes what is sung there. False if there is no room.
export function addNote(seconds, pitch = null) {
  const { notes } = song, at = gridTime(seconds, snapping.time), i = firstAfter(at);
  const from = Math.max(at, startLimit(notes, i)), to = i < notes.length ? notes[i].onset : duration;
  if (to - from < SHORTEST) return false;
  const near = notes[Math.max(0, i - 1)], tuning = near?.tuning ?? 0;
  const offset = Math.min(to, from + 0.5);
  const sung = pitch === null ? steadyPitch(from, offset) ?? sungAt(from) ?? near?.pitch ?? 60 : Math.round(pitch) + tuning;
  const [made] = makeNotes([{ onset: from, offset, pitch: withinRange(sung), tuning, ...(pitch === null ? {} : { byHand: true }) }]);
  commit("Add a note", { notes: [...notes.slice(0, i), made, ...notes.slice(i)], chosen: [made.id] });
  return true;
}

// Split a note at a time. False if a part would be too short.
export function splitNote(index, seconds) {
  const note = song.notes[index];
  const at = gridTime(seconds, snapping.time);
  if (at - note.onset < SHORTEST || note.offset - at < SHORTEST) return false;
  const first = measured(changed(note, { offset: at }));
  const rest = measured(changed(note, { onset: at, id: freshId(), lyric: note.lyric ? "~" : undefined }));
  commit("Split", { notes: [...song.notes.slice(0, index), first, rest, ...song.notes.slice(index + 1)], chosen: [rest.id] });
  return true;
}

// Merge the selected notes, or the only selected one with the next. False if there is nothing to merge.
export function mergeNotes() {
  const indices = chosenIndices(), { notes } = song;
  if (!indices.length) return false;
  const low = indices[0], high = indices.length > 1 ? indices.at(-1) : low + 1;
  if (high >= notes.length) return false;
  const parts = notes.slice(low, high + 1);
  const longest = parts.reduce((a, b) => (b.offset - b.onset > a.offset - a.onset ? b : a));
  const lyric = parts.map((part) => part.lyric).find((text) => text && text !== "~");
  const whole = changed(longest, { id: parts[0].id, onset: parts[0].onset, offset: parts.at(-1).offset, lyric });
  const made = measured(whole);
  commit("Merge", { notes: [...notes.slice(0, low), made, ...notes.slice(high + 1)], chosen: [made.id] });
  return true;
}

export function removeNotes() {
  const indices = chosenIndices();
  if (!indices.length) return;
  const inside = new Set(indices), notes = song.notes.filter((_, i) => !inside.has(i));
  const next = notes[Math.min(indices[0], notes.length - 1)];
  commit(indices.length > 1 ? `Delete ${indices.length} notes` : "Delete", { notes, chosen: next ? [next.id] : [] });
}

export function setLyric(id, text) {
  const notes = song.notes.map((note) => (note.id === id ? marked(note, { lyric: text.trim() }) : note));
  commit("Lyrics", { notes }, `lyric:${id}`);
}

// Mark notes as right, or take the mark back.
export function setChecked(ids, isChecked) {
  const inside = new Set(ids);
  const notes = song.notes.map((note) => (inside.has(note.id) ? marked(note, { checked: isChecked || undefined }) : note));
  commit(isChecked ? "Looks right" : "Check again", { notes });
}

export const setSettings = (label, fields) => commit(label, { settings: Object.freeze({ ...song.settings, ...fields }) }, label);
