// Key and tempo of the song, which a person can set.
import { $, element, on } from "./base.js";
import { evenBeats, tempoOf } from "./beats.js";
import { setSettings } from "./edits.js";
import { KEYS, keyTitle } from "./music.js";
import { song } from "./song.js";
import { player } from "./sound.js";

// Even beats with the tempo and metre of the fields; a bar begins at a time.
function setTempo(barAt) {
  const tempo = Number($("tempo").value), metre = $("metre").value;
  if (!$("tempo").value) { setSettings("Tempo", { beats: null }); return; }
  if (!(tempo >= 10 && tempo <= 500)) { showSettings(); return; }
  setSettings("Tempo", { beats: evenBeats(tempo, metre, barAt ?? song.notes[0]?.onset ?? 0) });
}

function setMetre() {
  const { beats } = song.settings;
  if (beats) setSettings("Metre", { beats: { ...beats, metre: $("metre").value } });
}

function showSettings() {
  const { beats, key } = song.settings;
  $("key").value = key ?? "";
  $("tempo").value = beats ? Math.round(tempoOf(beats) * 10) / 10 : "";
  const metre = beats?.metre ?? "4/4";
  if (![...$("metre").options].some((option) => option.value === metre)) $("metre").append(element("option", {}, metre));
  $("metre").value = metre;
  $("bar-here").disabled = !beats;
}

export function startSettings() {
  $("key").append(element("option", { value: "" }, "unknown"), ...KEYS.map((key) => element("option", { value: key }, keyTitle(key))));
  $("key").addEventListener("change", () => setSettings("Key", { key: $("key").value || null }));
  $("tempo").addEventListener("change", () => setTempo(null));
  $("metre").addEventListener("change", setMetre);
  $("bar-here").addEventListener("click", () => setTempo(player.position));
  on("notes", showSettings);
  showSettings();
}
