// Names of notes, keys, and times as people read them.
import { clamp } from "./base.js";

const SHARPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const FLATS = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"];
const MAJOR = [0, 2, 4, 5, 7, 9, 11], MINOR = [0, 2, 3, 5, 7, 8, 10, 11]; // minor with both sevenths
const FLAT_KEYS = ["F", "Bb", "Eb", "Ab", "Db", "Gb", "Cb", "Dm", "Gm", "Cm", "Fm", "Bbm", "Ebm", "Abm"];

export const KEYS = ["C", "G", "D", "A", "E", "B", "F#", "C#", "F", "Bb", "Eb", "Ab", "Db", "Gb", "Cb",
  "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m", "Dm", "Gm", "Cm", "Fm", "Bbm", "Ebm", "Abm"];

const pitchClass = (number) => ((number % 12) + 12) % 12;
export const isBlack = (number) => [1, 3, 6, 8, 10].includes(pitchClass(number));

// The name of an integer MIDI number, with flats in keys that have flats.
export function noteName(number, key = null) {
  const names = FLAT_KEYS.includes(key) ? FLATS : SHARPS;
  return names[pitchClass(number)] + (Math.floor(number / 12) - 1);
}

// The MIDI number of a name such as C#4 or B♭3; null if it is not a name.
function numberOf(text) {
  const found = /^\s*([a-g])\s*(#|♯|b|♭)?\s*(-?\d)\s*$/i.exec(text);
  if (!found) return null;
  const step = { c: 0, d: 2, e: 4, f: 5, g: 7, a: 9, b: 11 }[found[1].toLowerCase()];
  return step + ({ "#": 1, "♯": 1, b: -1, "♭": -1 }[found[2]] ?? 0) + 12 * (Number(found[3]) + 1);
}

export function keyTitle(key) {
  const minor = key.endsWith("m"), tonic = key.replace("m", "").replace("#", "♯").replace("b", "♭");
  return `${tonic} ${minor ? "minor" : "major"}`;
}

// Whether a pitch class belongs to a key, for each of the twelve.
export function scaleOf(key) {
  const minor = key.endsWith("m"), tonic = numberOf(`${key.replace("m", "")}4`);
  const steps = minor ? MINOR : MAJOR;
  return Array.from({ length: 12 }, (_, number) => steps.includes(pitchClass(number - tonic)));
}

// Integer notes are relative to the singer's A4, which is `tuning` semitones above 440 Hz. `moved` is the number of
// semitones by which the key moved a note.
export const integer = (note) => clamp(Math.floor(note.pitch - note.tuning + 0.5) + note.moved, 0, 127);
export const written = (note) => integer(note) + note.tuning; // the exact pitch of the integer note
export const relative = (note) => note.pitch - note.tuning;
export const centsOff = (note) => Math.round(100 * (relative(note) - integer(note)));
export const hertz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

export const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number)}`;

export function clock(seconds, decimals = 1) {
  const rounded = Number(Math.max(0, seconds).toFixed(decimals)), hours = Math.floor(rounded / 3600);
  const minutes = Math.floor(rounded / 60) % 60;
  const rest = (rounded % 60).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
