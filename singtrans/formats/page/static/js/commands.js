// A dialog with commands for the terminal.
import { $, element } from "./base.js";

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
}

export function showCommands(title, text, commands, first) {
  const blocks = commands.map((command) => {
    const button = element("button", { class: "small", onclick: () => copy(command, button) }, "Copy");
    return element("div", { class: "command" }, element("code", { tabindex: "0" }, command), button);
  });
  const save = element("button", { class: "primary", onclick: first.action }, first.text);
  $("commands-title").textContent = title;
  $("commands-body").replaceChildren(element("p", {}, text), save, ...blocks);
  $("commands").showModal();
}
