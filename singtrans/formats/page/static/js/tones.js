// The sound of the notes.
import { hertz, relative, written } from "./music.js";

// The sung pitch; for a note that was moved by the key, the written pitch.
const heard = (note) => (note.moved ? written(note) : relative(note) + note.tuning);

export function makeTones(context) {
  const output = context.createGain();
  output.connect(context.destination);
  const wave = context.createPeriodicWave(new Float32Array(5), new Float32Array([0, 1, 0.5, 0.25, 0.12]));
  let sounding = [];

  function play(note, at, length) {
    const oscillator = context.createOscillator(), gain = context.createGain();
    oscillator.setPeriodicWave(wave);
    oscillator.frequency.value = hertz(heard(note));
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.012);
    gain.gain.setTargetAtTime(0.08, at + 0.012, 1.0);
    gain.gain.setTargetAtTime(0, at + length, 0.012);
    oscillator.connect(gain);
    gain.connect(output);
    oscillator.start(at);
    oscillator.stop(at + length + 0.1);
    sounding.push(oscillator);
    oscillator.onended = () => { sounding = sounding.filter((other) => other !== oscillator); };
  }

  function stop() {
    for (const oscillator of sounding) {
      try { oscillator.stop(); } catch { /* it has ended */ }
    }
    sounding = [];
  }

  return { play, stop, volume: (value) => { output.gain.value = value; } };
}
