// Undo and redo. Each step replaces a run of notes by another, and maybe the settings; it also restores the selection.
import { emit } from "./base.js";
import { choose, chosenIds } from "./selection.js";
import { makeNotes, original, reserveIds, song } from "./song.js";

const MOST_STEPS = 1000;
const MERGE_MS = 900;

export const steps = { done: [], undone: [] };
let open = null; // the last step, while changes may still be added to it: token, time, and the song before it

// The smallest replacement that turns one list of notes into another.
function difference(before, after) {
  let at = 0, tail = 0;
  const most = Math.min(before.length, after.length);
  while (at < most && before[at] === after[at]) at++;
  while (tail < most - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return { at, removed: before.slice(at, before.length - tail), added: after.slice(at, after.length - tail) };
}

// Change the song. Steps with the same token that follow each other closely are undone together; a token that is an
// object joins steps without regard to time, as in a drag.
export function commit(label, change, token = null) {
  const isSame = open && token !== null && open.token === token
    && (typeof token === "object" || performance.now() - open.time < MERGE_MS);
  if (isSame) steps.done.pop();
  const before = isSame ? open.before : { notes: song.notes, settings: song.settings, chosen: chosenIds() };
  const notes = change.notes ?? song.notes, settings = change.settings ?? song.settings;
  const replaced = difference(before.notes, notes);
  song.notes = notes;
  song.settings = settings;
  steps.undone = [];
  open = { token, time: performance.now(), before };
  const isChanged = replaced.removed.length || replaced.added.length || settings !== before.settings;
  if (isChanged) {
    steps.done.push({
      label, ...replaced, settings: settings === before.settings ? null : [before.settings, settings],
      chosen: [before.chosen, change.chosen ?? chosenIds()],
    });
    if (steps.done.length > MOST_STEPS) steps.done.shift();
  } else open = isSame ? open : null;
  choose(change.chosen ?? chosenIds());
  emit("notes");
}

function apply(step, isForward) {
  const [out, into] = isForward ? [step.removed, step.added] : [step.added, step.removed];
  song.notes = [...song.notes.slice(0, step.at), ...into, ...song.notes.slice(step.at + out.length)];
  if (step.settings) song.settings = step.settings[Number(isForward)];
  choose(step.chosen[Number(isForward)]);
  open = null;
  emit("notes");
}

export function undo() {
  const step = steps.done.pop();
  if (!step) return null;
  steps.undone.push(step);
  apply(step, false);
  return step.label;
}

export function redo() {
  const step = steps.undone.pop();
  if (!step) return null;
  steps.done.push(step);
  apply(step, true);
  return step.label;
}

const facts = ({ id, note, doubts, ...rest }) => JSON.stringify(Object.entries(rest).sort());

// Whether the song differs from the transcription with which the page was made.
export function isCorrected() {
  if (song.settings !== original.settings && JSON.stringify(song.settings) !== JSON.stringify(original.settings)) return true;
  if (song.notes.length !== original.notes.length) return true;
  return song.notes.some((note, i) => note !== original.notes[i] && facts(note) !== facts(original.notes[i]));
}

// The song with its history, as it is stored; `restore` reads it.
export function snapshot() {
  return { notes: song.notes, settings: song.settings, done: steps.done, undone: steps.undone, chosen: chosenIds() };
}

export function restore({ notes, settings, done = [], undone = [], chosen = [] }) {
  const known = new Map(original.notes.map((note) => [note.id, note]));
  const keep = (list) => {
    const made = makeNotes(list); // unchanged notes stay the same objects, so that comparing them is quick
    return made.map((note) => (known.has(note.id) && facts(known.get(note.id)) === facts(note) ? known.get(note.id) : note));
  };
  const revive = (step) => ({ ...step, removed: keep(step.removed), added: keep(step.added), chosen: step.chosen ?? [[], []] });
  const restored = { notes: keep(notes), done: done.map(revive), undone: undone.map(revive) }; // an error in any step discards all
  song.notes = restored.notes;
  song.settings = Object.freeze({ ...original.settings, ...settings });
  steps.done = restored.done;
  steps.undone = restored.undone;
  for (const list of [song.notes, ...[...steps.done, ...steps.undone].flatMap((step) => [step.removed, step.added])]) {
    reserveIds(list);
  }
  open = null;
  choose(chosen);
  emit("notes");
}
