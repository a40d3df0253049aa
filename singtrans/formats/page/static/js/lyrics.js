// Typing words onto notes: a field under the note; Tab goes to the next note.
import { $, on } from "./base.js";
import { goTo } from "./actions.js";
import { setLyric } from "./edits.js";
import { commit } from "./history.js";
import { boxOf } from "./paint_notes.js";
import { chosenNotes } from "./selection.js";
import { indexOfId, marked, song } from "./song.js";
import { say } from "./status.js";
import { view } from "./view.js";

const field = $("lyric");
let noteId = null;

function placeField() {
  const index = indexOfId(noteId);
  if (field.hidden) return;
  if (index < 0) { closeLyric(); return; }
  const box = boxOf(song.notes[index]), width = Math.max(64, Math.min(160, box.width));
  field.style.left = `${Math.min(Math.max(box.x, 0), view.width - width)}px`;
  field.style.top = `${Math.min(box.y + box.height + 2, view.height - 30)}px`;
  field.style.width = `${width}px`;
}

function closeLyric() {
  if (field.hidden) return;
  field.hidden = true;
  noteId = null;
  $("roll").focus({ preventScroll: true });
}

function openLyric(note) {
  noteId = note.id;
  field.value = note.lyric ?? "";
  field.hidden = false;
  goTo(note);
  placeField();
  field.focus({ preventScroll: true });
  field.select();
}

function nextLyric(by) {
  const note = song.notes[indexOfId(noteId) + by];
  if (note) openLyric(note); else closeLyric();
}

export function typeLyric() {
  const [note] = chosenNotes();
  if (note) openLyric(note); else say("Select a note first.");
}

// Divide a text into syllables as singtrans does: words at spaces, their syllables at hyphens, a slash at the end of a line.
function syllablesOf(text) {
  const lines = text.split(/[\n\r]+/).map((line) => line.trim()).filter(Boolean);
  return lines.flatMap((line, number) => {
    const parts = line.split(/\s+/).flatMap((word) => word.replace(/-(?=.)/g, "-\n").split("\n"));
    if (lines.length > 1 && number < lines.length - 1) parts[parts.length - 1] += " /";
    return parts;
  });
}

function pasted(event) {
  const syllables = syllablesOf(event.clipboardData.getData("text"));
  if (syllables.length < 2) return;
  event.preventDefault();
  const from = indexOfId(noteId);
  const notes = song.notes.map((note, i) => (syllables[i - from] ? marked(note, { lyric: syllables[i - from] }) : note));
  commit("Paste lyrics", { notes });
  const last = song.notes[Math.min(from + syllables.length, song.notes.length) - 1];
  openLyric(last);
  const left = from + syllables.length - song.notes.length;
  if (left > 0) say(`${left} syllables have no note.`);
}

function lyricKey(event) {
  if (event.key === "Tab" || event.key === "Enter" || (event.key === " " && field.value.trim())) {
    event.preventDefault();
    nextLyric(event.shiftKey ? -1 : 1);
  } else if (event.key === "Escape") closeLyric();
}

export function startLyrics() {
  field.addEventListener("input", () => setLyric(noteId, field.value));
  field.addEventListener("keydown", lyricKey);
  field.addEventListener("paste", pasted);
  field.addEventListener("blur", () => setTimeout(() => { if (document.activeElement !== field) closeLyric(); }, 0));
  on("view", placeField);
  on("notes", placeField);
}
