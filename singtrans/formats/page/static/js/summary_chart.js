// A chart of how far each note is from its semitone, over time, with the line of the singer's tuning.
import { clock, withSign } from "./music.js";
import { whole } from "./summary_notes.js";

const CHART = { wide: 900, high: 256, left: 44, right: 8, top: 24, bottom: 26 }; // units of the picture

function shape(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Seconds between numbers on the axis of time, so that there are about ten.
function spacing(seconds) {
  return [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((step) => seconds / step <= 12) ?? 1200;
}

export function deviationChart({ notes, tuning, duration }) {
  const most = Math.min(150, Math.max(50, ...notes.map((note) => Math.ceil(Math.abs(note.cents) / 25) * 25)));
  const x = (seconds) => CHART.left + (seconds / Math.max(duration, 1)) * (CHART.wide - CHART.left - CHART.right);
  const y = (cents) => CHART.top + ((most - Math.min(most, Math.max(-most, cents))) / (2 * most)) * (CHART.high - CHART.top - CHART.bottom);
  const label = `Deviation of ${notes.length} notes from their semitones; tuning from ${whole(tuning.first_cents)} to`
    + ` ${whole(tuning.last_cents)} cents`;
  const picture = shape("svg", { class: "chart", viewBox: `0 0 ${CHART.wide} ${CHART.high}`, role: "img", "aria-label": label });
  for (let cents = -most; cents <= most; cents += most > 75 ? 50 : 25) {
    picture.append(shape("line", { class: cents ? "grid" : "zero", x1: CHART.left, x2: CHART.wide - CHART.right, y1: y(cents), y2: y(cents) }),
      shape("text", { x: CHART.left - 6, y: y(cents) + 4, "text-anchor": "end" }, cents ? whole(cents) : "0"));
  }
  for (let seconds = 0, step = spacing(duration); seconds <= duration; seconds += step) {
    picture.append(shape("text", { x: x(seconds), y: CHART.high - 8, "text-anchor": "middle" }, clock(seconds).replace(/\.0$/, "")));
  }
  for (const note of notes) {
    const bar = shape("line", { class: "note", x1: x(note.onset), x2: Math.max(x(note.offset), x(note.onset) + 2), y1: y(note.cents), y2: y(note.cents) });
    bar.append(shape("title", {}, `${clock(note.onset)} ${withSign(note.name)}, ${whole(note.cents)} cents`));
    picture.append(bar);
  }
  const middle = (note) => (note.onset + note.offset) / 2;
  picture.append(shape("line", { class: "tuning", x1: x(middle(notes[0])), x2: x(middle(notes.at(-1))),
    y1: y(tuning.first_cents), y2: y(tuning.last_cents) }),
  shape("text", { class: "unit", x: CHART.left - 6, y: 12, "text-anchor": "end" }, "cents")); // above all notes
  const frame = document.createElement("div");
  frame.className = "scroll";
  frame.tabIndex = 0; // so that the keyboard can scroll it
  frame.append(picture);
  return frame;
}
