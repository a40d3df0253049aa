// The song: its notes, beats and key, as they are now.
//
// Notes are frozen objects in time order that never overlap; an edit replaces them. `id` identifies a note across edits.
// A note has onset, offset (seconds), pitch (fractional MIDI), confidence, tuning, moved, and if they are known
// certainty, ornaments, release, reasons (to check it), lyric, checked, byHand (its pitch was set by a person).
import { clamp, data } from "./base.js";

export const SHORTEST = 0.03; // seconds

let lastId = 0;
export const freshId = () => ++lastId;
export const reserveIds = (notes) => { for (const note of notes) lastId = Math.max(lastId, note.id); };

function freeze(fields) {
  return Object.freeze({ confidence: 1, tuning: 0, moved: 0, ...fields, id: fields.id ?? freshId() });
}
export const makeNotes = (list) => list.map(freeze);

// The notes of a file with the ids that the steps of its history use.
export function numbered(list, { ids, byHand } = {}) {
  if (ids?.length !== list.length) return list;
  const set = new Set(byHand);
  return list.map((note, i) => ({ ...note, id: ids[i], ...(set.has(ids[i]) ? { byHand: true } : {}) }));
}

const originalNotes = makeNotes(numbered(data.notes, data.history ?? {}));
const originalSettings = Object.freeze({ beats: data.beats, key: data.key });

export const song = { notes: originalNotes, settings: originalSettings };
export const original = Object.freeze({ notes: originalNotes, settings: originalSettings });
export const duration = Math.max(data.duration, originalNotes.at(-1)?.offset ?? 0, 0.1);

// The index of the first note that ends after a time.
export function firstAfter(seconds, notes = song.notes) {
  let low = 0, high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle].offset > seconds) high = middle; else low = middle + 1;
  }
  return low;
}

let tuningOf = { notes: null, shared: 0 }; // the tuning that all notes share, or null

function sharedTuning() {
  const { notes } = song;
  if (tuningOf.notes !== notes) {
    const first = notes[0]?.tuning ?? 0;
    tuningOf = { notes, shared: notes.every((note) => note.tuning === first) ? first : null };
  }
  return tuningOf.shared;
}

// The tuning for parts of the page that have a single one: the shared tuning, or that of the middle note.
export const commonTuning = () => sharedTuning() ?? song.notes[song.notes.length >> 1].tuning;

// The tuning of the note nearest to a time.
export function tuningAt(seconds) {
  const shared = sharedTuning();
  if (shared !== null) return shared;
  const next = song.notes[firstAfter(seconds)], before = song.notes[firstAfter(seconds) - 1];
  if (!next || !before) return (next ?? before)?.tuning ?? 0;
  return seconds - before.offset < next.onset - seconds ? before.tuning : next.tuning;
}

export const indexOfId = (id) => song.notes.findIndex((note) => note.id === id);

// A note that a person has changed: it is certain, and there is nothing to check.
export function changed(note, fields) {
  const made = { ...note, ...fields, confidence: 1 };
  for (const name of ["certainty", "reasons", "doubts", "note", "release", "ornaments"]) delete made[name];
  return Object.freeze(made);
}

// A note whose words or check mark have changed; its measured values are kept.
export function marked(note, fields) {
  const made = { ...note, ...fields };
  for (const [name, value] of Object.entries(made)) if (value === undefined || value === "") delete made[name];
  return Object.freeze(made);
}

export const needsCheck = (note) => Boolean(note.reasons?.length) && !note.checked;

// The least time before which a note may not begin, and the latest at which it may end.
export const startLimit = (notes, index) => (index > 0 ? notes[index - 1].offset : 0);
export const endLimit = (notes, index) => (
  index + 1 < notes.length ? notes[index + 1].onset : Math.max(duration, notes[index]?.offset ?? 0));

export const withinRange = (pitch) => clamp(pitch, 0, 127);
