// A notice above the notes about restored or other corrections.
import { $, data, element } from "./base.js";
import { commit } from "./history.js";
import { original } from "./song.js";
import { settle, takeOver } from "./store.js";

const when = (time) => new Date(time).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function notice(text, choices, whenClosed) {
  const close = () => { $("notice").hidden = true; };
  const buttons = [...choices, ["Close", whenClosed]].map(([name, action]) => element("button", {
    class: "small", onclick: () => { action(); close(); },
  }, name));
  $("notice").replaceChildren(element("span", {}, text), ...buttons);
  $("notice").hidden = false;
}

// Say that corrections were restored, and offer others: of other notes, or made in another tab at the same time.
export function tellWhatWasFound({ found, older: [other] }) {
  const choices = [], decided = () => { if (other) settle(other); };
  if (found) {
    choices.push(["Start from the transcription",
      () => commit("Start from the transcription", { notes: original.notes, settings: original.settings, chosen: [] })]);
  }
  if (other) choices.push([found ? `Use those of ${when(other.when)}` : "Use them", () => { decided(); takeOver(other); }]);
  if (found) notice(`Your corrections of ${when(found.when)} are here again.`, choices, decided);
  else if (other) notice(`This browser has other corrections of ${data.audio || data.title}, from ${when(other.when)}.`, choices, decided);
}
