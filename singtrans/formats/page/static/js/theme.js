// Light and dark: the colours of the style sheet, for the canvas.
import { $, emit } from "./base.js";

const CHOICE = "singtrans:theme";
const system = matchMedia("(prefers-color-scheme: dark)");
export const colours = {};
const COLOURS = ["paper", "row", "row-black", "row-key", "line", "line-strong", "ink", "muted", "note", "note-edge", "note-text", "doubt",
  "doubt-edge", "sounding", "chosen", "curve", "cursor", "loop", "wave", "ruler", "spectrum"];

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of COLOURS) colours[name] = style.getPropertyValue(`--${name}`).trim();
  emit("theme");
}

export const isDark = () => document.documentElement.dataset.theme === "dark";

function remember(value) {
  try {
    localStorage.setItem(CHOICE, value);
  } catch { /* the choice is then lost with the page */ }
}

function remembered() {
  try {
    return localStorage.getItem(CHOICE);
  } catch {
    return null;
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  $("theme").setAttribute("aria-pressed", String(theme === "dark"));
  readColours();
}

export function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  remember(theme);
  setTheme(theme);
}

export function startTheme() {
  setTheme(remembered() ?? (system.matches ? "dark" : "light"));
  system.addEventListener("change", () => { if (!remembered()) setTheme(system.matches ? "dark" : "light"); });
}

