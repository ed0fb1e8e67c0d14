// The head of a tile: title, switch between views, menu, and the card after an error.

import { freshId, make, makeButton, viewIcon } from "../../rendering/html/dom.js";
import { follow, lifetime } from "./widget.js";

function viewButton(kind, label) {
  const button = makeButton(`clw-tile-view clw-tile-view-${kind}`);
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(viewIcon(kind));
  return button;
}

/** @param {RenderProps} props */
export function render({ model, el, signal, library }) {
  const life = lifetime(signal);
  const labels = library.get("labels")[model.get("options").locale];
  const name = model.get("title");
  const title = make("h2", "clw-tile-title", name);
  title.id = freshId();
  title.title = name;
  title.dir = "auto";
  const group = make("div", "clw-tile-switch");
  group.setAttribute("role", "group");
  group.setAttribute(
    "aria-label",
    labels.showAsOf.replace("{}", () => name),
  );
  const show = (kind) => {
    model.set("view", kind);
    model.save_changes();
  };
  const buttons = model.get("views").map((kind) => {
    const button = viewButton(kind, labels[`view_${kind}`]);
    button.addEventListener("click", () => show(kind));
    group.append(button);
    return [kind, button];
  });
  const menu = viewButton(
    "menu",
    labels.menuOf.replace("{}", () => name),
  );
  menu.classList.replace("clw-tile-view-menu", "clw-tile-menu");
  menu.title = labels.menu;
  menu.setAttribute("aria-haspopup", "menu");
  menu.setAttribute("aria-expanded", "false");
  const card = make("div", "clw-tile-error");
  card.setAttribute("role", "alert");
  const message = make("span", "clw-tile-error-text");
  card.append(make("strong", "", labels.error), message);
  el.append(title);
  if (buttons.length > 1) el.append(group);
  el.append(menu);

  // The menu's script is loaded when the pointer or the focus first reaches its button.
  let opened = /** @type {Promise<ReturnType<typeof import("./menu.js").attach>> | null} */ (null);
  const parts = { model, el, menu, labels, library, show, signal: life.signal };
  const ready = () => (opened ??= import("./menu.js").then(({ attach }) => attach(parts)));
  const openMenu = async (last) => (await ready()).open(last);
  menu.addEventListener("pointerenter", ready, { once: true });
  menu.addEventListener("click", () => openMenu(false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    openMenu(event.key === "ArrowUp");
  });

  const showView = () => {
    for (const [kind, button] of buttons) {
      button.setAttribute("aria-pressed", String(kind === model.get("view")));
    }
  };
  const showError = () => {
    message.textContent = model.get("error");
    if (model.get("error")) el.append(card);
    else card.remove();
  };
  showView();
  showError();
  follow(model, "change:view", showView, life.signal);
  follow(model, "change:error", showError, life.signal);
  nameTile(el, title.id, life.signal);
  return () => life.abort();
}

/** Name the whole tile for assistive technology, once it is attached to the page. */
function nameTile(el, id, signal) {
  if (signal.aborted) return;
  const tile = el.closest(".clw-tile");
  if (!tile) {
    setTimeout(nameTile, 50, el, id, signal);
    return;
  }
  tile.setAttribute("role", "group");
  tile.setAttribute("aria-labelledby", id);
}
