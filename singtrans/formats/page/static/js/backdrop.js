// The spectrogram and the waveform behind the notes.
import { bytesOf, emit, on } from "./base.js";
import { colours, isDark } from "./theme.js";
import { commonTuning } from "./song.js";
import { LEFT, RULER, timeAt, view, xOf, yOf } from "./view.js";

const pictures = JSON.parse(document.getElementById("backdrop").textContent);
const GREYS = 15, MOST_TILES = 24;

export const backdrop = { shown: pictures ? "spectrogram" : "none", has: Boolean(pictures) };

const drawn = new Map(); // index of a tile -> canvas, or a promise while it is being unpacked
let outline = null;

async function unpack(text) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The colour of each grey as a pixel: the theme's spectrum colour, more opaque where it is louder.
function palette() {
  const [red, green, blue] = colours.spectrum.match(/\d+/g).map(Number), strongest = isDark() ? 0.8 : 0.66;
  const bytes = Array.from({ length: GREYS + 1 }, (_, grey) => [red, green, blue, 255 * strongest * (grey / GREYS) ** 1.7]);
  return new Uint32Array(new Uint8ClampedArray(bytes.flat()).buffer);
}

async function drawTile(index) {
  const levels = await unpack(pictures.tiles[index]), { rows } = pictures, frames = levels.length / rows;
  const tile = document.createElement("canvas");
  tile.width = frames;
  tile.height = rows;
  const context = tile.getContext("2d"), image = context.createImageData(frames, rows);
  const pixels = new Uint32Array(image.data.buffer), pixelOf = palette();
  for (let row = 0; row < rows; row++) {
    const from = (rows - 1 - row) * frames;
    for (let frame = 0; frame < frames; frame++) pixels[row * frames + frame] = pixelOf[levels[from + frame]];
  }
  context.putImageData(image, 0, 0);
  drawn.set(index, tile);
  if (drawn.size > MOST_TILES) drawn.delete(drawn.keys().next().value);
  emit("view");
}

function paintSpectrogram(c) {
  const { hop, tile, tiles, lowest, highest } = pictures, seconds = tile * hop, tuning = commonTuning();
  const first = Math.max(0, Math.floor(timeAt(LEFT) / seconds));
  const last = Math.min(tiles.length - 1, Math.floor(timeAt(view.width) / seconds));
  if (last - first >= MOST_TILES) return; // too many at this zoom: the notes alone are clearer
  const top = yOf(highest - tuning), height = yOf(lowest - tuning) - top;
  for (let index = first; index <= last; index++) {
    const picture = drawn.get(index);
    if (!picture) { drawn.set(index, drawTile(index)); continue; }
    if (!(picture instanceof HTMLCanvasElement)) continue;
    c.drawImage(picture, xOf(index * seconds - hop / 2), top, picture.width * hop * view.scale, height);
  }
}

function paintWaveform(c) {
  if (!outline) return;
  const { outlineHop } = pictures, middle = (view.height + RULER) / 2, reach = (view.height - RULER) * 0.42;
  c.fillStyle = colours.wave;
  c.beginPath();
  for (let x = LEFT; x < view.width; x++) {
    const from = Math.max(0, Math.floor(timeAt(x) / outlineHop)), to = Math.max(from + 1, Math.floor(timeAt(x + 1) / outlineHop));
    let loud = 0;
    for (let i = from; i < to && i < outline.length; i++) loud = Math.max(loud, outline[i]);
    const half = Math.max(0.5, (reach * loud) / 255);
    c.rect(x, middle - half, 1, 2 * half);
  }
  c.fill();
}

export function paintBackdrop(c) {
  if (!pictures || backdrop.shown === "none") return;
  if (backdrop.shown !== "waveform") paintSpectrogram(c);
  if (backdrop.shown !== "spectrogram") paintWaveform(c);
}

export function setBackdrop(shown) {
  backdrop.shown = shown;
  emit("view");
}

export async function startBackdrop() {
  if (!pictures) return;
  await new Promise((resolve) => { setTimeout(resolve, 50); }); // the page appears first
  outline = await unpack(pictures.outline);
  emit("view");
}

on("theme", () => drawn.clear());
