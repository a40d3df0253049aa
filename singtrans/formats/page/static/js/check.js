// The list of notes to check, and the number of notes that are left.
import { $, element, icon, on } from "./base.js";
import { goTo, markRight, stepCheck } from "./actions.js";
import { clock, integer, noteName } from "./music.js";
import { isChosen } from "./selection.js";
import { needsCheck, original, song } from "./song.js";
import { playNote, seek } from "./sound.js";
import { reasonText } from "./status.js";

const MOST_ROWS = 200; // rows; more follow when these are done
const atFirst = original.notes.filter((note) => note.reasons?.length).length;
let listedNotes = null;

function rowOf(note) {
  const select = () => { goTo(note); seek(Math.max(0, note.onset - 0.3)); playNote(note); };
  const name = noteName(integer(note), song.settings.key), time = clock(note.onset);
  return element("li", { "data-id": note.id },
    element("button", { class: "row", onclick: select },
      element("span", { class: "row-time" }, time), " ", element("b", {}, name), " ",
      element("span", { class: "row-why" }, reasonText(note).replace("Unsure: ", ""))),
    element("button", { class: "plain", title: "Looks right (C)", "aria-label": `${name} at ${time} looks right`,
      onclick: () => { goTo(note); markRight(); } }, icon("check")));
}

function listNotes() {
  const left = song.notes.filter(needsCheck), done = Math.max(0, atFirst - left.length);
  document.body.dataset.left = left.length;
  $("check-count").textContent = left.length ? `${left.length} left` : "all done";
  $("check-progress").max = Math.max(atFirst, left.length, 1);
  $("check-progress").value = atFirst ? done : 1;
  $("check-empty").hidden = left.length > 0;
  $("check-empty").textContent = atFirst ? "All of these notes have been checked." : "There are no notes to check.";
  for (const id of ["check-next", "check-previous"]) $(id).disabled = !left.length;
  if (listedNotes && listedNotes.length === left.length && listedNotes.every((note, i) => note === left[i])) return;
  listedNotes = left;
  $("check-list").replaceChildren(...left.slice(0, MOST_ROWS).map(rowOf));
  markCurrent();
}

// Scroll the list, but not the page, to a row.
function showRow(row) {
  const list = $("check-list"), top = row.offsetTop - list.offsetTop, bottom = top + row.offsetHeight;
  list.scrollTop = Math.max(Math.min(list.scrollTop, top), bottom - list.clientHeight);
}

function markCurrent() {
  for (const row of $("check-list").children) {
    const note = listedNotes.find(({ id }) => id === Number(row.dataset.id));
    const isCurrent = Boolean(note && isChosen(note));
    row.toggleAttribute("data-current", isCurrent);
    if (isCurrent) showRow(row);
  }
}

export function startCheck() {
  $("check-next").addEventListener("click", () => stepCheck(1));
  $("check-previous").addEventListener("click", () => stepCheck(-1));
  $("check-right").addEventListener("click", markRight);
  on("notes", listNotes);
  on("choice", markCurrent);
  listNotes();
}
