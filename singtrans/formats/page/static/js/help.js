// The dialog with all keys and gestures.
import { $, element } from "./base.js";
import { BINDINGS } from "./keys.js";

const GESTURES = [
  ["Click a note", "selects and plays it; with Shift, selects the notes between, too; with Ctrl, adds or removes it"],
  ["Drag a note", "moves it in time or in pitch, depending on the first direction; with Shift in fine steps"],
  ["Drag an end of a note", "moves that end; the pitch is measured again"],
  ["Drag the background", "selects all notes in the rectangle; with a finger it scrolls"],
  ["Double-click a note", "splits it there"],
  ["Double-click the background", "adds a note"],
  ["Click the ruler", "goes to that time; dragging it sets a loop, a double click removes the loop"],
  ["Wheel", "scrolls in time; with Shift in pitch, with Ctrl it zooms, with both it zooms the pitch"],
  ["Hold a finger on a note", "adds it to the selected notes, or removes it"],
  ["Two fingers", "zoom in time or in pitch"],
];

const keyRows = (bindings) => bindings.flatMap(([, keys, text]) => [
  element("dt", {}, ...keys.map((key) => element("kbd", {}, key))), element("dd", {}, text)]);

export function showHelp() {
  const dialog = $("help");
  if (!dialog.dataset.made) {
    const groups = [...new Set(BINDINGS.map(([group]) => group))];
    const sections = groups.map((group) => element("section", {},
      element("h3", {}, group),
      element("dl", {}, ...keyRows(BINDINGS.filter(([name]) => name === group)))));
    sections.push(element("section", {}, element("h3", {}, "Mouse and fingers"),
      element("dl", {}, ...GESTURES.flatMap(([what, text]) => [element("dt", {}, what), element("dd", {}, text)]))));
    $("help-body").append(...sections);
    dialog.dataset.made = "true";
  }
  dialog.showModal();
}
