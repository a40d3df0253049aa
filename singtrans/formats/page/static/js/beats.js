// The beats of the song: conversion between seconds and beats, and the grid that edits snap to.
import { song } from "./song.js";

// Seconds to beats since the first; times outside of the known beats continue evenly.
export function beatAt(seconds, times = song.settings.beats.times) {
  const last = times.length - 1;
  let low = 0, high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds) low = middle; else high = middle - 1;
  }
  const i = Math.min(low, last - 1);
  return i + (seconds - times[i]) / (times[i + 1] - times[i]);
}

export function secondsOf(beat, times = song.settings.beats.times) {
  const i = Math.min(Math.max(0, Math.floor(beat)), times.length - 2);
  return times[i] + (beat - i) * (times[i + 1] - times[i]);
}

// The nearest line of the grid, in parts of a beat; the same time without beats or without a grid.
export function gridTime(seconds, parts) {
  if (!parts || !song.settings.beats) return seconds;
  return Math.max(0, secondsOf(Math.round(beatAt(seconds) * parts) / parts));
}

export const isBar = (beat, { metre, downbeat }) => (((beat - downbeat) % metre) + metre) % metre === 0;

// Median beats per minute.
export function tempoOf({ times }) {
  const lengths = times.slice(1).map((time, i) => time - times[i]);
  const steps = (lengths.length > 1 ? lengths.slice(1) : lengths).sort((a, b) => a - b); // the first beat may have its own
  return 60 / steps[steps.length >> 1];
}

// Even beats through a time; the first of them begins with the song, as in singtrans.
export function evenBeats(tempo, through, metre, barAt) {
  const period = 60 / tempo, phase = ((through % period) + period) % period;
  const times = phase > 0.04 ? [0, phase + (phase < 0.4 * period ? period : 0)] : [0, phase + period];
  while (times.length < 4) times.push(times.at(-1) + period);
  const beats = { times, metre, downbeat: 0 };
  const bar = Math.round(beatAt(barAt, times));
  return { ...beats, downbeat: ((bar % metre) + metre) % metre };
}
