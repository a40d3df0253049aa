// The sung pitch over time, which never changes.
import { data } from "./base.js";

export const curve = data.pitch;
export const hasCurve = curve.midi.length > 0;

export const sungAt = (seconds) => curve.midi[Math.round((seconds - curve.start) / curve.hop)] ?? null;

// The steady pitch between two times: the median of the middle four fifths; null where nothing is sung.
export function steadyPitch(onset, offset) {
  const { start, hop, midi } = curve, margin = 0.1 * (offset - onset);
  const first = Math.max(0, Math.ceil((onset + margin - start) / hop));
  const last = Math.min(midi.length - 1, Math.floor((offset - margin - start) / hop));
  const values = midi.slice(first, last + 1).filter((value) => value !== null).sort((a, b) => a - b);
  if (values.length < 2) return null;
  const middle = values.length >> 1;
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}
