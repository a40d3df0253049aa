// Playing the recording and the notes together, at any speed, and in a loop.
import { $, bytesOf, clamp, data, emit, on } from "./base.js";
import { say } from "./status.js";
import { duration, firstAfter, song } from "./song.js";
import { makeTones } from "./tones.js";

export const player = { playing: false, position: 0, speed: 1, balance: 0.5, loop: null, looping: false, hasRecording: false };

const AHEAD = 0.3; // seconds at speed 1 for which notes are scheduled
let audio = null, context = null, voiceGain = null, tones = null;
let next = 0, startedAt = 0, startedFrom = 0, timer = 0;

export function loadSound() {
  const text = $("sound").textContent;
  if (!text) { player.balance = 1; return; }
  audio = new Audio(URL.createObjectURL(new Blob([bytesOf(text)], { type: data.mime })));
  $("sound").textContent = "";
  audio.preload = "auto";
  audio.preservesPitch = true;
  player.hasRecording = true;
  audio.addEventListener("ended", () => { if (player.playing) arrive(); });
  audio.addEventListener("error", () => {
    audio = null;
    player.hasRecording = false;
    player.balance = 1;
    say("This browser cannot play the recording.");
    emit("playing");
  });
}

function wake() {
  if (!context) {
    context = new AudioContext();
    tones = makeTones(context);
    if (audio) {
      voiceGain = context.createGain();
      voiceGain.connect(context.destination);
      context.createMediaElementSource(audio).connect(voiceGain);
    }
  }
  if (context.state === "suspended") context.resume();
  setGains();
}

function setGains() {
  if (!context) return;
  if (voiceGain) voiceGain.gain.value = Math.min(1, 2 * (1 - player.balance));
  tones.volume(Math.min(1, 2 * player.balance));
}

// 0 is the recording alone, 1 the notes alone.
export function setBalance(value) {
  player.balance = audio ? clamp(value, 0, 1) : 1;
  setGains();
  emit("playing");
}

export function setSpeed(value) {
  const wasPlaying = player.playing;
  if (wasPlaying) pause();
  player.speed = value;
  if (wasPlaying) play();
  emit("playing");
}

export function now() {
  if (!player.playing) return player.position;
  return audio ? audio.currentTime : startedFrom + (context.currentTime - startedAt) * player.speed;
}

const end = () => (player.looping && player.loop ? player.loop.to : duration);

function schedule() {
  if (!player.playing) return;
  player.position = now();
  const last = end();
  if (player.position >= last - 0.005) { arrive(); return; }
  while (next < song.notes.length && song.notes[next].onset < Math.min(player.position + AHEAD * player.speed, last)) {
    const note = song.notes[next++], begins = Math.max(note.onset, player.position);
    const length = (Math.min(note.offset, last) - begins) / player.speed;
    if (length > 0.02) tones.play(note, context.currentTime + (begins - player.position) / player.speed, length);
  }
  timer = setTimeout(schedule, Math.min(60, Math.max(4, (1000 * (last - player.position)) / player.speed)));
}

// The end of the song or of the loop.
function arrive() {
  if (player.looping && player.loop) { pause(); player.position = player.loop.from; play(); return; }
  pause(duration);
}

export function play() {
  const { loop, looping } = player;
  if (looping && loop && (player.position < loop.from || player.position >= loop.to - 0.01)) player.position = loop.from;
  if (player.position >= duration - 0.05) player.position = 0;
  wake();
  if (!audio) { begin(); return; }
  audio.playbackRate = player.speed;
  audio.currentTime = player.position;
  audio.play().then(begin, (error) => {
    if (error.name !== "AbortError") say(`The recording cannot be played: ${error.message}`);
  });
}

function begin() {
  player.playing = true;
  next = firstAfter(player.position);
  startedAt = context.currentTime;
  startedFrom = player.position;
  emit("playing");
  schedule();
}

export function pause(at = now()) {
  player.position = at;
  player.playing = false;
  clearTimeout(timer);
  if (audio) audio.pause();
  if (tones) tones.stop();
  emit("playing");
}

export const playOrPause = () => (player.playing ? pause() : play());

export function seek(seconds) {
  const wasPlaying = player.playing;
  if (wasPlaying) pause();
  player.position = clamp(seconds, 0, duration);
  if (wasPlaying) play();
  emit("position");
}

// Play one note, so that its pitch can be heard.
export function playNote(note) {
  if (!note || player.playing) return;
  wake();
  tones.stop();
  tones.volume(1);
  tones.play(note, context.currentTime + 0.01, Math.min(note.offset - note.onset, 1.5));
  setTimeout(setGains, 1700);
}

// Loop from one time to another; null to play on.
export function setLoop(loop) {
  player.loop = loop && loop.to - loop.from > 0.05 ? loop : null;
  player.looping = Boolean(player.loop);
  emit("playing");
}

on("notes", () => {
  if (!player.playing) return;
  tones.stop();
  next = firstAfter(now());
});
