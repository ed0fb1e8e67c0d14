// The menu of a tile, and the panel that explains its numbers; created when first opened.

import { freshId, make, makeButton, placeBeside, saveAs } from "../../rendering/html/dom.js";
import { download, fetchFile } from "./files.js";

const PANEL_PX = 440;

/** Create a popover in the top layer, which no output area clips; it closes when the page scrolls. */
function popover(className, role, host, button, signal) {
  const panel = make("div", `clw-pop ${className}`);
  panel.popover = "auto";
  panel.setAttribute("role", role);
  host.append(panel);
  let openedAt = 0;
  panel.addEventListener("beforetoggle", () => {
    openedAt = button.getBoundingClientRect().top;
  });
  const onScroll = (event) => {
    if (!panel.matches(":popover-open") || panel.contains(event.target)) return;
    const moved = Math.abs(button.getBoundingClientRect().top - openedAt);
    if (moved > 8) panel.hidePopover();
  };
  document.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
  // Other handlers, such as that of edit mode, must not see these keys.
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Escape") return;
    event.preventDefault();
    panel.hidePopover();
    button.focus();
  });
  return panel;
}

function menuItem(list, role, text, act) {
  const item = makeButton("clw-menu-item", text);
  item.setAttribute("role", role);
  item.tabIndex = -1;
  item.addEventListener("click", () => {
    list.hidePopover();
    act();
  });
  return item;
}

/**
 * Return the index of the menu item that a key moves to, or -1: arrows, Home, End, first letters.
 *
 * @param {string} key
 * @param {number} at index of the current item, or -1
 * @param {string[]} texts of the items
 */
export function itemFor(key, at, texts) {
  const n = texts.length;
  const to = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1 + n, Home: 0, End: n - 1 }[key];
  if (to !== undefined) return to % n;
  const letter = key.length === 1 ? key.trim().toLowerCase() : "";
  if (!letter) return -1;
  const order = texts.map((_, i) => (at + 1 + i) % n);
  return order.find((i) => texts[i].toLowerCase().startsWith(letter)) ?? -1;
}

/** Move the focus among the items of a menu. */
function moveFocus(event, items) {
  if (event.ctrlKey || event.metaKey) return;
  const at = items.indexOf(document.activeElement);
  const next = itemFor(
    event.key,
    at,
    items.map((item) => item.textContent),
  );
  if (next < 0) return;
  event.preventDefault();
  items[next].focus();
}

export function attach({ model, el, menu, labels, library, show, signal }) {
  const { locale, metrics, notes, of } = model.get("options");
  const list = popover("clw-menu", "menu", el, menu, signal);
  list.setAttribute("aria-label", menu.getAttribute("aria-label"));
  const status = make("div", "clw-tile-status");
  status.setAttribute("role", "status");
  el.append(status);
  let timer = 0;

  /** Report the result of a download: to screen readers always, visibly if it failed. */
  function report(text, failed = false) {
    clearTimeout(timer);
    status.classList.toggle("clw-wrong", failed);
    status.textContent = text;
    timer = setTimeout(() => status.replaceChildren(), 8000);
  }

  const save = (create) => async () => {
    menu.focus();
    try {
      report(labels.saved.replace("{}", await create()));
    } catch (/** @type {any} */ error) {
      report(labels.unsaved.replace("{}", error.message || labels.noAnswer), true);
    }
  };
  const picture = (ending) =>
    save(async () => {
      const draw = await import("./svg_export.js");
      // Last, so that its caption is of the numbers that are drawn.
      const file = await fetchFile(model, ending);
      const tile = el.closest(".clw-tile");
      saveAs(file.name, await draw[ending](tile, { caption: file.text, labels, locale }));
      return file.name;
    });

  let meanings = /** @type {HTMLElement | null} */ (null);
  function explain() {
    const terms = library.get("meanings")[locale];
    const title = model.get("title");
    meanings ??= meaningsPanel({ el, menu, labels, metrics, notes, of, title, terms, signal });
    meanings.showPopover();
    placeBeside(meanings, menu, { width: PANEL_PX });
    meanings.querySelector("button")?.focus();
  }

  const kinds = model.get("views").map((kind) => {
    const item = menuItem(list, "menuitemradio", labels[`view_${kind}`], () => {
      show(kind);
      menu.focus();
    });
    return [kind, item];
  });
  const actions = [
    menuItem(list, "menuitem", labels.meanings, explain),
    menuItem(
      list,
      "menuitem",
      labels.csv,
      save(() => download(model, "csv")),
    ),
    menuItem(list, "menuitem", labels.png, picture("png")),
    menuItem(list, "menuitem", labels.svg, picture("svg")),
  ];
  if (kinds.length > 1) {
    const views = make("div", "clw-menu-group");
    views.setAttribute("role", "group");
    views.setAttribute("aria-label", labels.showAs);
    views.append(...kinds.map(([, item]) => item));
    list.append(views);
  }
  list.append(...actions);
  const items = [...list.querySelectorAll("button")];
  list.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      list.hidePopover();
      menu.focus(); // the browser then moves on from the button
    } else moveFocus(event, items);
  });
  list.addEventListener("beforetoggle", (event) => {
    menu.setAttribute("aria-expanded", String(event.newState === "open"));
  });

  return {
    open(last) {
      for (const [kind, item] of kinds) {
        item.setAttribute("aria-checked", String(kind === model.get("view")));
      }
      if (!list.matches(":popover-open")) list.showPopover();
      placeBeside(list, menu);
      items[last ? items.length - 1 : 0].focus();
    },
  };
}

/** Create the panel with the definition, formula and divisor of each metric of the tile. */
function meaningsPanel({ el, menu, labels, metrics, notes, of, title, terms, signal }) {
  const panel = popover("clw-meanings", "dialog", el, menu, signal);
  const heading = make("h4", "clw-meanings-title", labels.meanings);
  heading.id = freshId();
  panel.setAttribute("aria-labelledby", heading.id);
  const close = makeButton("clw-meanings-close", "×");
  close.setAttribute("aria-label", labels.close);
  close.addEventListener("click", () => {
    panel.hidePopover();
    menu.focus();
  });
  const head = make("div", "clw-meanings-head");
  head.append(heading, close);
  const list = make("dl");
  for (const metric of metrics) {
    const [label, definition, formula, rate] = terms[metric] ?? [metric, "", "", ""];
    list.append(make("dt", "", label), make("dd", "", definition));
    const counted = make(
      "dd",
      "clw-meanings-formula",
      labels.formula.replace("{}", () => formula),
    );
    if (formula) list.append(counted);
    const whole = of || rate.split(" ÷ ").at(-1);
    const divides = whole ? labels.dividesBy.replace("{}", () => whole) : labels.noRate;
    list.append(make("dd", "clw-meanings-formula", divides));
  }
  panel.append(head, make("p", "clw-meanings-tile", title), list);
  for (const note of [...notes, labels.once]) panel.append(make("p", "clw-meanings-note", note));
  return panel;
}
