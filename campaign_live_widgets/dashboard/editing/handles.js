// The handles of the tiles in edit mode (see editor.js).

import { drawIcon, make, makeButton } from "../../rendering/html/dom.js";

const GRIP = "M3 3h2v2H3zM7 3h2v2H7zM3 7h2v2H3zM7 7h2v2H7zM3 11h2v2H3zM7 11h2v2H7z";

/** Add handles to tiles that have none, and take input from the tiles' views. */
export function addHandles(nodes, { labels, nameOf, removeTile, helpId }) {
  for (const [id, node] of nodes) {
    if (!node.querySelector(":scope > .clw-edit-corner")) {
      const remove = makeButton("clw-edit-remove", "×");
      remove.title = labels.remove.replace("{title}", nameOf(id));
      remove.setAttribute("aria-label", remove.title);
      remove.addEventListener("click", () => removeTile(id));
      const corner = make("div", "clw-edit-corner");
      corner.title = labels.corner;
      node.append(drawIcon(GRIP, "clw-edit-grip", "0 0 12 16"), remove, corner);
      node.tabIndex = 0;
      node.setAttribute("role", "group");
      node.setAttribute("aria-roledescription", labels.tile);
      node.setAttribute("aria-describedby", helpId);
      node.setAttribute("data-lm-suppress-shortcuts", "true");
    }
    for (const body of node.querySelectorAll(":scope > .clw-view")) body.inert = true;
  }
}

export function removeHandles(nodes) {
  for (const node of nodes.values()) {
    for (const part of node.querySelectorAll(
      ":scope > :is(.clw-edit-grip, .clw-edit-remove, .clw-edit-corner)",
    ))
      part.remove();
    for (const body of node.querySelectorAll(":scope > .clw-view")) body.inert = false;
    for (const name of ["tabindex", "role", "data-lm-suppress-shortcuts"])
      node.removeAttribute(name);
    for (const name of ["label", "roledescription", "describedby"])
      node.removeAttribute(`aria-${name}`);
  }
}
