/**
 * The buttons of the toolbar that export the layout to a file and import it from one.
 *
 * Messages out: import, with the file's bytes as a buffer. Messages in, for the named view:
 * imported {text}.
 */

import { make, makeButton, write } from "../../rendering/html/dom.js";
import { download } from "../../widgets/base/files.js";
import { follow } from "../../widgets/base/widget.js";

const LIMIT = 256 * 1024;

export function addFileButtons(anchor, { model, viewerOf, labels, signal }) {
  if (!labels.export) return; // a page without files
  const add = (className, text) => {
    const button = makeButton(`clw-button ${className}`, text);
    anchor.before(button);
    return button;
  };
  const exportButton = add("clw-edit-export", labels.export);
  const importButton = add("clw-edit-import", labels.import);
  const picker = make("input", "clw-edit-file");
  const status = make("p", "clw-edit-status");
  picker.type = "file";
  picker.accept = ".json,application/json";
  picker.hidden = true;
  status.setAttribute("role", "status");
  anchor.parentElement.append(picker, status);

  exportButton.addEventListener("click", () => download(model, "layout"));
  importButton.addEventListener("click", () => {
    write(status, "");
    picker.value = "";
    picker.click();
  });
  picker.addEventListener("change", async () => {
    const file = picker.files?.[0];
    if (!file) return;
    // One byte more than allowed is enough for the kernel to reject the file as too large.
    const bytes = await file.slice(0, LIMIT + 1).arrayBuffer();
    model.send({ type: "import", viewer: viewerOf() }, undefined, [bytes]);
  });
  follow(
    model,
    "msg:custom",
    (message) => {
      if (message.viewer !== viewerOf()) return;
      if (message.type === "imported") write(status, message.text);
      else if (message.type === "saved") write(status, "");
    },
    signal,
  );
}
