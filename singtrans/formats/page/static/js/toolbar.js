// The buttons, and how they show the state of the page.
import { $, on } from "./base.js";
import { addHere, mergeHere, redoStep, remove, setPitchSnap, setSnap, splitHere, switchLoop, transpose, undoStep } from "./actions.js";
import { backdrop, setBackdrop } from "./backdrop.js";
import { isCorrected, steps } from "./history.js";
import { showHelp } from "./help.js";
import { typeLyric } from "./lyrics.js";
import { chosenCount, onlyChosen } from "./selection.js";
import { player, playOrPause, setBalance, setSpeed } from "./sound.js";
import { saving } from "./store.js";
import { switchTheme } from "./theme.js";
import { fitAll, zoomPitch, zoomTime } from "./view.js";

const BUTTONS = {
  play: playOrPause, loop: switchLoop, undo: undoStep, redo: redoStep, add: addHere, split: splitHere, merge: mergeHere, delete: remove,
  up: () => transpose(1), down: () => transpose(-1), "octave-up": () => transpose(12), "octave-down": () => transpose(-12),
  words: typeLyric,
  in: () => zoomTime(1.4), out: () => zoomTime(1 / 1.4), taller: () => zoomPitch(1.25), flatter: () => zoomPitch(1 / 1.25), fit: fitAll,
  theme: switchTheme, "show-help": showHelp,
};
const STATES = { opening: "", saving: "Saving …", saved: "Saved in this browser", failed: "Not saved in this browser: save a session" };

function showPlaying() {
  document.body.dataset.playing = player.playing;
  $("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
  $("play").querySelector("use").setAttribute("href", player.playing ? "#i-pause" : "#i-play");
  $("loop").setAttribute("aria-pressed", String(player.looping));
  $("balance").value = player.balance;
  $("balance").disabled = !player.hasRecording;
  $("speed").value = String(player.speed);
}

function showEditing() {
  const count = chosenCount();
  $("undo").disabled = !steps.done.length;
  $("redo").disabled = !steps.undone.length;
  $("split").disabled = !onlyChosen();
  for (const id of ["merge", "delete", "up", "down", "octave-up", "octave-down", "words"]) $(id).disabled = !count;
  $("undo").title = steps.done.length ? `Undo: ${steps.done.at(-1).label} (Ctrl+Z)` : "Undo (Ctrl+Z)";
}

function showSaving() {
  $("saved").textContent = isCorrected() || saving.state === "failed" ? STATES[saving.state] : "";
  document.body.dataset.saved = saving.state;
}

export function startToolbar() {
  for (const [id, action] of Object.entries(BUTTONS)) {
    $(id).addEventListener("click", (event) => {
      action();
      const isStaying = document.querySelector("dialog[open]") || id === "words";
      if (event.detail > 0 && !isStaying) $("roll").focus({ preventScroll: true }); // after a click, Space plays again
    });
  }
  $("speed").addEventListener("change", () => setSpeed(Number($("speed").value)));
  $("balance").addEventListener("input", () => setBalance(Number($("balance").value)));
  $("backdrop-choice").addEventListener("change", () => setBackdrop($("backdrop-choice").value));
  $("backdrop-choice").disabled = !backdrop.has;
  $("backdrop-choice").value = backdrop.shown;
  $("snap").addEventListener("change", () => setSnap(Number($("snap").value)));
  $("snap-pitch").addEventListener("change", () => setPitchSnap($("snap-pitch").checked));
  on("playing", showPlaying);
  for (const name of ["notes", "choice"]) on(name, showEditing);
  on("saved", showSaving);
  on("notes", showSaving);
  showPlaying();
  showEditing();
}
