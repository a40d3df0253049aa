// The selected notes, by their ids, and the ways to select others.
import { emit } from "./base.js";
import { song } from "./song.js";

let selected = new Set();

export const isChosen = (note) => selected.has(note.id);
export const chosenIds = () => [...selected];
export const chosenCount = () => selected.size;

// Indices of the selected notes, in time order.
export function chosenIndices() {
  const found = [];
  if (selected.size) song.notes.forEach((note, index) => { if (selected.has(note.id)) found.push(index); });
  return found;
}
export const chosenNotes = () => chosenIndices().map((index) => song.notes[index]);

// The only selected note; null if there is none or there are several.
export const onlyChosen = () => (selected.size === 1 ? chosenNotes()[0] ?? null : null);

export function choose(ids) {
  selected = new Set(ids);
  emit("choice");
}

export function toggle(id) {
  if (!selected.delete(id)) selected.add(id);
  emit("choice");
}

// Select every note from those selected to this one.
export function extendTo(index) {
  const indices = [...chosenIndices(), index];
  const low = Math.min(...indices), high = Math.max(...indices);
  choose(song.notes.slice(low, high + 1).map((note) => note.id));
}

export const chooseAll = () => choose(song.notes.map((note) => note.id));

// The notes around a note without a rest of half a second: a phrase.
export function phraseAround(index, rest = 0.5) {
  const { notes } = song;
  let low = index, high = index;
  while (low > 0 && notes[low].onset - notes[low - 1].offset < rest) low--;
  while (high + 1 < notes.length && notes[high + 1].onset - notes[high].offset < rest) high++;
  return notes.slice(low, high + 1);
}
