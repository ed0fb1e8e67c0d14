// For editor.js: its buttons, and the tool line they stand in.

import { drawIcon, freshId, make, makeButton } from "../../rendering/html/dom.js";

const TILES = "M1 1h5v7H1zM8 1h5v3H8zM8 6h5v7H8zM1 10h5v3H1z";

/** The tool line, as it stands outside and inside edit mode, and what is said aloud. */
export function toolbar(el, words) {
  el.classList.add("clw-editor");
  el.lang = words.lang;
  const modify = makeButton("clw-button clw-edit-modify", words.modify);
  modify.title = words.editing;
  modify.prepend(drawIcon(TILES, "clw-edit-icon"));
  const bar = make("div", "clw-edit-bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", words.editing);
  const add = makeButton("clw-button clw-edit-add");
  const missing = make("div", "clw-edit-missing");
  const reset = makeButton("clw-button clw-edit-reset", words.reset);
  const cancel = makeButton("clw-button clw-edit-cancel", words.cancel);
  const save = makeButton("clw-button clw-edit-save", words.save);
  const note = make("p", "clw-edit-note");
  const empty = make("p", "clw-edit-empty", words.empty);
  const live = make("div", "clw-edit-live");
  const help = make("p", "clw-edit-help", words.help);
  help.hidden = true;
  note.setAttribute("role", "alert");
  live.setAttribute("aria-live", "polite");
  help.id = freshId();
  missing.popover = "auto";
  missing.setAttribute("role", "group");
  missing.setAttribute("aria-label", words.add);
  add.popoverTargetElement = missing;
  bar.append(make("span", "clw-edit-hint", words.hint), add, reset, cancel, save, note);
  el.append(modify, bar, missing, empty, help, live);
  return { modify, add, missing, reset, cancel, save, note, empty, help, live };
}
