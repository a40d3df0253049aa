"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
  const LEFT = 40, RULER = 24, UNSURE = 0.5, SHORTEST = 0.03;
  const canvas = $("canvas"), ctx2d = canvas.getContext("2d");

  // ---- state -------------------------------------------------------------------------------------------------
  let notes = data.notes.map(([onset, offset, pitch, confidence, tuning, moved]) => ({ onset, offset, pitch, confidence, tuning, moved }));
  let chosen = -1, undone = [], done = [], edited = false;
  const duration = Math.max(data.duration, ...notes.slice(-1).map((n) => n.offset), 0.1);
  let view = { start: 0, scale: 100 }; // seconds at the left edge, pixels per second
  let mode = "both", position = 0, playing = false;

  // Integer notes are relative to the singer's A4, which is `tuning` semitones above 440 Hz. `moved` is the number of
  // semitones by which the key option moved a note.
  const integer = (note) => clamp(Math.floor(note.pitch - note.tuning + 0.5) + note.moved, 0, 127);
  const name = (n) => NAMES[((n % 12) + 12) % 12] + (Math.floor(n / 12) - 1);
  const clock = (t) => `${Math.floor(t / 60)}:${(t % 60).toFixed(1).padStart(4, "0")}`;
  const hz = (pitch) => 440 * 2 ** ((pitch - 69) / 12);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // ---- the displayed range: sung pitches and the notes they were moved to ------------------------------------
  const range = () => {
    let low = 127, high = 0;
    for (const n of notes) { low = Math.min(low, n.pitch); high = Math.max(high, n.pitch); }
    if (low > high) { low = 57; high = 69; }
    const more = Math.max(0, 10 - (high - low)) / 2;
    return { low: low - 2.5 - more, high: high + 2.5 + more };
  };
  let pitches = range();

  // ---- sound ---------------------------------------------------------------------------------------------------
  let audio = null, context = null, voiceGain = null, notesGain = null, wave = null;
  let sounding = [], next = 0, startedAt = 0, startedFrom = 0;
  const speed = () => Number($("speed").value);

  function loadSound() {
    const text = $("sound").textContent;
    if (!text) return;
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    audio = new Audio(URL.createObjectURL(new Blob([bytes], { type: data.mime })));
    audio.preload = "auto";
    audio.addEventListener("ended", () => stop(duration));
    audio.addEventListener("error", () => { audio = null; showStatus("This browser cannot play the recording."); buttons(); });
    $("sound").textContent = "";
  }

  function wake() {
    if (!context) {
      context = new AudioContext();
      notesGain = context.createGain();
      notesGain.connect(context.destination);
      wave = context.createPeriodicWave(new Float32Array(5), new Float32Array([0, 1, 0.5, 0.25, 0.12]));
      if (audio) {
        voiceGain = context.createGain();
        voiceGain.connect(context.destination);
        context.createMediaElementSource(audio).connect(voiceGain);
      }
    }
    if (context.state === "suspended") context.resume();
    gains();
  }

  function gains() {
    if (!context) return;
    if (voiceGain) voiceGain.gain.value = mode === "notes" ? 0 : 1;
    notesGain.gain.value = mode === "recording" && audio ? 0 : 1;
  }

  function tone(note, at, length) {
    const oscillator = context.createOscillator(), gain = context.createGain();
    oscillator.setPeriodicWave(wave);
    oscillator.frequency.value = hz(note.pitch);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.25, at + 0.012);
    gain.gain.setTargetAtTime(0.08, at + 0.012, 1.0);
    gain.gain.setTargetAtTime(0, at + length, 0.012);
    oscillator.connect(gain);
    gain.connect(notesGain);
    oscillator.start(at);
    oscillator.stop(at + length + 0.1);
    sounding.push(oscillator);
    oscillator.onended = () => { sounding = sounding.filter((o) => o !== oscillator); };
  }

  function hush() { for (const o of sounding) { try { o.stop(); } catch { /* it has ended */ } } sounding = []; }

  function now() {
    if (!playing) return position;
    return audio ? audio.currentTime : startedFrom + (context.currentTime - startedAt) * speed();
  }

  function schedule() {
    if (!playing) return;
    position = now();
    if (position >= duration) { stop(duration); return; }
    while (next < notes.length && notes[next].onset < position + 0.3 * speed()) {
      const note = notes[next++];
      const begins = Math.max(note.onset, position), length = (note.offset - begins) / speed();
      if (length > 0.02) tone(note, context.currentTime + (begins - position) / speed(), length);
    }
    setTimeout(schedule, 60);
  }

  function play() {
    if (position >= duration - 0.05) position = 0;
    wake();
    const begin = () => {
      playing = true;
      next = notes.findIndex((n) => n.offset > position);
      if (next < 0) next = notes.length;
      startedAt = context.currentTime;
      startedFrom = position;
      buttons();
      schedule();
      frame();
    };
    if (!audio) { begin(); return; }
    audio.playbackRate = speed();
    audio.currentTime = position;
    audio.play().then(begin, (error) => showStatus(`The recording cannot be played: ${error.message}`));
  }

  function stop(at) {
    position = at === undefined ? now() : at;
    playing = false;
    if (audio) audio.pause();
    hush();
    buttons();
    draw();
  }

  function seek(t) {
    const was = playing;
    if (was) stop();
    position = clamp(t, 0, duration);
    if (was) play();
    reveal(position);
    draw();
  }

  function playNote(note) {
    wake();
    hush();
    const kept = notesGain.gain.value;
    notesGain.gain.value = 1;
    tone(note, context.currentTime + 0.01, Math.min(note.offset - note.onset, 2));
    if (!playing && kept === 0) setTimeout(gains, 2200);
  }

  // ---- drawing -------------------------------------------------------------------------------------------------
  let width = 0, height = 0, asked = false;
  const x = (t) => LEFT + (t - view.start) * view.scale;
  const timeAt = (px) => view.start + (px - LEFT) / view.scale;
  const semitone = () => (height - RULER) / (pitches.high - pitches.low);
  const y = (pitch) => RULER + (pitches.high - pitch) * semitone();
  const pitchAt = (py) => pitches.high - (py - RULER) / semitone();

  function resize() {
    const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    width = box.width; height = box.height;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    ctx2d.setTransform(ratio, 0, 0, ratio, 0, 0);
    limit();
    draw();
  }

  function limit() {
    const room = Math.max(50, width - LEFT);
    view.scale = clamp(view.scale, room / (duration * 1.02), 1500);
    view.start = clamp(view.start, 0, Math.max(0, duration * 1.02 - room / view.scale));
    document.body.dataset.scale = view.scale.toFixed(2);
    document.body.dataset.start = view.start.toFixed(3);
  }

  function zoom(factor, px) {
    const at = timeAt(px);
    view.scale *= factor;
    limit();
    view.start = at - (px - LEFT) / view.scale;
    limit();
    draw();
  }

  function reveal(t) {
    const room = (width - LEFT) / view.scale;
    if (t < view.start || t > view.start + room * 0.95) { view.start = t - room * 0.1; limit(); }
  }

  const first = (t) => { // the first note that ends after t
    let low = 0, high = notes.length;
    while (low < high) { const middle = (low + high) >> 1; if (notes[middle].offset > t) high = middle; else low = middle + 1; }
    return low;
  };

  function draw() { if (!asked) { asked = true; requestAnimationFrame(paint); } }
  function frame() { if (playing) { position = now(); reveal(position); draw(); requestAnimationFrame(frame); } }

  function paint() {
    asked = false;
    const c = ctx2d, left = view.start, right = timeAt(width);
    c.fillStyle = "#fff";
    c.fillRect(0, 0, width, height);
    paintRows(c);
    c.save();
    c.beginPath(); c.rect(LEFT, 0, width - LEFT, height); c.clip();
    paintRuler(c, left, right);
    for (let i = first(left); i < notes.length && notes[i].onset < right; i++) paintNote(c, notes[i], i === chosen);
    paintCurve(c, left, right);
    c.strokeStyle = "#d55e00"; c.lineWidth = 2;
    c.beginPath(); c.moveTo(x(position), 0); c.lineTo(x(position), height); c.stroke();
    c.restore();
    $("clock").textContent = `${clock(position)} / ${clock(duration)}`;
    document.body.dataset.position = position.toFixed(3);
  }

  function paintRows(c) {
    c.font = "11px system-ui, sans-serif"; c.textBaseline = "middle"; c.textAlign = "right";
    const every = semitone() < 11;
    for (let p = Math.ceil(pitches.low); p <= pitches.high; p++) {
      const black = [1, 3, 6, 8, 10].includes(((p % 12) + 12) % 12);
      if (black) { c.fillStyle = "#f1f3f6"; c.fillRect(LEFT, y(p + 0.5), width - LEFT, semitone()); }
      if (y(p) < RULER + 6 || (every && p % 12 !== 0 && p % 12 !== 7)) continue;
      c.fillStyle = black ? "#666" : "#111";
      c.fillText(name(p), LEFT - 5, y(p));
    }
  }

  function paintRuler(c, left, right) {
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300].find((s) => s * view.scale > 58) || 600;
    c.fillStyle = "#f2f4f7"; c.fillRect(LEFT, 0, width - LEFT, RULER);
    c.fillStyle = "#333"; c.textAlign = "left"; c.strokeStyle = "#dde1e7"; c.lineWidth = 1;
    for (let k = Math.ceil(left / step); k * step <= right; k++) {
      const at = x(k * step);
      c.beginPath(); c.moveTo(at, 0); c.lineTo(at, height); c.stroke();
      c.fillText(step < 1 ? (k * step).toFixed(1) : clock(k * step).replace(/\.0$/, ""), at + 3, RULER / 2);
    }
  }

  function paintNote(c, note, isChosen) {
    const top = y(note.pitch + 0.45), tall = Math.max(4, semitone() * 0.9);
    const from = x(note.onset), wide = Math.max(2, x(note.offset) - from);
    c.fillStyle = `rgba(0, 114, 178, ${0.15 + 0.6 * note.confidence})`;
    c.fillRect(from, top, wide, tall);
    c.strokeStyle = isChosen ? "#d55e00" : "#0072b2"; c.lineWidth = isChosen ? 3 : 1;
    c.setLineDash(note.confidence < UNSURE && !isChosen ? [4, 3] : []);
    c.strokeRect(from, top, wide, tall);
    c.setLineDash([]);
    if (wide > 24) {
      c.fillStyle = "#111"; c.textAlign = "left";
      c.fillText(name(integer(note)), from + 2, top - 7);
    }
  }

  function paintCurve(c, left, right) {
    const { start, hop, midi } = data.pitch;
    if (!midi.length) return;
    const low = Math.max(0, Math.floor((left - start) / hop)), high = Math.min(midi.length, Math.ceil((right - start) / hop) + 1);
    const stride = Math.max(1, Math.floor((high - low) / (2 * width)));
    c.strokeStyle = "#000"; c.lineWidth = 1.2; c.beginPath();
    let pen = false;
    for (let i = low; i < high; i += stride) {
      if (midi[i] === null) { pen = false; continue; }
      const px = x(start + i * hop), py = y(midi[i]);
      if (pen) c.lineTo(px, py); else c.moveTo(px, py);
      pen = true;
    }
    c.stroke();
  }

  // ---- editing ---------------------------------------------------------------------------------------------------
  const copy = () => notes.map((n) => ({ ...n }));
  function keep() { done.push(copy()); undone = []; edited = true; if (done.length > 500) done.shift(); }

  function changed(quiet) {
    const low = Math.min(...notes.map((n) => n.pitch)), high = Math.max(...notes.map((n) => n.pitch));
    if (notes.length && (low < pitches.low + 1 || high > pitches.high - 1)) pitches = range();
    if (chosen >= notes.length) chosen = -1;
    if (playing && !quiet) { hush(); next = first(now()); }
    describe(); buttons(); draw();
  }

  function step(from, to) {
    if (!from.length) return;
    to.push(copy());
    notes = from.pop();
    chosen = -1;
    changed();
  }
  const undo = () => step(done, undone), redo = () => step(undone, done);

  const before = (i) => (i > 0 ? notes[i - 1].offset : 0);
  const after = (i) => (i + 1 < notes.length ? notes[i + 1].onset : duration);

  function shift(i, seconds, semitones, original) {
    const n = notes[i], o = original || { ...n }, length = o.offset - o.onset;
    n.onset = clamp(o.onset + seconds, before(i), Math.max(before(i), after(i) - length));
    n.offset = n.onset + length;
    n.pitch = clamp(o.pitch + semitones, 0, 127);
    n.confidence = 1;
  }
  function stretch(i, edge, t) {
    const n = notes[i];
    if (edge < 0) n.onset = clamp(t, before(i), n.offset - SHORTEST);
    else n.offset = clamp(t, n.onset + SHORTEST, Math.max(after(i), n.onset + SHORTEST));
    n.confidence = 1;
  }

  function add(t, sung) {
    const i = first(t), near = notes[i > 0 ? i - 1 : i], tuning = near ? near.tuning : 0;
    const from = Math.max(t, i > 0 ? notes[i - 1].offset : 0), to = i < notes.length ? notes[i].onset : duration;
    if (to - from < SHORTEST) { showStatus("There is already a note here."); return; }
    keep();
    notes.splice(i, 0, { onset: from, offset: Math.min(to, from + 0.5), pitch: Math.round(sung - tuning) + tuning, confidence: 1, tuning, moved: 0 });
    choose(i); changed();
    playNote(notes[i]);
  }
  function addHere() {
    const i = Math.round((position - data.pitch.start) / data.pitch.hop), sung = data.pitch.midi[i];
    const near = notes[Math.max(0, first(position) - 1)];
    add(position, sung ?? (near ? near.pitch : 60));
  }
  function split() {
    if (chosen < 0) return;
    const n = notes[chosen];
    const inside = position > n.onset + SHORTEST && position < n.offset - SHORTEST;
    const at = inside ? position : (n.onset + n.offset) / 2;
    if (at - n.onset < SHORTEST || n.offset - at < SHORTEST) { showStatus("This note is too short to split."); return; }
    keep();
    notes.splice(chosen, 1, { ...n, offset: at, confidence: 1 }, { ...n, onset: at, confidence: 1 });
    changed();
  }
  function merge() {
    if (chosen < 0 || chosen + 1 >= notes.length) { showStatus("There is no next note to merge with."); return; }
    keep();
    const [a, b] = notes.slice(chosen, chosen + 2);
    const longer = a.offset - a.onset >= b.offset - b.onset ? a : b;
    notes.splice(chosen, 2, { ...longer, onset: a.onset, offset: b.offset, confidence: 1 });
    changed();
  }
  function remove() {
    if (chosen < 0) return;
    keep();
    notes.splice(chosen, 1);
    chosen = Math.min(chosen, notes.length - 1);
    changed();
  }

  function choose(i) { chosen = i; if (i >= 0) reveal(notes[i].onset); describe(); buttons(); draw(); }
  function nudge(seconds, semitones, edge) {
    keep();
    if (edge) stretch(chosen, 1, notes[chosen].offset + seconds); else shift(chosen, seconds, semitones);
    changed();
    if (semitones) playNote(notes[chosen]);
  }
  function unsure() {
    const from = chosen >= 0 ? chosen + 1 : first(position);
    for (let k = 0; k < notes.length; k++) {
      const i = (from + k) % notes.length;
      if (notes[i].confidence < UNSURE) { choose(i); position = notes[i].onset; seek(Math.max(0, position)); return; }
    }
    showStatus("No note is unsure.");
  }

  // ---- status -----------------------------------------------------------------------------------------------------
  function showStatus(text) { $("status").textContent = text; }
  function describe() {
    document.body.dataset.notes = notes.length;
    document.body.dataset.chosen = chosen;
    if (chosen < 0) { showStatus(`${notes.length} notes${edited ? ", corrected" : ""}`); return; }
    const n = notes[chosen], cents = Math.round(100 * (n.pitch - n.tuning - integer(n)));
    showStatus(`${name(integer(n))} ${cents >= 0 ? "+" : "−"}${Math.abs(cents)} cents, ${n.onset.toFixed(3)} to ${n.offset.toFixed(3)} s,`
      + ` confidence ${n.confidence.toFixed(2)} (note ${chosen + 1} of ${notes.length})`);
  }
  function buttons() {
    $("play").textContent = playing ? "Pause" : "Play";
    document.body.dataset.playing = playing;
    for (const id of ["both", "recording", "notes"]) {
      $(id).setAttribute("aria-pressed", String(id === mode));
      $(id).disabled = !audio && id !== "notes";
    }
    $("undo").disabled = !done.length; $("redo").disabled = !undone.length;
    for (const id of ["split", "delete"]) $(id).disabled = chosen < 0;
    $("merge").disabled = chosen < 0 || chosen + 1 >= notes.length;
  }
  function setMode(which) { if (audio || which === "notes") { mode = which; gains(); buttons(); } }

  // ---- files -----------------------------------------------------------------------------------------------------
  const text = (s) => Array.from(new TextEncoder().encode(s));
  function onGrid(perSecond) { // whole steps: every note lasts at least one, and none overlap
    const onsets = [];
    for (const n of notes) onsets.push(Math.max(Math.round(n.onset * perSecond), onsets.length ? onsets[onsets.length - 1] + 1 : 0));
    return notes.map((n, i) => {
      const end = Math.max(onsets[i] + 1, Math.round(n.offset * perSecond));
      return [onsets[i], i + 1 < notes.length ? Math.min(end, onsets[i + 1]) : end];
    });
  }
  function midiFile() {
    const number = (v, n) => Array.from({ length: n }, (_, i) => (v >>> (8 * (n - 1 - i))) & 255);
    const varied = (v) => { const out = [v & 127]; while ((v >>>= 7)) out.unshift((v & 127) | 128); return out; };
    const track = (body) => [...text("MTrk"), ...number(body.length, 4), ...body];
    const title = text(data.title), voice = [0, 255, 3, ...varied(title.length), ...title, 0, 192, 53];
    let tick = 0;
    onGrid(960).forEach(([on, off], i) => {
      const p = integer(notes[i]);
      for (const byte of [...varied(on - tick), 144, p, 90, ...varied(off - on), 128, p, 0]) voice.push(byte);
      tick = off;
    });
    const end = [...varied(Math.max(0, Math.round(duration * 960) - tick)), 255, 47, 0];
    const frame = [0, 255, 81, 3, 7, 161, 32, 0, 255, 88, 4, 4, 2, 24, 8, 0, 255, 47, 0];
    const head = [...text("MThd"), ...number(6, 4), ...number(1, 2), ...number(2, 2), ...number(480, 2)];
    return new Uint8Array([...head, ...track(frame), ...track(voice.concat(end))]);
  }
  function csvFile() {
    const tuned = notes.some((n) => n.tuning), moved = notes.some((n) => n.moved);
    const rows = onGrid(10000).map(([on, off], i) => {
      const n = notes[i], more = (tuned ? `,${n.tuning.toFixed(3)}` : "") + (moved ? `,${n.moved}` : "");
      return `${(on / 1e4).toFixed(4)},${(off / 1e4).toFixed(4)},${n.pitch.toFixed(3)},${integer(n)},${n.confidence.toFixed(3)}${more}`;
    });
    return [`onset,offset,pitch,note,confidence${tuned ? ",tuning" : ""}${moved ? ",moved" : ""}`, ...rows, ""].join("\n");
  }
  function ultrastarFile() {
    const unit = 20; // milliseconds; the gap is on the same grid, so that notes are rounded once
    const moved = onGrid(1000 / unit), zero = notes.length ? moved[0][0] : 0, gap = zero * unit;
    const plain = (s) => s.replace(/[\u0000-\u001f\u007f]/g, "?");
    const lines = [`#TITLE:${plain(data.title)}`, "#ARTIST:Unknown", "#CREATOR:singtrans", `#MP3:${plain(data.audio)}`, "#BPM:750", `#GAP:${gap}`];
    moved.forEach(([on, off], i) => {
      lines.push(`: ${on - zero} ${off - on} ${integer(notes[i]) - 60} ~`);
      if (i + 1 < notes.length && notes[i + 1].onset - notes[i].offset >= 0.25) lines.push(`- ${off - zero}`);
    });
    return [...lines, "E", ""].join("\n");
  }
  function download(content, ending, type) {
    const url = URL.createObjectURL(new Blob([content], { type })), link = document.createElement("a");
    link.href = url;
    link.download = `${data.title}${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  // ---- mouse, finger, keys -----------------------------------------------------------------------------------------
  const at = (event) => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  function hit(px, py) {
    const t = timeAt(px), slack = 5 / view.scale;
    for (let i = first(t - slack); i < notes.length && notes[i].onset <= t + slack; i++) {
      const n = notes[i], middle = y(n.pitch);
      if (Math.abs(py - middle) > Math.max(7, semitone() * 0.6)) continue;
      const wide = (n.offset - n.onset) * view.scale, grip = Math.min(6, wide / 4);
      const edge = px < x(n.onset) + grip ? -1 : px > x(n.offset) - grip ? 1 : 0;
      return { i, edge };
    }
    return null;
  }
  let drag = null, pinch = new Map();

  canvas.addEventListener("pointerdown", (event) => {
    const [px, py] = at(event);
    pinch.set(event.pointerId, px);
    if (pinch.size > 1) { drop(); return; }
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    if (py < RULER) { seek(timeAt(px)); drag = { kind: "seek" }; return; }
    const found = hit(px, py);
    if (!found) { drag = { kind: "scroll", px, start: view.start, far: false }; return; }
    choose(found.i);
    playNote(notes[found.i]);
    drag = { kind: "note", ...found, px, py, original: { ...notes[found.i] }, far: false };
  });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = at(event);
    if (pinch.size === 2 && pinch.has(event.pointerId)) {
      const [a, b] = [...pinch.values()], old = Math.abs(a - b);
      pinch.set(event.pointerId, px);
      const [c, d] = [...pinch.values()];
      if (old > 10) zoom(Math.abs(c - d) / old, (c + d) / 2);
      return;
    }
    if (!drag) {
      const found = py > RULER ? hit(px, py) : null;
      canvas.style.cursor = found ? (found.edge ? "ew-resize" : "move") : py < RULER ? "pointer" : "grab";
      return;
    }
    if (drag.kind === "seek") { seek(timeAt(px)); return; }
    if (!drag.far && Math.hypot(px - drag.px, py - (drag.py ?? py)) < 4) return;
    if (drag.kind === "scroll") { drag.far = true; view.start = drag.start - (px - drag.px) / view.scale; limit(); draw(); return; }
    if (!drag.far) { keep(); drag.far = true; }
    const seconds = (px - drag.px) / view.scale;
    if (drag.edge) stretch(drag.i, drag.edge, (drag.edge < 0 ? drag.original.onset : drag.original.offset) + seconds);
    else {
      const semitones = pitchAt(py) - pitchAt(drag.py);
      shift(drag.i, seconds, event.shiftKey ? semitones : Math.round(semitones), drag.original);
    }
    describe(); draw();
  });
  function drop() { // end a drag, and return it
    const dropped = drag;
    drag = null;
    if (dropped && dropped.kind === "note" && dropped.far) changed();
    return dropped;
  }
  function release(event) {
    pinch.delete(event.pointerId);
    const dropped = drop();
    if (!dropped) return;
    if (dropped.kind === "scroll" && !dropped.far) { choose(-1); seek(timeAt(dropped.px)); }
    if (dropped.kind === "note" && dropped.far) playNote(notes[dropped.i]);
  }
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("dblclick", (event) => {
    const [px, py] = at(event);
    if (py > RULER && !hit(px, py)) add(timeAt(px), pitchAt(py));
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) { zoom(Math.exp(-event.deltaY / 300), at(event)[0]); return; }
    view.start += (event.deltaX || event.deltaY) / view.scale;
    limit(); draw();
  }, { passive: false });

  const keys = {
    " ": () => (playing ? stop() : play()),
    1: () => setMode("both"), 2: () => setMode("recording"), 3: () => setMode("notes"),
    ArrowLeft: (e) => (chosen >= 0 ? nudge(-0.02, 0, e.shiftKey) : seek(now() - 2)),
    ArrowRight: (e) => (chosen >= 0 ? nudge(0.02, 0, e.shiftKey) : seek(now() + 2)),
    ArrowUp: (e) => chosen >= 0 && nudge(0, e.shiftKey ? 0.1 : 1), ArrowDown: (e) => chosen >= 0 && nudge(0, e.shiftKey ? -0.1 : -1),
    ",": () => { if (notes.length) { choose(Math.max(0, (chosen < 0 ? first(position) : chosen) - 1)); playNote(notes[chosen]); } },
    ".": () => { if (notes.length) { choose(Math.min(notes.length - 1, chosen < 0 ? first(position) : chosen + 1)); playNote(notes[chosen]); } },
    "+": () => zoom(1.4, width / 2), "=": () => zoom(1.4, width / 2), "-": () => zoom(1 / 1.4, width / 2), 0: () => fit(),
    a: addHere, s: split, m: merge, Delete: remove, Backspace: remove, n: unsure, Escape: () => choose(-1),
    Home: () => seek(0), End: () => seek(duration),
  };
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("select, summary") || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key === "z" || key === "y") { event.preventDefault(); if (key === "y" || event.shiftKey) redo(); else undo(); }
      return;
    }
    if (event.key === " " && event.target.tagName === "BUTTON" && event.target.id !== "play") return;
    const action = keys[event.key] || keys[event.key.toLowerCase()];
    if (action) { event.preventDefault(); action(event); }
  });
  function fit() { view = { start: 0, scale: 0 }; limit(); draw(); }

  const press = {
    play: keys[" "], both: keys[1], recording: keys[2], notes: keys[3], in: keys["+"], out: keys["-"], fit, unsure, undo, redo,
    add: addHere, split, merge, delete: remove,
    midi: () => download(midiFile(), ".mid", "audio/midi"), csv: () => { download(csvFile(), ".csv", "text/csv"); edited = false; }, // only CSV keeps everything
    ultrastar: () => download(ultrastarFile(), ".txt", "text/plain"),
  };
  for (const [id, action] of Object.entries(press)) {
    $(id).addEventListener("click", (event) => {
      action({});
      if (event.detail > 0) canvas.focus({ preventScroll: true }); // after a click, Space plays again
    });
  }
  $("speed").addEventListener("change", () => { if (playing) { stop(); play(); } });
  window.addEventListener("beforeunload", (event) => { if (edited) event.preventDefault(); });
  window.addEventListener("resize", resize);

  // ---- begin -------------------------------------------------------------------------------------------------------
  $("title").textContent = data.title;
  $("about").textContent = data.about;
  loadSound();
  if (!audio) mode = "notes";
  resize();
  view.scale = Math.max(60, (width - LEFT) / 20, (width - LEFT) / (duration * 1.02));
  limit();
  const wanted = Number((location.hash.match(/^#t=([0-9.]+)$/) || [])[1]);
  if (wanted > 0) { position = clamp(wanted, 0, duration); reveal(position); view.start = position - 2; limit(); }
  describe(); buttons(); draw();
})();
