// Paints the notes and the sung pitch. A note's box is on the row of the written note, and the line in it is at the
// sung pitch. Therefore, a note that was moved by the key is on the row of its name.
import { clamp } from "./base.js";
import { curve, hasCurve } from "./curve.js";
import { integer, noteName } from "./music.js";
import { isChosen, onlyChosen } from "./selection.js";
import { firstAfter, needsCheck, song, tuningAt } from "./song.js";
import { player } from "./sound.js";
import { colours } from "./theme.js";
import { LEFT, view, xOf, yOf, yOfNote } from "./view.js";

const WIDE_LABEL = 26; // pixels
const LEAST_HEIGHT = 5;
const COARSE = 14; // pixels per second below which notes have no details

// Where the box of a note is on the canvas.
export function boxOf(note) {
  const height = Math.max(LEAST_HEIGHT, view.tall * 0.86), x = xOf(note.onset);
  return { x, y: yOf(integer(note)) - height / 2, width: Math.max(2, xOf(note.offset) - x), height };
}

const isSounding = (note) => player.playing && note.onset <= player.position && player.position < note.offset;

// A note as a mark without details, which is quick to paint.
function paintMark(c, note) {
  const { x, y, width, height } = boxOf(note);
  const calm = needsCheck(note) ? colours["doubt-edge"] : colours["note-edge"];
  c.fillStyle = isSounding(note) ? colours.sounding : isChosen(note) ? colours.chosen : calm;
  c.fillRect(x, y, width, height);
}

function paintNote(c, note) {
  const { x, y, width, height } = boxOf(note), chosen = isChosen(note), doubtful = needsCheck(note), sounds = isSounding(note);
  c.beginPath();
  c.roundRect(x, y, width, height, Math.min(4, width / 2, height / 2));
  c.fillStyle = sounds ? colours.sounding : doubtful ? colours.doubt : colours.note;
  c.globalAlpha = sounds ? 0.9 : 0.72;
  c.fill();
  c.globalAlpha = 1;
  c.lineWidth = chosen ? 2.5 : 1;
  c.strokeStyle = chosen ? colours.chosen : doubtful ? colours["doubt-edge"] : colours["note-edge"];
  c.setLineDash(doubtful && !chosen ? [4, 3] : []);
  c.stroke();
  c.setLineDash([]);
  c.fillStyle = colours["note-edge"];
  c.fillRect(x, clamp(yOfNote(note), y - view.tall, y + height + view.tall) - 0.75, width, 1.5);
}

function paintLabel(c, note) {
  const { x, y, width, height } = boxOf(note);
  const name = `${noteName(integer(note), song.settings.key)}${note.checked ? " ✓" : ""}`;
  if (width > WIDE_LABEL || isChosen(note)) paintText(c, name, x + 2, y - 8);
  if (note.lyric) paintText(c, note.lyric, x + 2, y + height + 9);
}

// Text with a rim, so that it can be read on the curve and the spectrogram.
function paintText(c, text, x, y) {
  c.textAlign = "left";
  c.lineWidth = 3;
  c.lineJoin = "round";
  c.strokeStyle = colours.paper;
  c.strokeText(text, x, y);
  c.fillStyle = colours["note-text"];
  c.fillText(text, x, y);
}

// The two ends of a selected note, where it can be gripped.
function paintHandles(c, note) {
  const { x, y, width, height } = boxOf(note);
  if (width < 14) return;
  c.lineWidth = 2;
  for (const end of [x, x + width]) {
    c.beginPath();
    c.roundRect(end - 4, y + height / 2 - 9, 8, 18, 4);
    c.fillStyle = colours.paper;
    c.fill();
    c.strokeStyle = colours.chosen;
    c.stroke();
  }
}

const shownNotes = (left, right) => song.notes.slice(firstAfter(left), firstAfter(right) + 1);

export function paintNotes(c, left, right) {
  const paintOne = view.scale < COARSE ? paintMark : paintNote;
  for (const note of shownNotes(left, right)) paintOne(c, note);
}

// Names, words and handles, which lie above the curve.
export function paintLabels(c, left, right) {
  if (view.scale >= COARSE) for (const note of shownNotes(left, right)) paintLabel(c, note);
  const only = onlyChosen();
  if (only) paintHandles(c, only);
}

export function paintCurve(c, left, right) {
  if (!hasCurve) return;
  const { start, hop, midi } = curve;
  const low = Math.max(0, Math.floor((left - start) / hop)), high = Math.min(midi.length, Math.ceil((right - start) / hop) + 1);
  const stride = Math.max(1, Math.floor((high - low) / (2 * (view.width - LEFT))));
  c.strokeStyle = colours.curve;
  c.lineWidth = 1.4;
  c.lineJoin = "round";
  c.beginPath();
  let isDown = false;
  for (let i = low - (low % stride); i < high; i += stride) {
    if (midi[i] === null || midi[i] === undefined) { isDown = false; continue; }
    const seconds = start + i * hop, x = xOf(seconds), y = yOf(midi[i] - tuningAt(seconds));
    if (isDown) c.lineTo(x, y); else c.moveTo(x, y);
    isDown = true;
  }
  c.stroke();
}
