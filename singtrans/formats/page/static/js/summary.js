// The summary for teachers: what the analysis found, as a table.
import { element } from "./base.js";

const isPlain = (value) => value === null || typeof value !== "object";
const title = (name) => name.replace(/_/g, " ");

function table(values) {
  const rows = Object.entries(values).filter(([, value]) => isPlain(value) && value !== null);
  return element("table", {}, element("tbody", {}, ...rows.map(([name, value]) => element("tr", {},
    element("th", { scope: "row" }, title(name)), element("td", {}, String(value))))));
}

// Fill the panel with an analysis: its plain values first, then a table for each part.
export function showSummary(panel, analysis) {
  panel.append(table(analysis));
  for (const [name, value] of Object.entries(analysis)) {
    if (!isPlain(value) && !Array.isArray(value)) panel.append(element("h2", {}, title(name)), table(value));
  }
}
