// The toolbar of edit mode (see editor.js).

import { drawIcon, freshId, make, makeButton } from "../../rendering/html/dom.js";

const TILES = "M1 1h5v7H1zM8 1h5v3H8zM8 6h5v7H8zM1 10h5v3H1z";

/** Create the toolbar, outside and inside edit mode, and its texts for screen readers. */
export function toolbar(el, labels) {
  el.classList.add("clw-editor");
  el.lang = labels.lang;
  const modify = makeButton("clw-button clw-edit-modify", labels.modify);
  modify.title = labels.editing;
  modify.prepend(drawIcon(TILES, "clw-edit-icon"));
  const bar = make("div", "clw-edit-bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", labels.editing);
  const add = makeButton("clw-button clw-edit-add");
  const missing = make("div", "clw-edit-missing");
  const reset = makeButton("clw-button clw-edit-reset", labels.reset);
  const cancel = makeButton("clw-button clw-edit-cancel", labels.cancel);
  const save = makeButton("clw-button clw-edit-save", labels.save);
  const note = make("p", "clw-edit-note");
  const empty = make("p", "clw-edit-empty", labels.empty);
  const live = make("div", "clw-edit-live");
  const help = make("p", "clw-edit-help", labels.help);
  help.hidden = true;
  note.setAttribute("role", "alert");
  live.setAttribute("aria-live", "polite");
  help.id = freshId();
  missing.popover = "auto";
  missing.setAttribute("role", "group");
  missing.setAttribute("aria-label", labels.add);
  add.popoverTargetElement = missing;
  bar.append(make("span", "clw-edit-hint", labels.hint), add, reset, cancel, save, note);
  el.append(modify, bar, missing, empty, help, live);
  return { modify, add, missing, reset, cancel, save, note, empty, help, live };
}
