// Tables of notes for the summary.
import { element } from "./base.js";
import { clock, signed, withSign } from "./music.js";

export const whole = (value) => signed(Math.round(value));

const SIGNS = { right: "✓", sharp: "↑", flat: "↓", early: "←", late: "→", missed: "○", extra: "+" };
const known = (value, write) => (value === null || value === undefined ? "" : write(value));

function table(heads, rows) {
  return element("div", { class: "scroll", tabindex: "0" }, element("table", { class: "list" },
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell)))))));
}

function verdict(name) {
  return element("span", { class: `verdict ${name}` }, element("span", { "aria-hidden": "true" }, `${SIGNS[name]} `), name);
}

export function comparedTable(compared, notes) {
  return table(["Time", "No.", "Written", "Sung", "Cents", "Milliseconds", "Result"], compared.map((note) => [
    clock(note.time), known(note.written, String), withSign(note.written_name ?? ""), known(note.sung, (number) => withSign(notes[number - 1].name)),
    known(note.cents, whole), known(note.seconds, (value) => whole(1000 * value)),
    element("span", {}, ...note.verdicts.flatMap((name, i) => (i ? [", ", verdict(name)] : [verdict(name)]))),
  ]));
}

export function notesTable(notes) {
  return table(["Time", "Length", "Note", "Cents", "In own tuning", "Wander", "Slide", "Vibrato"], notes.map((note) => [
    clock(note.onset), `${(note.offset - note.onset).toFixed(2)} s`, withSign(note.name), whole(note.cents), whole(note.own_cents),
    known(note.wander_cents, (value) => String(Math.round(value))), known(note.slide_cents, whole),
    known(note.vibrato, ({ rate_hz: rate, extent_cents: extent }) => `${rate.toFixed(1)} Hz, ${Math.round(extent)} cents`),
  ]));
}
