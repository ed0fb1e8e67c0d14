// The menu of a tile, and the panel that says what its numbers mean; made when first opened.

import { freshId, make, makeButton, placeBeside, saveAs } from "../../rendering/html/dom.js";
import { download, fetchFile } from "./files.js";

const PANEL_PX = 440;

/** A popover in the top layer, which no output area cuts off; it goes when the page scrolls. */
function popover(className, role, host, button, signal) {
  const panel = make("div", `clw-pop ${className}`);
  panel.popover = "auto";
  panel.setAttribute("role", role);
  host.append(panel);
  let openedAt = 0;
  panel.addEventListener("beforetoggle", () => {
    openedAt = button.getBoundingClientRect().top;
  });
  const scrolled = (event) => {
    if (!panel.matches(":popover-open") || panel.contains(event.target)) return;
    const moved = Math.abs(button.getBoundingClientRect().top - openedAt);
    if (moved > 8) panel.hidePopover();
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true, signal });
  // What is keyed here is nobody else's business, such as that of a tile being moved.
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

/** Arrows, Home, End and first letters move among the items of a menu. */
function walk(event, items) {
  const at = items.indexOf(document.activeElement);
  const n = items.length;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + n, Home: 0, End: n - 1 }[event.key];
  const letter = event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key.trim();
  let next = to === undefined ? undefined : items[to % n];
  if (letter) {
    const starts = (item) => item.textContent.toLowerCase().startsWith(letter.toLowerCase());
    next = [...items.slice(at + 1), ...items.slice(0, at + 1)].find(starts);
  }
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function attach({ model, el, menu, words, library, show, signal }) {
  const { locale, metrics, notes } = model.get("options");
  const list = popover("clw-menu", "menu", el, menu, signal);
  list.setAttribute("aria-label", menu.getAttribute("aria-label"));
  const said = make("div", "clw-tile-said");
  said.setAttribute("role", "status");
  el.append(said);
  let hush = 0;

  /** Tell how a file went: heard always, seen for a while where it went wrong. */
  function tell(text, wrong = false) {
    clearTimeout(hush);
    said.classList.toggle("clw-wrong", wrong);
    said.textContent = text;
    hush = setTimeout(() => said.replaceChildren(), 8000);
  }

  const save = (make) => async () => {
    menu.focus();
    try {
      tell(words.saved.replace("{}", await make()));
    } catch (/** @type {any} */ error) {
      tell(words.unsaved.replace("{}", error.message || words.noAnswer), true);
    }
  };
  const picture = (ending) => save(async () => {
    const [draw, file] = await Promise.all([import("./svg_export.js"), fetchFile(model, ending)]);
    const tile = el.closest(".clw-tile");
    saveAs(file.name, await draw[ending](tile, { caption: file.text, words, locale }));
    return file.name;
  });

  let meanings = /** @type {HTMLElement | null} */ (null);
  function explain() {
    const terms = library.get("meanings")[locale];
    const title = model.get("title");
    meanings ??= meaningsPanel({ el, menu, words, metrics, notes, title, terms, signal });
    meanings.showPopover();
    placeBeside(meanings, menu, { width: PANEL_PX });
    meanings.querySelector("button")?.focus();
  }

  const kinds = model.get("views").map((kind) => {
    const item = menuItem(list, "menuitemradio", words[`view_${kind}`], () => {
      show(kind);
      menu.focus();
    });
    return [kind, item];
  });
  const actions = [
    menuItem(list, "menuitem", words.meanings, explain),
    menuItem(list, "menuitem", words.csv, save(() => download(model, "csv"))),
    menuItem(list, "menuitem", words.png, picture("png")),
    menuItem(list, "menuitem", words.svg, picture("svg")),
  ];
  if (kinds.length > 1) {
    const views = make("div", "clw-menu-group");
    views.setAttribute("role", "group");
    views.setAttribute("aria-label", words.showAs);
    views.append(...kinds.map(([, item]) => item));
    list.append(views);
  }
  list.append(...actions);
  const items = [...list.querySelectorAll("button")];
  list.addEventListener("keydown", (event) => {
    if (event.key === "Tab") {
      list.hidePopover();
      menu.focus(); // and from there on with the key
    } else walk(event, items);
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

/** Each metric of the tile: its definition, how it is counted, what its rate divides by. */
function meaningsPanel({ el, menu, words, metrics, notes, title, terms, signal }) {
  const panel = popover("clw-meanings", "dialog", el, menu, signal);
  const heading = make("h4", "clw-meanings-title", words.meanings);
  heading.id = freshId();
  panel.setAttribute("aria-labelledby", heading.id);
  const close = makeButton("clw-meanings-close", "×");
  close.setAttribute("aria-label", words.close);
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
    const counted = make("dd", "clw-meanings-formula", words.formula.replace("{}", () => formula));
    if (formula) list.append(counted);
    const whole = rate.split(" ÷ ").at(-1);
    const divides = rate ? words.dividesBy.replace("{}", () => whole) : words.noRate;
    list.append(make("dd", "clw-meanings-formula", divides));
  }
  panel.append(head, make("p", "clw-meanings-tile", title), list);
  for (const note of [...notes, words.once]) panel.append(make("p", "clw-meanings-note", note));
  return panel;
}
