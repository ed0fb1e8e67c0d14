/**
 * The two buttons of the edit mode's tool line that carry a layout from page to page, as a file.
 *
 * Messages out: import, with the file's bytes as a buffer. Messages in, for the view named:
 * imported {text}.
 */

import { make, makeButton, write } from "../../rendering/html/dom.js";
import { download } from "../../widgets/base/files.js";
import { follow } from "../../widgets/base/widget.js";

const LIMIT = 256 * 1024;

export function dress(anchor, { model, viewer, words, signal }) {
  if (!words.export) return; // a page that has no files
  const add = (className, text) => {
    const button = makeButton(`clw-button ${className}`, text);
    anchor.before(button);
    return button;
  };
  const save = add("clw-edit-export", words.export);
  const take = add("clw-edit-import", words.import);
  const picker = make("input", "clw-edit-file");
  const told = make("p", "clw-edit-told");
  picker.type = "file";
  picker.accept = ".json,application/json";
  picker.hidden = true;
  told.setAttribute("role", "status");
  anchor.parentElement.append(picker, told);

  save.addEventListener("click", () => download(model, "layout"));
  take.addEventListener("click", () => {
    write(told, "");
    picker.value = "";
    picker.click();
  });
  picker.addEventListener("change", async () => {
    const file = picker.files?.[0];
    if (!file) return;
    // One byte more than is allowed tells the kernel that the file is too large.
    const bytes = await file.slice(0, LIMIT + 1).arrayBuffer();
    model.send({ type: "import", viewer }, undefined, [bytes]);
  });
  follow(model, "msg:custom", (message) => {
    if (message.viewer !== viewer) return;
    if (message.type === "imported") write(told, message.text);
    else if (message.type === "saved") write(told, "");
  }, signal);
}
