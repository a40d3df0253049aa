// The notes as a list that screen readers can read: an element for each note that is shown, at its place.
import { $, element, on } from "./base.js";
import { boxOf } from "./paint_notes.js";
import { isChosen } from "./selection.js";
import { firstAfter, needsCheck, song } from "./song.js";
import { noteText, reasonText } from "./status.js";
import { RULER, timeAt, view } from "./view.js";

const MOST_OPTIONS = 80, WAIT_MS = 120;
let listing = 0;

function optionOf(note, index) {
  const check = needsCheck(note) ? `. ${reasonText(note)}` : note.checked ? ". Marked as right" : "";
  const words = note.lyric ? `, “${note.lyric}”` : "";
  const option = element("div", {
    role: "option", id: `note-${note.id}`, "aria-selected": String(isChosen(note)),
    "aria-posinset": index + 1, "aria-setsize": song.notes.length,
    "aria-label": `${noteText(note)}${words}${check}`,
  });
  const { x, y, width, height } = boxOf(note);
  Object.assign(option.style, { left: `${x}px`, top: `${Math.max(RULER, y)}px`, width: `${width}px`, height: `${height}px` });
  return option;
}

function listOptions() {
  const { notes } = song, left = timeAt(0), right = timeAt(view.width), options = [];
  for (let i = firstAfter(left); i < notes.length && notes[i].onset < right && options.length < MOST_OPTIONS; i++) {
    options.push(optionOf(notes[i], i));
  }
  const chosen = notes.findIndex(isChosen);
  const isListed = options.some((option) => option.id === `note-${notes[chosen]?.id}`);
  if (chosen >= 0 && !isListed) options.push(optionOf(notes[chosen], chosen));
  $("options").replaceChildren(...options);
  if (chosen >= 0) $("roll").setAttribute("aria-activedescendant", `note-${notes[chosen].id}`);
  else $("roll").removeAttribute("aria-activedescendant");
}

function listSoon() {
  clearTimeout(listing);
  listing = setTimeout(listOptions, WAIT_MS);
}

export function startAccessible() {
  for (const name of ["notes", "choice", "view", "settings"]) on(name, listSoon);
  listOptions();
}
