// Writes a Standard MIDI file: type 1, 480 ticks per beat; track 0 has tempo and metre, track 1 the voice.
import { data } from "./base.js";
import { lengthsOf, positionOf } from "./beats.js";
import { integer } from "./music.js";
import { duration, song } from "./song.js";
import { onGrid } from "./session.js";

const TICKS = 480, VELOCITY = 90, VOICE_OOHS = 53, TEMPO = 0x51, METRE = 0x58, NAME = 0x03, LYRIC = 0x05, END = 0x2f;
const EVEN = { times: [0, 2], quarters: [0, 4], metre: "4/4" }; // 120 beats per minute, where no tempo is known

const bytesOfText = (text) => Array.from(new TextEncoder().encode(text));
const number = (value, count) => Array.from({ length: count }, (_, i) => (value >>> (8 * (count - 1 - i))) & 255);

function variable(value) {
  const out = [value & 127];
  for (let rest = value >>> 7; rest; rest >>>= 7) out.unshift((rest & 127) | 128);
  return out;
}

const meta = (kind, content) => [255, kind, ...variable(content.length), ...content];

// A track of [tick, bytes], in the order of their ticks.
function track(events, end) {
  let tick = 0;
  const body = [];
  for (const [at, bytes] of events) {
    body.push(...variable(at - tick), ...bytes);
    tick = at;
  }
  body.push(...variable(Math.max(0, end - tick)), ...meta(END, []));
  return [...bytesOfText("MTrk"), ...number(body.length, 4), ...body];
}

// The metre, and the tempo from each point of the beats on.
function frameEvents({ times, quarters, metre }) {
  const { numerator, denominator, beat } = lengthsOf(metre);
  const events = [[0, meta(METRE, [numerator, Math.log2(denominator), Math.round(24 * beat), 8])]];
  let last = 0;
  times.slice(1).forEach((time, i) => {
    const length = Math.round((1e6 * (time - times[i])) / (quarters[i + 1] - quarters[i]));
    if (length !== last) events.push([Math.round(quarters[i] * TICKS), meta(TEMPO, number(length, 3))]);
    last = length;
  });
  return events;
}

export function midiFile() {
  const beats = song.settings.beats ?? EVEN, tickOf = (seconds) => Math.max(0, positionOf(seconds, beats) * TICKS);
  const inTicks = song.notes.map((note) => ({ onset: tickOf(note.onset), offset: tickOf(note.offset) }));
  const voice = [[0, meta(NAME, bytesOfText(data.title))], [0, [192, VOICE_OOHS]]];
  const hasLyrics = song.notes.some((note) => note.lyric);
  onGrid(1, inTicks).forEach(([on, off], i) => {
    const pitch = integer(song.notes[i]);
    if (hasLyrics) {
      const text = (song.notes[i].lyric ?? "").replace(/\s*\/$/, "");
      voice.push([on, meta(LYRIC, bytesOfText(text === "" || text === "~" ? "-" : text))]);
    }
    voice.push([on, [144, pitch, VELOCITY]], [off, [128, pitch, 0]]);
  });
  const end = Math.round(tickOf(duration));
  const head = [...bytesOfText("MThd"), ...number(6, 4), ...number(1, 2), ...number(2, 2), ...number(TICKS, 2)];
  return new Uint8Array([...head, ...track(frameEvents(beats), 0), ...track(voice, end)]);
}
