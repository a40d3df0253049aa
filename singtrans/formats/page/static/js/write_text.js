// Writes the notes as text: CSV, UltraStar and Audacity labels.
import { data } from "./base.js";
import { integer, noteName } from "./music.js";
import { song } from "./song.js";
import { onGrid } from "./session.js";

const BREATH = 0.25; // seconds without a note where a line of a song may end

export function csvFile() {
  const { notes } = song, isTuned = notes.some((note) => note.tuning), isMoved = notes.some((note) => note.moved);
  const rows = onGrid(10000).map(([on, off], i) => {
    const note = notes[i];
    const more = (isTuned ? `,${note.tuning.toFixed(3)}` : "") + (isMoved ? `,${note.moved}` : "");
    const times = `${(on / 10000).toFixed(4)},${(off / 10000).toFixed(4)}`;
    return `${times},${note.pitch.toFixed(3)},${integer(note)},${note.confidence.toFixed(3)}${more}`;
  });
  return [`onset,offset,pitch,note,confidence${isTuned ? ",tuning" : ""}${isMoved ? ",moved" : ""}`, ...rows, ""].join("\n");
}

const printable = (text) => text.replace(/[\u0000-\u001f\u007f]/g, "?");

// The syllable of a note; a space before it begins a word that is not the first of its line.
function sungText(i, beginsLine) {
  const syllable = (j) => (song.notes[j]?.lyric ?? "~").replace(/\s*\/$/, "");
  const text = syllable(i);
  if (text === "~" || text === "") return "~";
  let before = i - 1;
  while (before >= 0 && syllable(before) === "~") before--;
  const goesOn = before >= 0 && syllable(before).endsWith("-");
  return (beginsLine || goesOn ? "" : " ") + text.replace(/-$/, "");
}

function endsLine(i) {
  const { notes } = song;
  if (notes.some((note) => note.lyric?.endsWith("/"))) return Boolean(notes[i].lyric?.endsWith("/"));
  return notes[i + 1].onset - notes[i].offset >= BREATH;
}

export function ultrastarFile() {
  const unit = 20, { notes } = song; // milliseconds; the gap is on the same grid, so that notes are rounded once
  const spans = onGrid(1000 / unit), zero = notes.length ? spans[0][0] : 0;
  const lines = ["#VERSION:1.1.0", `#TITLE:${printable(data.title)}`, "#ARTIST:Unknown", "#CREATOR:singtrans",
    `#MP3:${printable(data.audio)}`, `#AUDIO:${printable(data.audio)}`, "#BPM:750", `#GAP:${zero * unit}`];
  let beginsLine = true;
  spans.forEach(([on, off], i) => {
    lines.push(`: ${on - zero} ${off - on} ${integer(notes[i]) - 60} ${sungText(i, beginsLine)}`);
    beginsLine = i + 1 < notes.length && endsLine(i);
    if (beginsLine) lines.push(`- ${off - zero}`);
  });
  return [...lines, "E", ""].join("\n");
}

// Start, end and the note's name with the cents that it is off, as singtrans writes them.
export function labelsFile() {
  const rows = onGrid(1e6).map(([on, off], i) => {
    const { pitch } = song.notes[i], nearest = Math.floor(pitch + 0.5), cents = Math.round(100 * (pitch - nearest));
    const name = noteName(nearest).replace("♯", "#");
    return `${(on / 1e6).toFixed(6)}\t${(off / 1e6).toFixed(6)}\t${name}${cents ? `${cents > 0 ? "+" : ""}${cents}` : ""}`;
  });
  return [...rows, ""].join("\n");
}
