// The session: a JSON file with everything, which `singtrans report --notes` and `singtrans convert` read.
import { data } from "./base.js";
import { restore, steps } from "./history.js";
import { integer, KEYS } from "./music.js";
import { duration, makeNotes, numbered, song } from "./song.js";
import { chosenIds } from "./selection.js";

const rounded = (value, decimals) => Number(value.toFixed(decimals));

// Onset and offset of each note in whole steps: every note lasts at least one, and none overlap.
export function onGrid(perSecond, notes = song.notes) {
  const onsets = [];
  for (const note of notes) {
    onsets.push(Math.max(Math.round(note.onset * perSecond), onsets.length ? onsets.at(-1) + 1 : 0));
  }
  return notes.map((note, i) => {
    const end = Math.max(onsets[i] + 1, Math.round(note.offset * perSecond));
    return [onsets[i], i + 1 < notes.length ? Math.min(end, onsets[i + 1]) : end];
  });
}

function noteFields(note, [onset, offset]) {
  const { certainty, reasons, ornaments, release, lyric, checked, byHand } = note;
  const fields = {
    onset: onset / 10000, offset: offset / 10000, pitch: rounded(note.pitch, 3), note: integer(note),
    confidence: rounded(note.confidence, 3), tuning: note.tuning ? rounded(note.tuning, 3) : undefined,
    moved: note.moved || undefined, certainty, ornaments, release, lyric, checked, reasons,
  };
  return fields; // JSON leaves out what is undefined
}

function pitchFields() {
  const { start, hop, midi, voicing } = data.pitch;
  return { time: midi.map((_, i) => rounded(start + i * hop, 6)), midi, voicing };
}

export function sessionText() {
  const times = onGrid(10000);
  const content = {
    version: data.version, model: data.model, audio: data.audio, duration: rounded(duration, 6), recording: data.recording,
    key: song.settings.key, beats: song.settings.beats, separation: data.separation ?? undefined,
  };
  const lines = Object.entries(content).filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const notes = song.notes.map((note, i) => `\n  ${JSON.stringify(noteFields(note, times[i]))}`);
  lines.push(` "notes": [${notes.join(",")}]`, ` "pitch": ${JSON.stringify(pitchFields())}`);
  const idsOf = (list) => list.map((note) => note.id);
  const history = { ids: idsOf(song.notes), byHand: idsOf(song.notes.filter((note) => note.byHand)) };
  lines.push(` "history": ${JSON.stringify({ ...history, done: steps.done, undone: steps.undone, chosen: chosenIds() })}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

const isRising = (values) => Array.isArray(values) && values.length > 1 && values.every((value, i) => i === 0 || value > values[i - 1]);
const isBeats = (beats) => isRising(beats?.times) && isRising(beats.quarters) && beats.times.length === beats.quarters.length
  && /^\d+\/(2|4|8|16)$/.test(beats.metre);

// Load a session with its history. Returns a sentence that describes the fault, or null.
export function loadSession(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return "This file is not a session: it is not JSON.";
  }
  const { notes } = content ?? {};
  const isNote = (note) => note && [note.onset, note.offset, note.pitch].every(Number.isFinite) && note.onset < note.offset;
  if (!Array.isArray(notes) || !notes.every(isNote)) return "This file is not a session: it has no list of notes.";
  const settings = { beats: isBeats(content.beats) ? content.beats : null, key: KEYS.includes(content.key) ? content.key : null };
  const history = content.history ?? {}, inOrder = numbered(notes, history).toSorted((a, b) => a.onset - b.onset);
  try {
    restore({ ...history, notes: inOrder, settings });
  } catch { // another program has changed the history
    restore({ notes: makeNotes(notes), settings });
  }
  return content.recording && content.recording !== data.recording ? "This session belongs to another recording." : null;
}
