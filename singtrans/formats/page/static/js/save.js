// The Save menu: files that the page writes itself, and commands for other files.
import { $, data, element, emit } from "./base.js";
import { loadSession, sessionText } from "./session.js";
import { say } from "./status.js";
import { keepCopy } from "./store.js";
import { showTeaching } from "./teach.js";
import { showCommands } from "./commands.js";
import { csvFile, labelsFile, ultrastarFile } from "./write_text.js";
import { midiFile } from "./write_midi.js";

export const sessionName = `${data.title}.session.json`;

function download(content, name, type) {
  const url = URL.createObjectURL(new Blob([content], { type })), link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  say(`Saved ${name}`);
}

export function saveSession() {
  download(sessionText(), sessionName, "application/json");
  emit("saved");
}

const quoted = (name) => (/^[\w.+-]+$/.test(name) ? name : `'${name.replace(/'/g, "'\\''")}'`);

function showMusicXml() {
  showCommands("Sheet music", "Save the session first, then run this in its folder. For the PDF, write .pdf instead of .musicxml.",
    [`singtrans convert ${quoted(sessionName)} ${quoted(`${data.title}.musicxml`)}`], { text: "Save session", action: saveSession });
}

const ITEMS = [
  ["save-session", "Session", "everything, to open again or convert (.json)", saveSession],
  ["save-midi", "MIDI", "for music programs (.mid)", () => download(midiFile(), `${data.title}.mid`, "audio/midi")],
  ["save-csv", "CSV", "a table of notes (.csv)", () => download(csvFile(), `${data.title}.csv`, "text/csv")],
  ["save-ultrastar", "UltraStar", "for karaoke (.txt)", () => download(ultrastarFile(), `${data.title}.txt`, "text/plain")],
  ["save-labels", "Audacity labels", "for audio editors (.labels.txt)",
    () => download(labelsFile(), `${data.title}.labels.txt`, "text/plain")],
  ["save-musicxml", "MusicXML …", "sheet music, by a command", showMusicXml],
  ["teach", "Teach the model …", "use the corrections for training", showTeaching],
  ["open-session", "Open a session …", "a file that was saved here", () => $("session-file").click()],
];

function isOpen() { return !$("save-menu").hidden; }

function openMenu(isShown) {
  $("save-menu").hidden = !isShown;
  $("save").setAttribute("aria-expanded", String(isShown));
  if (isShown) $("save-menu").querySelector("button").focus();
}

function menuKey(event) {
  const buttons = [...$("save-menu").querySelectorAll("button")], at = buttons.indexOf(document.activeElement);
  if (event.key === "Escape") { openMenu(false); $("save").focus(); }
  else if (event.key === "ArrowDown") buttons[(at + 1) % buttons.length].focus();
  else if (event.key === "ArrowUp") buttons[(at + buttons.length - 1) % buttons.length].focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

async function readSession() {
  const [file] = $("session-file").files;
  if (!file) return;
  const text = await file.text();
  await keepCopy();
  const fault = loadSession(text);
  $("session-file").value = "";
  say(fault ?? `Opened ${file.name}`);
}

export function startSave() {
  $("save-menu").append(...ITEMS.map(([id, title, what, action]) => element("button", {
    id, role: "menuitem", tabindex: "-1", onclick: () => { openMenu(false); $("save").focus(); action(); },
  }, element("b", {}, title), element("span", {}, what))));
  $("save").addEventListener("click", () => openMenu(!isOpen()));
  $("save-menu").addEventListener("keydown", menuKey);
  $("session-file").addEventListener("change", readSession);
  document.addEventListener("pointerdown", (event) => {
    if (isOpen() && !event.target.closest("#save-menu, #save")) openMenu(false);
  });
}
