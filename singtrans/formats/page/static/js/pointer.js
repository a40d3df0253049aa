// Mouse, pen and fingers on the canvas.
import { $ } from "./base.js";
import { shiftedInPitch, shiftedInTime, addNote, splitNote, stretched } from "./edits.js";
import { commit } from "./history.js";
import { hit } from "./hit.js";
import { band, draw } from "./paint.js";
import { boxOf } from "./paint_notes.js";
import { choose, chosenIds, chosenIndices, extendTo, isChosen, toggle } from "./selection.js";
import { song } from "./song.js";
import { playNote, seek, setLoop } from "./sound.js";
import { say } from "./status.js";
import { LEFT, limitView, pitchAt, RULER, timeAt, view, zoomPitch, zoomTime } from "./view.js";

const HOLD_MS = 500;
const FAR = 4; // pixels until a press becomes a drag
const BORDER = 24; // pixels
const FINE = 0.1; // factor of the pointer's movement with Shift

const canvas = $("canvas");
const fingers = new Map(); // pointer id -> [x, y]
let drag = null, scrolling = 0, holding = 0;

const placeOf = (event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};

function pressed(event) {
  const [x, y] = placeOf(event);
  fingers.set(event.pointerId, [x, y]);
  if (fingers.size > 1) { drag = null; return; } // the drag so far is kept, and can be undone
  if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
  $("roll").focus({ preventScroll: true });
  drag = begun(event, x, y);
}

function begun(event, x, y) {
  const start = { x, y, far: false };
  if (y < RULER) return { ...start, kind: "ruler", from: timeAt(x) };
  if (event.button === 1) return { ...start, kind: "pan", begin: view.start, top: view.top };
  const found = hit(x, y);
  if (!found && event.pointerType === "touch") return { ...start, kind: "pan", begin: view.start, top: view.top };
  if (!found) return { ...start, kind: "band", adds: event.shiftKey || event.ctrlKey || event.metaKey };
  const note = song.notes[found.index];
  if (event.ctrlKey || event.metaKey) { toggle(note.id); return null; }
  if (event.pointerType === "touch") holding = setTimeout(() => held(note), HOLD_MS);
  if (event.shiftKey && !isChosen(note)) { extendTo(found.index); return null; }
  const before = chosenIds();
  if (!isChosen(note) || found.edge) choose([note.id]);
  playNote(note);
  return { ...start, ...found, kind: "note", notes: song.notes, token: {}, axis: found.edge ? "time" : null, chosen: before };
}

// A finger that stays on a note adds it to the selected notes, or removes it.
function held(note) {
  if (!drag || drag.far) return;
  choose(drag.chosen);
  toggle(note.id);
  drag = null;
}

function moved(event) {
  const [x, y] = placeOf(event);
  if (fingers.size === 2 && fingers.has(event.pointerId)) { pinched(event.pointerId, x, y); return; }
  if (!drag) { showCursor(x, y); return; }
  const dx = x - drag.x, dy = y - drag.y;
  if (!drag.far && Math.hypot(dx, dy) < FAR) return;
  drag.far = true;
  if (drag.kind === "ruler") setLoop({ from: Math.max(0, Math.min(drag.from, timeAt(x))), to: Math.max(drag.from, timeAt(x)) });
  else if (drag.kind === "pan") {
    view.start = drag.begin - dx / view.scale;
    view.top = drag.top + dy / view.tall;
    limitView();
  } else if (drag.kind === "band") stretchBand(x, y);
  else {
    dragNotes(event, dx, dy);
    scrolling ||= requestAnimationFrame(scrollAtBorder);
  }
}

// While a drag is held at the left or right border, the song scrolls under it.
function scrollAtBorder() {
  if (!drag?.far || drag.kind !== "note" || !drag.last) { scrolling = 0; return; }
  const [x] = placeOf(drag.last), by = x > view.width - BORDER ? 1 : x < LEFT + BORDER ? -1 : 0;
  if (by && drag.axis === "time") {
    const before = view.start;
    view.start += (by * BORDER) / 4 / view.scale;
    limitView();
    drag.x -= (view.start - before) * view.scale;
    dragNotes(drag.last, x - drag.x, 0);
  }
  scrolling = requestAnimationFrame(scrollAtBorder);
}

