// Finds the note, and the end of a note, under the pointer. Each end has a target of 24 pixels.
import { boxOf } from "./paint_notes.js";
import { onlyChosen } from "./selection.js";
import { firstAfter, song } from "./song.js";
import { RULER, timeAt, view, yOfNote } from "./view.js";

const TARGET = 24; // pixels
const REACH = TARGET / 2; // to either side of an end

// The end of a note under x: -1 for its start, 1 for its end, 0 for neither. `inner` pixels of the target of an end are
// inside the note, and the rest of the target is outside.
function endUnder(box, x, inner) {
  const outer = TARGET - inner, fromStart = x - box.x, fromEnd = box.x + box.width - x;
  const isStart = fromStart >= -outer && fromStart <= inner, isEnd = fromEnd >= -outer && fromEnd <= inner;
  if (isStart && isEnd) return Math.abs(fromStart) < Math.abs(fromEnd) ? -1 : 1;
  return isStart ? -1 : isEnd ? 1 : 0;
}

function isAtHeight(note, box, y) {
  const middle = box.y + box.height / 2, reach = Math.max(REACH, box.height / 2);
  return y >= Math.min(middle, yOfNote(note)) - reach && y <= Math.max(middle, yOfNote(note)) + reach;
}

// {index, edge} of the note under a point, or null. The selected note's ends come first, then bodies, then other ends.
export function hit(x, y) {
  if (y < RULER) return null;
  const slack = TARGET / view.scale, seconds = timeAt(x), { notes } = song, only = onlyChosen();
  let near = null;
  for (let i = firstAfter(seconds - slack); i < notes.length && notes[i].onset <= seconds + slack; i++) {
    const box = boxOf(notes[i]);
    if (!isAtHeight(notes[i], box, y)) continue;
    const isInside = x >= box.x && x <= box.x + box.width;
    const edge = endUnder(box, x, Math.min(REACH, box.width / (notes[i] === only ? 3 : 4)));
    if (notes[i] === only && edge) return { index: i, edge };
    if (isInside) near = { index: i, edge, isInside };
    else if (edge && !near) near = { index: i, edge };
  }
  return near && { index: near.index, edge: near.edge };
}
