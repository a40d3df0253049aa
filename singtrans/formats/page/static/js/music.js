// Names of notes, keys, and times as people read them.
import { clamp } from "./base.js";

const SHARPS = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const LINE = "FCGDAEB"; // the line of fifths
const LAST_SHARP = 12, LAST_FLAT = -8; // B♯ and F♭, in fifths from C
const STEPS_ABOVE_C = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const MAJOR = [0, 2, 4, 5, 7, 9, 11], MINOR = [0, 2, 3, 5, 7, 8, 10, 11]; // minor with both sevenths

export const KEYS = ["C", "G", "D", "A", "E", "B", "F#", "C#", "F", "Bb", "Eb", "Ab", "Db", "Gb", "Cb",
  "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m", "Dm", "Gm", "Cm", "Fm", "Bbm", "Ebm", "Abm"];

const pitchClass = (number) => ((number % 12) + 12) % 12;
export const isBlack = (number) => [1, 3, 6, 8, 10].includes(pitchClass(number));

// The number of sharps in a key's signature, negative for flats.
function fifthsOf(key) {
  const sign = { "#": 7, b: -7 }[key[1]] ?? 0;
  return LINE.indexOf(key[0]) - 1 + sign - (key.endsWith("m") ? 3 : 0);
}

// The name of an integer MIDI number. In a key, the twelve names are neighbours on the line of fifths, without double
// accidentals apart from the raised seventh of a minor key; `Key.spell` in singtrans does the same.
export function noteName(number, key = null) {
  if (!key) return SHARPS[pitchClass(number)] + (Math.floor(number / 12) - 1);
  const fifths = fifthsOf(key);
  let fifth = pitchClass(7 * number - (fifths - 3)) + fifths - 3;
  if (fifth > LAST_SHARP && !(key.endsWith("m") && fifth === fifths + 8)) fifth -= 12;
  else if (fifth < LAST_FLAT) fifth += 12;
  const step = LINE[(((fifth + 1) % 7) + 7) % 7], alter = Math.floor((fifth + 1) / 7);
  return step + ["♭", "", "♯", "𝄪"][alter + 1] + (Math.floor((number - STEPS_ABOVE_C[step] - alter) / 12) - 1);
}

// The MIDI number of a name such as C#4 or B♭3; null if it is not a name.
function numberOf(text) {
  const found = /^\s*([a-g])\s*(#|♯|b|♭)?\s*(-?\d)\s*$/i.exec(text);
  if (!found) return null;
  const step = STEPS_ABOVE_C[found[1].toUpperCase()];
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

// The name of a note with a sharp sign, as the page writes it.
export const withSign = (name) => name.replace("#", "♯");