// The first direction decides whether notes move in time or in pitch; Shift makes fine steps.
function dragNotes(event, dx, dy) {
  drag.last = event;
  drag.axis ??= Math.abs(dx) >= Math.abs(dy) ? "time" : "pitch";
  const isFine = event.shiftKey, seconds = (dx / view.scale) * (isFine ? FINE : 1), semitones = -dy / view.tall;
  let notes;
  if (drag.edge) {
    const note = drag.notes[drag.index];
    notes = stretched(drag.notes, drag.index, drag.edge, (drag.edge < 0 ? note.onset : note.offset) + seconds, !isFine);
  } else if (drag.axis === "time") notes = shiftedInTime(drag.notes, chosenIndices(), seconds, !isFine);
  else {
    const steps = isFine ? Math.round(semitones * 10) / 10 : Math.round(semitones);
    notes = steps ? shiftedInPitch(drag.notes, chosenIndices(), steps) : drag.notes;
  }
  commit(drag.edge ? "Move an end" : drag.axis === "time" ? "Move" : "Transpose", { notes }, drag.token);
}

function stretchBand(x, y) {
  band.box = { x: Math.min(x, drag.x), y: Math.min(y, drag.y), width: Math.abs(x - drag.x), height: Math.abs(y - drag.y) };
  drag.chosen ??= drag.adds ? chosenIndices().map((i) => song.notes[i].id) : [];
  const { x: left, y: top, width, height } = band.box;
  const inside = song.notes.filter((note) => {
    const box = boxOf(note);
    return box.x < left + width && box.x + box.width > left && box.y < top + height && box.y + box.height > top;
  });
  choose([...drag.chosen, ...inside.map((note) => note.id)]);
}

// Two fingers zoom in the direction in which they move apart.
function pinched(id, x, y) {
  const [a, b] = [...fingers.values()];
  const before = [Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])];
  fingers.set(id, [x, y]);
  const [c, d] = [...fingers.values()];
  const after = [Math.abs(c[0] - d[0]), Math.abs(c[1] - d[1])];
  if (before[0] > 20 && after[0] > 20) zoomTime(after[0] / before[0], (c[0] + d[0]) / 2);
  if (before[1] > 60 && after[1] > 60) zoomPitch(after[1] / before[1], (c[1] + d[1]) / 2);
}

function released(event) {
  clearTimeout(holding);
  fingers.delete(event.pointerId);
  const done = drag;
  drag = null;
  band.box = null;
  draw();
  if (!done) return;
  if (done.kind === "ruler" && !done.far) seek(done.from);
  if (!done.far && (done.kind === "band" || done.kind === "pan")) {
    choose([]);
    seek(timeAt(done.x));
  }
  if (done.kind === "note" && done.far) playNote(song.notes[done.index]);
  if (done.kind === "note" && !done.far && !event.shiftKey) choose([song.notes[done.index].id]);
}

function doubled(event) {
  const [x, y] = placeOf(event);
  if (y < RULER) { setLoop(null); return; }
  if (x < LEFT) return;
  const found = hit(x, y);
  if (found && !splitNote(found.index, timeAt(x))) say("This note is too short to split here.");
  if (!found) {
    if (!addNote(timeAt(x), Math.round(pitchAt(y)))) say("There is already a note here.");
    else playNote(song.notes[chosenIndices()[0]]);
  }
}

function showCursor(x, y) {
  const found = hit(x, y);
  canvas.style.cursor = found ? (found.edge ? "ew-resize" : "grab") : y < RULER ? "text" : "crosshair";
}

function wheeled(event) {
  event.preventDefault();
  const [x, y] = placeOf(event), unit = event.deltaMode === 1 ? 30 : 1;
  const across = event.deltaX * unit, down = event.deltaY * unit;
  if ((event.ctrlKey || event.metaKey) && event.shiftKey) zoomPitch(Math.exp(-(down || across) / 300), y);
  else if (event.ctrlKey || event.metaKey) zoomTime(Math.exp(-down / 300), x);
  else {
    if (event.shiftKey) view.top -= (down || across) / view.tall;
    else view.start += (across || down) / view.scale;
    limitView();
  }
}

export function startPointer() {
  canvas.addEventListener("pointerdown", pressed);
  canvas.addEventListener("pointermove", moved);
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("dblclick", doubled);
  canvas.addEventListener("wheel", wheeled, { passive: false });
}
