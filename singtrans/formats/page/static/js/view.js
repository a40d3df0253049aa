// The times and pitches on the canvas, and the conversion between them and pixels.
import { clamp, emit } from "./base.js";
import { relative } from "./music.js";
import { duration, song } from "./song.js";

export const LEFT = 46; // pixels of the pitch names
export const RULER = 26;
const FASTEST = 1500, TALLEST = 64, SHORTEST_ROW = 3; // pixels per second and per semitone

// start: seconds at the left edge; scale: pixels per second; top: pitch at the upper edge; tall: pixels per semitone.
export const view = { start: 0, scale: 100, top: 72, tall: 20, width: 0, height: 0 };

export const xOf = (seconds) => LEFT + (seconds - view.start) * view.scale;
export const timeAt = (x) => view.start + (x - LEFT) / view.scale;
export const yOf = (pitch) => RULER + (view.top - pitch) * view.tall; // of a pitch relative to the singer's A4
export const pitchAt = (y) => view.top - (y - RULER) / view.tall;
export const yOfNote = (note) => yOf(relative(note));

const room = () => Math.max(50, view.width - LEFT);
const rows = () => Math.max(50, view.height - RULER);
export const shownSeconds = () => room() / view.scale;
export const shownSemitones = () => rows() / view.tall;

let bounds = { notes: null, low: 0, high: 0 }; // as they were computed for these notes

// All pitches that can be scrolled to.
export function pitchBounds() {
  if (bounds.notes === song.notes) return bounds;
  let low = 127, high = 0;
  for (const note of song.notes) { low = Math.min(low, relative(note)); high = Math.max(high, relative(note)); }
  if (low > high) [low, high] = [57, 69];
  const more = Math.max(0, 24 - (high - low)) / 2;
  bounds = { notes: song.notes, low: low - 4 - more, high: high + 4 + more };
  return bounds;
}

// The range of pitches of nineteen of twenty notes, so that a wrong note does not change it.
function usualPitches() {
  const sorted = song.notes.map(relative).sort((a, b) => a - b);
  if (!sorted.length) return { low: 55, high: 71 };
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = sorted.length < 20 ? [sorted[0], sorted.at(-1)] : [at(0.025), at(0.975)];
  const middle = at(0.5), reach = 15; // never more than fifteen semitones from the middle
  const [from, to] = [Math.max(low, middle - reach), Math.min(high, middle + reach)];
  const more = Math.max(0, 12 - (to - from)) / 2;
  return { low: from - 2 - more, high: to + 2 + more };
}

export function limitView() {
  const longest = duration * 1.02;
  view.scale = clamp(view.scale, room() / longest, FASTEST);
  view.start = clamp(view.start, 0, Math.max(0, longest - room() / view.scale));
  const { low, high } = pitchBounds();
  view.tall = clamp(view.tall, Math.max(SHORTEST_ROW, rows() / Math.max(high - low, 12)), TALLEST);
  const least = low + shownSemitones();
  view.top = least > high ? (high + low + shownSemitones()) / 2 : clamp(view.top, least, high);
  emit("view");
}

export function zoomTime(factor, x = view.width / 2) {
  const fixed = timeAt(x);
  view.scale *= factor;
  limitView();
  view.start = fixed - (x - LEFT) / view.scale;
  limitView();
}

export function zoomPitch(factor, y = (view.height + RULER) / 2) {
  const fixed = pitchAt(y);
  view.tall *= factor;
  limitView();
  view.top = fixed + (y - RULER) / view.tall;
  limitView();
}

export function scrollBy(seconds, semitones = 0) {
  view.start += seconds;
  view.top += semitones;
  limitView();
}

function fitPitch() {
  const { low, high } = usualPitches();
  view.tall = rows() / (high - low);
  view.top = high;
  limitView();
}

export function fitAll() {
  view.start = 0;
  view.scale = 0;
  fitPitch();
}

// Show the beginning at a comfortable scale.
function firstView() {
  view.scale = Math.max(60, room() / 20, room() / (duration * 1.02));
  fitPitch();
}

export function resizeView(width, height) {
  const middle = view.height ? pitchAt((view.height + RULER) / 2) : null;
  view.width = width;
  view.height = height;
  if (middle === null) { firstView(); return; }
  limitView();
  view.top = middle + (height - RULER) / 2 / view.tall;
  limitView();
}

export function revealTime(seconds) {
  if (seconds < view.start || seconds > view.start + shownSeconds() * 0.95) {
    view.start = seconds - shownSeconds() * 0.1;
    limitView();
  }
}

export function revealNote(note) {
  revealTime(note.onset);
  const pitch = relative(note), bottom = view.top - shownSemitones();
  if (pitch > view.top - 1 || pitch < bottom + 1) {
    view.top = pitch + shownSemitones() / 2;
    limitView();
  }
}
