// "Teach the model": the corrected notes as a session beside the recording, and the commands that train on them.
import { data } from "./base.js";
import { showCommands } from "./commands.js";
import { saveSession, sessionName } from "./save.js";

export const teachingCommands = () => data.teaching;

export function showTeaching() {
  showCommands("Teach the model",
    `Save the corrected notes, and move ${sessionName} to the folder of ${data.audio}. In this folder, the first command`
    + " adds the recording to your corrected ones, and the second one trains a model of your own on all of them in a few"
    + " minutes. Use it with --model my-model/best.safetensors. Training needs the extra train of singtrans.",
    teachingCommands(), { text: "Save the session", action: saveSession });
}
