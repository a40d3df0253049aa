// Paints the canvas: once per frame at most, and only when something has changed.
import { $, on } from "./base.js";
import { paintBackdrop } from "./backdrop.js";
import { lengthsOf, positionOf, secondsOf, shownFrom } from "./beats.js";
import { isBlack, clock, noteName, scaleOf } from "./music.js";
import { paintMap } from "./minimap.js";
import { paintCurve, paintLabels, paintNotes } from "./paint_notes.js";
import { duration, song } from "./song.js";
import { now, player } from "./sound.js";
import { colours } from "./theme.js";
import { LEFT, revealTime, RULER, shownSemitones, timeAt, view, xOf, yOf } from "./view.js";

const FONT = "11px system-ui, sans-serif";
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];
const NARROW_BEAT = 7; // pixels
export const band = { box: null }; // the rectangle of a selection by dragging, in pixels

let painter = null, isAsked = false;

export function draw() {
  if (isAsked || !painter) return;
  isAsked = true;
  requestAnimationFrame(paint);
}

function paintRows(c) {
  const scale = song.settings.key ? scaleOf(song.settings.key) : null;
  const top = Math.ceil(view.top + 0.5), bottom = Math.floor(view.top - shownSemitones() - 0.5);
  for (let pitch = bottom; pitch <= top; pitch++) {
    const inKey = scale?.[((pitch % 12) + 12) % 12];
    c.fillStyle = scale ? (inKey ? colours["row-key"] : colours["row-black"]) : isBlack(pitch) ? colours["row-black"] : colours.row;
    c.fillRect(LEFT, yOf(pitch + 0.5), view.width - LEFT, view.tall);
    if (view.tall > 9 || pitch % 12 === 0) {
      c.fillStyle = pitch % 12 === 0 ? colours["line-strong"] : colours.line;
      c.fillRect(LEFT, Math.round(yOf(pitch - 0.5)), view.width - LEFT, 1);
    }
  }
}

function paintPitchNames(c) {
  c.fillStyle = colours.ruler;
  c.fillRect(0, 0, LEFT, view.height);
  c.font = FONT;
  c.textBaseline = "middle";
  c.textAlign = "right";
  const top = Math.ceil(view.top), bottom = Math.floor(view.top - shownSemitones());
  for (let pitch = bottom; pitch <= top; pitch++) {
    const y = yOf(pitch), isC = pitch % 12 === 0;
    if (y < RULER + 7 || y > view.height - 7) continue;
    if (view.tall < 12 && !isC && !(view.tall > 6 && pitch % 12 === 7)) continue;
    c.fillStyle = isBlack(pitch) ? colours.muted : colours.ink;
    c.font = isC ? `600 ${FONT}` : FONT;
    c.fillText(noteName(pitch, song.settings.key), LEFT - 7, y);
  }
  c.font = FONT;
  c.fillStyle = colours["line-strong"];
  c.fillRect(LEFT - 1, 0, 1, view.height);
}

// Bars and beats, or seconds where the tempo is not known; seconds are always on the ruler.
function paintTimes(c, left, right) {
  const step = STEPS.find((seconds) => seconds * view.scale > 64) ?? 600, { beats } = song.settings;
  if (beats) paintBeats(c, beats, left, right);
  c.fillStyle = colours.ruler;
  c.fillRect(LEFT, 0, view.width - LEFT, RULER);
  c.textAlign = "left";
  for (let k = Math.ceil(left / step); k * step <= right; k++) {
    const x = Math.round(xOf(k * step));
    c.fillStyle = beats ? colours["line-strong"] : colours.line;
    c.fillRect(x, beats ? RULER - 6 : 0, 1, beats ? 6 : view.height);
    c.fillStyle = colours.muted;
    c.fillText(clock(k * step, step < 1 ? 1 : 0), x + 4, RULER / 2);
  }
  c.fillStyle = colours["line-strong"];
  c.fillRect(0, RULER - 1, view.width, 1);
}

