// The actions of buttons and keys.
import { addNote, measurePitch, mergeNotes, nudge, removeNotes, setChecked, snapPitch, snapping, splitNote } from "./edits.js";
import { redo, undo } from "./history.js";
import { choose, chosenCount, chosenIndices, chosenNotes, onlyChosen, phraseAround } from "./selection.js";
import { firstAfter, needsCheck, SHORTEST, song } from "./song.js";
import { pause, play, player, playNote, seek, setLoop } from "./sound.js";
import { say } from "./status.js";
import { revealNote } from "./view.js";
import { emit } from "./base.js";

export function goTo(note) {
  choose([note.id]);
  revealNote(note);
}

export function stepNote(by) {
  const { notes } = song, indices = chosenIndices();
  if (!notes.length) return;
  const from = indices.length ? indices.at(by > 0 ? -1 : 0) + by : firstAfter(player.position) - Number(by < 0);
  const note = notes[Math.min(Math.max(from, 0), notes.length - 1)];
  goTo(note);
  playNote(note);
}

// Go to the next or previous note that is to be checked, and play from a little before it.
export function stepCheck(by) {
  const { notes } = song, indices = chosenIndices(), count = notes.length;
  const from = indices.length ? indices[0] : firstAfter(player.position) - Number(by > 0);
  for (let k = 1; k <= count; k++) {
    const note = notes[(((from + by * k) % count) + count) % count];
    if (needsCheck(note)) {
      goTo(note);
      seek(Math.max(0, note.onset - 0.3));
      return;
    }
  }
  say("There is no note to check.");
}

// Mark the selected notes as right, and go on; marked notes lose the mark.
export function markRight() {
  const notes = chosenNotes();
  if (!notes.length) { say("Select a note first."); return; }
  const isAll = notes.every((note) => note.checked);
  setChecked(notes.map((note) => note.id), !isAll);
  if (!isAll && notes.length === 1 && song.notes.some(needsCheck)) stepCheck(1);
}

export function addHere() {
  if (!addNote(player.position)) say("There is already a note here.");
  else playNote(onlyChosen());
}

// Split the selected note at the cursor, or in its middle if the cursor is elsewhere.
export function splitHere() {
  const note = onlyChosen(), [index] = chosenIndices();
  if (!note) { say("Select one note to split."); return; }
  const isInside = player.position > note.onset + SHORTEST && player.position < note.offset - SHORTEST;
  if (!splitNote(index, isInside ? player.position : (note.onset + note.offset) / 2)) say("This note is too short to split.");
}

export function mergeHere() {
  if (!mergeNotes()) say("There is no next note to merge with.");
}

export function transpose(semitones) {
  if (!chosenCount()) { say("Select a note first."); return; }
  nudge(0, semitones);
  if (chosenCount() === 1) playNote(onlyChosen());
}

export function remove() {
  if (!chosenCount()) say("Select a note first."); else removeNotes();
}

export function choosePhrase() {
  const [index] = chosenIndices(), at = index ?? Math.min(firstAfter(player.position), song.notes.length - 1);
  if (at >= 0) choose(phraseAround(at).map((note) => note.id));
}

// Loop the selected notes, or the phrase at the cursor if no note is selected; if a loop is on, turn it off.
export function switchLoop() {
  if (player.looping) { player.looping = false; emit("playing"); return; }
  if (player.loop && chosenCount() === 0) { player.looping = true; emit("playing"); return; }
  if (!song.notes.length) { say("Drag the ruler to set a loop."); return; }
  let notes = chosenNotes();
  if (notes.length < 2) notes = phraseAround(chosenIndices()[0] ?? Math.min(firstAfter(player.position), song.notes.length - 1));
  setLoop({ from: Math.max(0, notes[0].onset - 0.05), to: notes.at(-1).offset + 0.05 });
  if (player.playing) { pause(); play(); }
}

export function undoStep() {
  const label = undo();
  say(label ? `Undone: ${label}` : "There is nothing to undo.");
}

export function redoStep() {
  const label = redo();
  say(label ? `Done again: ${label}` : "There is nothing to do again.");
}

export function exactSemitones() {
  if (chosenCount()) snapPitch(); else say("Select a note first.");
}

export function measureAgain() {
  if (chosenCount()) measurePitch(); else say("Select a note first.");
}

export function setSnap(parts) {
  snapping.time = parts;
  if (parts && !song.settings.beats) say("Set a tempo under “Song”, so that there is a grid to snap to.");
  emit("settings");
}

export function setPitchSnap(isOn) {
  snapping.pitch = isOn;
  emit("settings");
}
