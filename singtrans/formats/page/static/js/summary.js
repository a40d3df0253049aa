// The summary of the analysis for teachers, which can be printed.
import { data, element } from "./base.js";
import { withSign } from "./music.js";
import { deviationChart } from "./summary_chart.js";
import { comparedTable, notesTable, whole } from "./summary_notes.js";

const TRANSPOSED = { 12: "an octave", 24: "two octaves", 36: "three octaves" };
const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

function inTune(cents) {
  const rounded = Math.round(cents);
  return rounded ? `${counted(Math.abs(rounded), "cent")} ${rounded > 0 ? "sharp" : "flat"}` : "0 cents off";
}

// Rows of the overview: a label, the figure, and what it means.
function figures({ range, tessitura, tuning, held, vibrato, pitch_track: hasPitch }) {
  const between = (pitches) => `${withSign(pitches.lowest_name)} to ${withSign(pitches.highest_name)}`;
  const rows = [];
  if (range) rows.push(["Range", between(range), "lowest and highest note, in the singer's own tuning"]);
  if (tessitura) rows.push(["Tessitura", between(tessitura), "80 % of the singing is between these notes"]);
  if (tuning) {
    rows.push(["Tuning", inTune(tuning.mean_cents), "of A4 = 440 Hz, in the middle of the song"]);
    rows.push(["Drift", `${whole(tuning.drift_cents)} cents`,
      `from ${whole(tuning.first_cents)} at the start to ${whole(tuning.last_cents)} at the end`]);
    rows.push(["Scatter", counted(Math.round(tuning.scatter_cents), "cent"), "of the notes around this tuning"]);
  }
  if (!hasPitch) return rows;
  rows.push(["Held notes", held.notes ? `steady within ${counted(Math.round(held.wander_cents), "cent")}` : "none",
    held.notes ? `${counted(held.notes, "note")} of half a second or longer; they slide by ${counted(Math.round(held.slide_cents), "cent")}` : ""]);
  rows.push(["Vibrato", vibrato.notes ? `${vibrato.rate_hz.toFixed(1)} Hz, ${Math.round(vibrato.extent_cents)} cents up and down` : "none",
    vibrato.notes ? `in ${vibrato.notes} of ${counted(held.notes, "held note")}` : ""]);
  return rows;
}

function overview(analysis) {
  return element("table", { class: "figures" }, element("tbody", {}, ...figures(analysis).map(([label, value, meaning]) =>
    element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, value), element("td", { class: "hint" }, meaning)))));
}

function manner({ transposition, tempo, plausible, timing, lateness_seconds: lateness, tolerance, counts, notes }) {
  const size = TRANSPOSED[Math.abs(transposition)] ?? counted(Math.abs(transposition), "semitone");
  const key = transposition ? `${size} ${transposition > 0 ? "higher" : "lower"} than written` : "in the written key";
  const written = notes.filter((note) => note.written !== null);
  const sentences = [`${counted(written.length, "written note")}, sung ${key}.`];
  if (lateness !== null) {
    sentences.push(timing === "clock" ? `Onsets are compared with the written times; the median is ${whole(1000 * lateness)} ms.`
      : `Onsets are compared with the singer's own tempo, which is ${tempo.toFixed(2)} of the written one.`);
  }
  sentences.push(`Right means within ${tolerance.cents} cents and ${1000 * tolerance.seconds} ms.`);
  if (!plausible) sentences.push("Less than half of the notes have the written pitch; is this the right melody?");
  const row = (cell, values) => element("tr", {}, ...values.map((value) => element(cell, {}, String(value))));
  return [element("p", {}, sentences.join(" ")), element("table", { class: "counts" },
    element("thead", {}, row("th", Object.keys(counts))), element("tbody", {}, row("td", Object.values(counts))))];
}

const part = (title, ...content) => element("section", {}, element("h2", {}, title), ...content);

// A long list is made when it is opened, or when the page is printed while it is open.
function folded(title, make, isOpen) {
  const details = element("details", {}, element("summary", {}, title));
  details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) details.append(make()); });
  details.open = isOpen;
  return details;
}

export function showSummary(panel, analysis) {
  const { comparison, notes } = analysis;
  const head = element("div", { class: "heading" }, element("h2", {}, data.title),
    element("button", { id: "print", class: "small", onclick: () => print() }, "Print"));
  panel.append(element("article", {}, head,
    element("p", { class: "hint" }, `${counted(notes.length, "note")}, ${Math.round(analysis.sung_seconds)} s of singing in`
      + ` ${Math.round(analysis.duration)} s. These are the notes as they were when this page was written. For corrected notes, save the`
      + " session, and use singtrans report with --notes."),
    overview(analysis)));
  const article = panel.firstElementChild;
  if (notes.length > 1) article.append(part("Notes against their semitones", deviationChart(analysis)));
  if (comparison) {
    const wrong = comparison.notes.filter((note) => !note.verdicts.includes("right"));
    article.append(part("Compared with the written melody", ...manner(comparison)));
    if (wrong.length) article.append(part("Notes to practise", comparedTable(wrong, notes)));
    article.append(folded(`All ${counted(comparison.notes.length, "note")} compared`, () => comparedTable(comparison.notes, notes), false));
  }
  if (notes.length) article.append(folded("Every note", () => notesTable(notes), !comparison && notes.length <= 60));
}
