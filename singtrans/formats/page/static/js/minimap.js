// The whole song in a strip: click or drag to go to a place.
import { $, clamp, on } from "./base.js";
import { relative } from "./music.js";
import { duration, needsCheck, song } from "./song.js";
import { player } from "./sound.js";
import { colours } from "./theme.js";
import { limitView, pitchBounds, shownSeconds, shownSemitones, view } from "./view.js";

const map = $("map");
let width = 0, height = 0, picture = null; // the notes, which change seldom

const xOfTime = (seconds) => (seconds / (duration * 1.02)) * width;

function drawPicture() {
  const ratio = window.devicePixelRatio || 1, { low, high } = pitchBounds();
  picture = document.createElement("canvas");
  picture.width = Math.max(1, Math.round(width * ratio));
  picture.height = Math.max(1, Math.round(height * ratio));
  const c = picture.getContext("2d");
  c.scale(ratio, ratio);
  c.fillStyle = colours.ruler;
  c.fillRect(0, 0, width, height);
  const yOfPitch = (pitch) => ((high - pitch) / (high - low)) * (height - 4) + 1;
  for (const note of song.notes) {
    c.fillStyle = needsCheck(note) ? colours["doubt-edge"] : colours["note-edge"];
    c.fillRect(xOfTime(note.onset), yOfPitch(relative(note)), Math.max(1, xOfTime(note.offset) - xOfTime(note.onset)), 2);
  }
}

export function paintMap() {
  if (!width) return;
  if (!picture) drawPicture();
  const c = map.getContext("2d"), { low, high } = pitchBounds(), tall = height / (high - low);
  c.drawImage(picture, 0, 0, map.width, map.height);
  const ratio = map.width / width;
  c.save();
  c.scale(ratio, ratio);
  c.strokeStyle = colours.chosen;
  c.lineWidth = 1.5;
  const box = [xOfTime(view.start), (high - view.top) * tall, Math.max(6, xOfTime(shownSeconds())), shownSemitones() * tall];
  const top = clamp(box[1], 1, height - 4), bottom = clamp(box[1] + box[3], 4, height - 1);
  c.fillStyle = colours.chosen;
  c.globalAlpha = 0.12;
  c.fillRect(box[0], top, box[2], bottom - top);
  c.globalAlpha = 1;
  c.strokeRect(box[0], top, box[2], bottom - top);
  c.fillStyle = colours.cursor;
  c.fillRect(xOfTime(player.position), 0, 1.5, height);
  c.restore();
}

// Put the middle of the view at a point of the map.
function goToPlace(event) {
  const box = map.getBoundingClientRect(), { low, high } = pitchBounds();
  view.start = ((event.clientX - box.left) / width) * duration * 1.02 - shownSeconds() / 2;
  view.top = high - ((event.clientY - box.top) / height) * (high - low) + shownSemitones() / 2;
  limitView();
}

export function startMap() {
  new ResizeObserver(() => {
    const box = map.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    width = box.width;
    height = box.height;
    map.width = Math.round(width * ratio);
    map.height = Math.round(height * ratio);
    picture = null;
    paintMap();
  }).observe(map);
  map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); goToPlace(event); });
  map.addEventListener("pointermove", (event) => { if (event.buttons) goToPlace(event); });
}

for (const name of ["notes", "theme"]) on(name, () => { picture = null; });
