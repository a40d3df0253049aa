// The tabs: notes, and the summary where there is one.
import { $, data, emit } from "./base.js";
import { showSummary } from "./summary.js";

const TABS = ["notes", "summary"];

function openTab(name) {
  for (const other of TABS) {
    const isOpen = other === name;
    $(`tab-${other}`).setAttribute("aria-selected", String(isOpen));
    $(`tab-${other}`).tabIndex = isOpen ? 0 : -1;
    $(`panel-${other}`).hidden = !isOpen;
  }
  emit("view");
}

export function startTabs() {
  const { analysis } = data;
  $("tabs").hidden = !analysis;
  if (!analysis) return;
  showSummary($("panel-summary"), analysis);
  for (const name of TABS) {
    $(`tab-${name}`).addEventListener("click", () => openTab(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = TABS[1 - TABS.indexOf(name)];
      openTab(other);
      $(`tab-${other}`).focus();
      event.stopPropagation();
    });
  }
}
