// Starts the page.
import { $, clamp, data } from "./base.js";
import { startAccessible } from "./accessible.js";
import { startBackdrop } from "./backdrop.js";
import { startCheck } from "./check.js";
import { restore } from "./history.js";
import { startKeys } from "./keys.js";
import { startLyrics } from "./lyrics.js";
import { startMap } from "./minimap.js";
import { tellWhatWasFound } from "./notice.js";
import { draw, sizeCanvas } from "./paint.js";
import { startPointer } from "./pointer.js";
import { startSave } from "./save.js";
import { startSettings } from "./settings.js";
import { duration, original } from "./song.js";
import { loadSound, player } from "./sound.js";
import { showStatus } from "./status.js";
import { startSaving } from "./store.js";
import { startTabs } from "./tabs.js";
import { startTheme } from "./theme.js";
import { startToolbar } from "./toolbar.js";
import { limitView, resizeView, view } from "./view.js";

// Keep the canvas as large as its place when parts of the page open, close or wrap.
function watchSize() {
  const fit = () => {
    const { width, height } = $("roll").getBoundingClientRect();
    if (!width || !height) return;
    sizeCanvas(width, height);
    resizeView(width, height);
  };
  new ResizeObserver(fit).observe($("roll"));
  fit();
}

// An address that ends with #t=12.5 opens the page at that time.
function goToAddress() {
  const wanted = Number((location.hash.match(/^#t=([0-9.]+)$/) ?? [])[1]);
  if (!(wanted > 0)) return;
  player.position = clamp(wanted, 0, duration);
  view.start = player.position - 2;
  limitView();
}

function restoreHistory() {
  if (!data.history) return;
  try {
    restore({ ...data.history, notes: original.notes, settings: original.settings });
  } catch { /* a history that another program has changed is left out */ }
}

async function start() {
  $("title").textContent = data.title;
  startTheme();
  loadSound();
  startTabs();
  watchSize();
  startMap();
  startToolbar();
  startSettings();
  startSave();
  startCheck();
  startAccessible();
  goToAddress();
  restoreHistory();
  tellWhatWasFound(await startSaving());
  startPointer(); // edits begin after the song has been restored, which would replace them
  startKeys();
  startLyrics();
  showStatus();
  draw();
  document.body.dataset.ready = "true";
  startBackdrop();
}

start();
