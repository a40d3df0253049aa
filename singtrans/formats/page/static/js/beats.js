// The beats of the song: conversion between seconds and quarter notes, bars, and the grid that edits snap to.
//
// Beats are points of time with their positions in quarter notes; between them, and after them, the tempo is constant.
// The first bar begins with the recording.
import { song } from "./song.js";

const NEAR = 0.15; // quarter notes; a bar that begins this close to the beginning is the first one

// The value at x on the line through points, continued beyond the last.
function interpolated(x, known, images) {
  let low = 0, high = known.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (known[middle] <= x) low = middle; else high = middle - 1;
  }
  return images[low] + ((x - known[low]) * (images[low + 1] - images[low])) / (known[low + 1] - known[low]);
}

export const positionOf = (seconds, beats = song.settings.beats) => interpolated(seconds, beats.times, beats.quarters);
export const secondsOf = (position, beats = song.settings.beats) => interpolated(position, beats.quarters, beats.times);

// Lengths in quarter notes: of a bar, and of a beat, which has three eighth notes in 6/8, 9/8 and 12/8.
export function lengthsOf(metre) {
  const [numerator, denominator] = metre.split("/").map(Number), unit = 4 / denominator;
  const isCompound = denominator >= 8 && numerator % 3 === 0 && numerator > 3;
  return { bar: numerator * unit, beat: isCompound ? 3 * unit : unit, numerator, denominator };
}

// The nearest line of the grid, in parts of a quarter note; the same time without beats or without a grid.
export function gridTime(seconds, parts) {
  if (!parts || !song.settings.beats) return seconds;
  return Math.max(0, secondsOf(Math.round(positionOf(seconds) * parts) / parts));
}

// Median beats per minute; the time before the singer's first bar may have a tempo of its own.
export function tempoOf({ times, quarters, metre }) {
  const lengths = times.slice(1).map((time, i) => (time - times[i]) / (quarters[i + 1] - quarters[i]));
  const steady = (lengths.length > 1 ? lengths.slice(1) : lengths).sort((a, b) => a - b);
  return 60 / (steady[steady.length >> 1] * lengthsOf(metre).beat);
}

// Seconds from which beats are shown: before the singer's first bar they may be much shorter or longer.
export function shownFrom(beats) {
  const { beat } = lengthsOf(beats.metre), first = secondsOf(beat, beats) - beats.times[0], usual = 60 / tempoOf(beats);
  return Math.abs(Math.log(first / usual)) < 0.3 ? 0 : beats.times[1];
}

// Beats of one tempo, with a bar that begins at a time.
export function evenBeats(tempo, metre, barAt) {
  const { bar, beat } = lengthsOf(metre), quarter = 60 / tempo / beat, length = bar * quarter;
  if (barAt < NEAR * quarter) return { times: [0, length], quarters: [0, bar], metre };
  const before = Math.max(1, Math.round(barAt / length)) * bar;
  return { times: [0, barAt, barAt + length], quarters: [0, before, before + bar], metre };
}
