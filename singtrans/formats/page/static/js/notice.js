// A notice above the notes, for what happened when the page was opened.
import { $, data, element } from "./base.js";
import { commit } from "./history.js";
import { original } from "./song.js";
import { takeOver } from "./store.js";

const when = (time) => new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function notice(text, buttonText, action) {
  const close = () => { $("notice").hidden = true; };
  const button = element("button", { class: "small", onclick: () => { action(); close(); } }, buttonText);
  $("notice").replaceChildren(element("span", {}, text), button, element("button", { class: "small", onclick: close }, "Close"));
  $("notice").hidden = false;
}

export function tellWhatWasFound({ found, older }) {
  if (found) {
    notice(`Your corrections of ${when(found.when)} are here again.`, "Start from the transcription",
      () => commit("Start from the transcription", { notes: original.notes, settings: original.settings, chosen: [] }));
  } else if (older.length) {
    notice(`This browser has corrections of ${data.audio || data.title} from ${when(older[0].when)}, made on other notes.`,
      "Use them", () => takeOver(older[0]));
  }
}
