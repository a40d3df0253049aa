// The keyboard: one table, from which the help is made, too.
import { $ } from "./base.js";
import { addHere, choosePhrase, exactSemitones, markRight, measureAgain, mergeHere, redoStep, remove, splitHere, stepCheck, stepNote,
  switchLoop, transpose, undoStep } from "./actions.js";
import { nudge } from "./edits.js";
import { typeLyric } from "./lyrics.js";
import { saveSession } from "./save.js";
import { choose, chooseAll, chosenCount } from "./selection.js";
import { duration } from "./song.js";
import { player, playOrPause, seek, setBalance, setSpeed } from "./sound.js";
import { showHelp } from "./help.js";
import { fitAll, scrollBy, zoomPitch, zoomTime } from "./view.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5];

const some = () => chosenCount() > 0;
const sideways = (event, sign) => {
  if (!some()) { seek(player.position + 2 * sign); return; }
  if (event.altKey) nudge(sign * 0.01, 0, event.shiftKey ? -1 : 1);
  else nudge(sign * (event.shiftKey ? 0.005 : 0.02), 0);
};
const upwards = (event, sign) => (some() ? transpose(sign * (event.shiftKey ? 0.1 : 1)) : scrollBy(0, sign));
const page = (sign) => (some() ? transpose(12 * sign) : scrollBy(0, 6 * sign));
const speedBy = (by) => setSpeed(SPEEDS[Math.min(Math.max(SPEEDS.indexOf(player.speed) + by, 0), SPEEDS.length - 1)]);

// [group, keys as shown, what they do, {key: action}]
export const BINDINGS = [
  ["Play", ["Space"], "play and pause", { " ": playOrPause }],
  ["Play", ["←", "→"], "two seconds back and forward, while no note is selected",
    { ArrowLeft: (e) => sideways(e, -1), ArrowRight: (e) => sideways(e, 1) }],
  ["Play", ["Home", "End"], "go to the beginning and the end", { Home: () => seek(0), End: () => seek(duration) }],
  ["Play", ["1", "2", "3"], "play both, the recording, the notes",
    { 1: () => setBalance(0.5), 2: () => setBalance(0), 3: () => setBalance(1) }],
  ["Play", ["[", "]"], "slower and faster", { "[": () => speedBy(-1), "]": () => speedBy(1) }],
  ["Play", ["L"], "loop the selected notes, or the phrase at the cursor", { l: switchLoop }],
  ["Select", [",", "."], "previous and next note", { ",": () => stepNote(-1), ".": () => stepNote(1) }],
  ["Select", ["P"], "the whole phrase", { p: choosePhrase }],
  ["Select", ["Ctrl+A"], "all notes", { "ctrl+a": chooseAll }],
  ["Select", ["Esc"], "no note", { Escape: () => choose([]) }],
  ["Edit", ["←", "→"], "move the selected notes by 20 ms or a grid step (Shift: 5 ms)", {}],
  ["Edit", ["Alt+←", "Alt+→"], "move the end by 10 ms (with Shift: the start)", {}],
  ["Edit", ["↑", "↓"], "up and down by a semitone (Shift: 10 cents)",
    { ArrowUp: (e) => upwards(e, 1), ArrowDown: (e) => upwards(e, -1) }],
  ["Edit", ["Page Up", "Page Down"], "up and down by an octave", { PageUp: () => page(1), PageDown: () => page(-1) }],
  ["Edit", ["A"], "add a note at the cursor", { a: addHere }],
  ["Edit", ["S"], "split the selected note at the cursor, or in its middle", { s: splitHere }],
  ["Edit", ["M"], "merge the selected notes, or a single one with the next one", { m: mergeHere }],
  ["Edit", ["R"], "measure the pitch again from the curve", { r: measureAgain }],
  ["Edit", ["E"], "move the pitch to the exact semitone", { e: exactSemitones }],
  ["Edit", ["Delete"], "delete the selected notes", { Delete: remove, Backspace: remove }],
  ["Edit", ["Enter", "T"], "type words on the selected note; Tab goes to the next one", { Enter: typeLyric, t: typeLyric }],
  ["Edit", ["Ctrl+Z", "Ctrl+Y"], "undo, redo", { "ctrl+z": undoStep, "ctrl+y": redoStep, "ctrl+shift+z": redoStep }],
  ["Check", ["N", "Shift+N"], "next and previous note to check", { n: () => stepCheck(1), N: () => stepCheck(-1) }],
  ["Check", ["C"], "mark as right, or take the mark back", { c: markRight }],
  ["See", ["+", "−"], "zoom in and out", { "+": () => zoomTime(1.4), "=": () => zoomTime(1.4), "-": () => zoomTime(1 / 1.4) }],
  ["See", ["8", "9"], "reduce and increase the height of the rows", { 8: () => zoomPitch(1 / 1.25), 9: () => zoomPitch(1.25) }],
  ["See", ["0"], "the whole song", { 0: fitAll }],
  ["Save", ["Ctrl+S"], "save the session as a file", { "ctrl+s": saveSession }],
  ["Save", ["?"], "this help", { "?": showHelp }],
];

const ACTIONS = Object.assign({}, ...BINDINGS.map(([, , , actions]) => actions));

function actionOf(event) {
  if (event.ctrlKey || event.metaKey) return ACTIONS[`ctrl+${event.shiftKey ? "shift+" : ""}${event.key.toLowerCase()}`];
  return ACTIONS[event.key] ?? ACTIONS[event.key.toLowerCase()];
}

function typed(event) {
  const { target } = event;
  if (document.querySelector("dialog[open]") || target.closest("input, select, textarea, [role=menu]")) return;
  if (target.closest("[role=tab]") && event.key.startsWith("Arrow")) return;
  if ((event.key === " " || event.key === "Enter") && target.closest("button, summary, a") && target.id !== "play") return;
  if (event.altKey && !event.key.startsWith("Arrow")) return;
  const action = $("panel-notes").hidden && event.key !== " " && event.key !== "?" ? null : actionOf(event);
  if (action) {
    event.preventDefault();
    action(event);
  }
}

export const startKeys = () => document.addEventListener("keydown", typed);
