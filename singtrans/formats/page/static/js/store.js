// Saves every change in the browser, so that no change is lost if the browser crashes or the tab is closed.
//
// A record is keyed by the hashes of the recording and of the page's notes. A page made from other notes of the same
// recording therefore finds the older record, but does not replace it.
import { data, emit, on } from "./base.js";
import { commit, isCorrected, restore, snapshot } from "./history.js";
import { makeNotes, reserveIds, song } from "./song.js";

const DATABASE = "singtrans", TABLE = "songs", OPENING_MS = 8000, ATTEMPTS = 4;
const me = Math.random().toString(36).slice(2);

export const saving = { state: "opening", isLost: false }; // opening, saved, saving, failed
let key = `${data.recording}:${data.base}`;
let database = null, isBusy = false, isWaiting = false, lastWritten = 0;

function request(made) {
  return new Promise((resolve, reject) => {
    made.onsuccess = () => resolve(made.result);
    made.onerror = () => reject(made.error);
  });
}

// Open the database; shortly after a crash, a browser that is ending may still hold it.
async function openDatabase() {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryToOpen();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => { setTimeout(resolve, 300 * attempt); });
    }
  }
}

function tryToOpen() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(TABLE, { keyPath: "key" }).createIndex("recording", "recording");
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    setTimeout(() => reject(new Error("the database does not open")), OPENING_MS);
  });
}

function setState(state) {
  saving.state = state;
  emit("saved");
}

function recordNow() {
  return { key, recording: data.recording, base: data.base, title: data.title, when: Date.now(), writer: me, ...snapshot() };
}

// Write the song; if another tab has written this record meanwhile, use a record of our own.
function write() {
  const record = recordNow();
  return new Promise((resolve, reject) => {
    const change = database.transaction(TABLE, "readwrite", { durability: "strict" }), table = change.objectStore(TABLE);
    const found = table.get(key);
    found.onsuccess = () => {
      const other = found.result && found.result.writer !== me && found.result.when > lastWritten;
      if (other) record.key = key = `${data.recording}:${data.base}:${me}`;
      table.put(record);
    };
    change.oncomplete = () => { lastWritten = record.when; resolve(); };
    change.onerror = change.onabort = () => reject(change.error);
  });
}

async function save() {
  if (!database) { setState("failed"); return; }
  if (isBusy) { isWaiting = true; return; }
  isBusy = true;
  setState("saving");
  try {
    do {
      isWaiting = false;
      await write();
    } while (isWaiting);
    setState("saved");
  } catch {
    setState("failed");
  }
  isBusy = false;
}

const content = (notes) => JSON.stringify(notes.map(({ onset, offset, pitch, lyric, checked }) => [
  onset.toFixed(3), offset.toFixed(3), pitch.toFixed(2), lyric, checked]));

// Corrections of other notes of this recording that differ from what is shown, the newest first.
async function others() {
  const table = database.transaction(TABLE).objectStore(TABLE);
  const found = await request(table.index("recording").getAll(data.recording));
  const open = found.filter((record) => record.key !== key && record.done.length && !record.settled);
  const shown = open.length ? content(song.notes) : "";
  return open.filter((record) => content(record.notes) !== shown).sort((a, b) => b.when - a.when);
}

// Open the database and restore what it has of this song. Returns the restored record, and records of other notes.
export async function startSaving() {
  let found = null, older = [];
  try {
    database = await openDatabase();
    database.onclose = () => { database = null; };
    found = await request(database.transaction(TABLE).objectStore(TABLE).get(key));
    lastWritten = found?.when ?? 0;
    if (found && (found.done.length || found.undone.length)) restore(found); else found = null;
    older = await others();
    setState("saved");
  } catch {
    setState("failed");
  }
  on("notes", save);
  window.addEventListener("beforeunload", (event) => {
    if (saving.state !== "saved" && isCorrected()) event.preventDefault();
  });
  return { found: found && isCorrected() ? found : null, older };
}

// Keep the corrections as they are beside those that follow, before a session replaces them.
export async function keepCopy() {
  if (!database || !isCorrected()) return;
  const copy = { ...recordNow(), key: `${key}:${Date.now()}` };
  await request(database.transaction(TABLE, "readwrite", { durability: "strict" }).objectStore(TABLE).put(copy));
}

// Remember that a person has decided about another record, so that it is not offered again; it stays in the browser.
export function settle(record) {
  database?.transaction(TABLE, "readwrite").objectStore(TABLE).put({ ...record, settled: true });
}

// Use the corrections of another record; they can be undone.
export function takeOver(record) {
  const notes = makeNotes(record.notes);
  reserveIds(notes);
  commit("Use earlier corrections", { notes, settings: { ...song.settings, ...record.settings }, chosen: [] });
}
