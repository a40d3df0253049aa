// "Teach the model": the corrected notes as a label beside the recording, and the commands that train on it.
import { data } from "./base.js";
import { showCommands } from "./commands.js";
import { download } from "./save.js";
import { csvFile } from "./write_text.js";

const stem = data.audio.replace(/\.[^.]*$/, "") || data.title;
const labelName = `${stem}.notes.csv`;

export const teachingCommands = () => [
  "singtrans dataset recordings/ -o corrected.csv",
  "singtrans train corrected.csv --init default -o mine.safetensors",
];

export function showTeaching() {
  showCommands("Teach the model",
    `Save the corrected notes, and move ${labelName} beside ${data.audio} in a folder of corrected recordings. With that folder`
    + " in place of recordings/, these two commands train a model of your own on it.",
    teachingCommands(), { text: "Save the label", action: () => download(csvFile(), labelName, "text/csv") });
}