function paintBeats(c, beats, left, right) {
  const { bar, beat } = lengthsOf(beats.metre), perBar = Math.round(bar / beat);
  const first = Math.ceil(positionOf(Math.max(left, shownFrom(beats))) / beat - 0.001);
  const last = Math.ceil(positionOf(Math.min(right, duration)) / beat);
  const width = (xOf(right) - xOf(left)) / Math.max(1, last - first);
  if (width * perBar < NARROW_BEAT) return;
  for (let number = first; number <= last; number++) {
    const isBar = number % perBar === 0;
    if (!isBar && width < NARROW_BEAT) continue;
    c.fillStyle = isBar ? colours["line-strong"] : colours.line;
    c.fillRect(Math.round(xOf(secondsOf(number * beat))), RULER, isBar ? 1.5 : 1, view.height - RULER);
  }
}

function paintLoop(c) {
  if (!player.loop) return;
  const x = xOf(player.loop.from), width = xOf(player.loop.to) - x;
  c.globalAlpha = player.looping ? 0.4 : 0.2;
  c.fillStyle = colours.loop;
  c.fillRect(x, 0, width, RULER - 1);
  c.globalAlpha = player.looping ? 0.1 : 0.04;
  c.fillRect(x, RULER, width, view.height - RULER);
  c.globalAlpha = 1;
}

function paintBand(c) {
  if (!band.box) return;
  const { x, y, width, height } = band.box;
  c.strokeStyle = colours.chosen;
  c.lineWidth = 1;
  c.setLineDash([4, 3]);
  c.strokeRect(x, y, width, height);
  c.setLineDash([]);
}

function paintCursor(c) {
  const x = xOf(player.position);
  c.fillStyle = colours.cursor;
  c.fillRect(x - 0.75, 0, 1.5, view.height);
  c.beginPath();
  c.moveTo(x - 6, 0);
  c.lineTo(x + 6, 0);
  c.lineTo(x, 9);
  c.fill();
}

function paint() {
  isAsked = false;
  const c = painter, left = timeAt(LEFT), right = timeAt(view.width);
  c.fillStyle = colours.paper;
  c.fillRect(0, 0, view.width, view.height);
  c.font = FONT;
  c.textBaseline = "middle";
  c.save();
  c.beginPath();
  c.rect(LEFT, 0, view.width - LEFT, view.height);
  c.clip();
  paintRows(c);
  c.save();
  c.beginPath();
  c.rect(LEFT, RULER, view.width - LEFT, view.height - RULER);
  c.clip();
  paintBackdrop(c);
  c.restore();
  paintTimes(c, left, right);
  paintLoop(c);
  c.save();
  c.beginPath();
  c.rect(LEFT, RULER, view.width - LEFT, view.height - RULER);
  c.clip();
  paintNotes(c, left, right);
  paintCurve(c, left, right);
  paintLabels(c, left, right);
  paintBand(c);
  c.restore();
  paintCursor(c);
  c.restore();
  paintPitchNames(c);
  paintMap();
  $("clock").textContent = `${clock(player.position)} / ${clock(duration)}`;
  const { dataset } = document.body;
  dataset.position = player.position.toFixed(3);
  dataset.start = view.start.toFixed(3);
  dataset.scale = view.scale.toFixed(2);
  dataset.top = view.top.toFixed(3);
  dataset.tall = view.tall.toFixed(3);
}

function follow() {
  if (!player.playing) return;
  player.position = now();
  revealTime(player.position);
  draw();
  requestAnimationFrame(follow);
}

// Make the canvas as sharp as the screen is.
export function sizeCanvas(width, height) {
  const canvas = $("canvas"), ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  painter = canvas.getContext("2d", { alpha: false });
  painter.setTransform(ratio, 0, 0, ratio, 0, 0);
}

for (const name of ["notes", "choice", "view", "position", "theme"]) on(name, draw);
on("playing", () => { draw(); if (player.playing) requestAnimationFrame(follow); });
