// The parts of filters: buttons that open a panel, and lists in it that can be searched.

import { keepKeys, make, makeButton, placeBeside, write } from "../../rendering/html/dom.js";

const SHOWN_AT_MOST = 200;
const SEARCH_FROM = 8;
const PICK_WIDTH = 340;
const FIRST = "input:not([hidden]), button, select";

/** Move the focus among the controls of a panel with the arrow keys, also from its search box. */
function moveFocus(panel, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("select, [list], [type=datetime-local]")) return;
  const stops = [...panel.querySelectorAll("input, button, select")].filter((n) => n.offsetParent);
  const next = stops[stops.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Create a button that opens a panel under it, in the top layer, since an output area would clip it. */
export function picker(row, className, signal, onOpen) {
  const button = makeButton(`clw-button clw-pick ${className}`);
  const label = make("span", "clw-pick-label");
  const value = make("bdi", "clw-pick-value");
  button.append(label, " ", value);
  const panel = make("div", `clw-filter-panel ${className}-panel`);
  panel.popover = "auto";
  panel.setAttribute("role", "dialog");
  button.popoverTargetElement = panel;
  button.setAttribute("aria-haspopup", "dialog");
  row.append(button, panel);
  panel.addEventListener("beforetoggle", (event) => {
    const opens = event.newState === "open";
    button.setAttribute("aria-expanded", String(opens));
    if (!opens) return;
    onOpen?.();
    placeBeside(panel, button, { width: PICK_WIDTH, height: 280, align: "start" });
  });
  panel.addEventListener("toggle", (event) => {
    if (event.newState === "open")
      /** @type {HTMLElement | null} */ (panel.querySelector(FIRST))?.focus();
  });
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      close();
    } else moveFocus(panel, event);
  });
  const onScroll = (event) => {
    if (panel.matches(":popover-open") && event.target.contains(button)) panel.hidePopover();
  };
  document.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
  const close = () => {
    if (panel.matches(":popover-open")) panel.hidePopover();
    button.focus();
  };
  return {
    button,
    panel,
    close,
    isOpen: () => panel.matches(":popover-open"),
    setTexts(name, text) {
      write(label, name);
      write(value, text);
      button.title = text;
      panel.setAttribute("aria-label", name);
    },
  };
}

/** Create a list that can be searched; its rows are created again whenever it opens or is searched. */
export function searchable(panel, labels, rowOf) {
  const box = keepKeys(make("input", "clw-filter-search"));
  box.type = "search";
  const list = make("div", "clw-filter-list");
  const rest = make("p", "clw-filter-rest");
  panel.append(box, list, rest);
  const rowIds = new WeakMap();
  let items = [];
  const draw = () => {
    const matches = matching(items, box.value);
    const shown = matches.slice(0, SHOWN_AT_MOST);
    let group = null;
    const nodes = [];
    for (const item of shown) {
      if (item.group !== group && item.group)
        nodes.push(make("div", "clw-filter-group", item.group));
      group = item.group;
      const node = rowOf(item);
      rowIds.set(node, item.id);
      nodes.push(node);
    }
    // The focus stays in the row of the same item.
    const focused = [...list.children].find((node) => node.contains(document.activeElement));
    list.replaceChildren(...nodes);
    if (focused) {
      const same = nodes.find((node) => rowIds.get(node) === rowIds.get(focused)) ?? nodes[0];
      (same?.querySelector("input") ?? same ?? box).focus();
    }
    const hidden = matches.length - shown.length;
    const noMatch = matches.length ? "" : labels().nothing;
    write(rest, hidden ? labels().others.replace("{}", hidden) : noMatch);
    rest.hidden = !rest.textContent;
  };
  box.addEventListener("input", draw);
  return {
    list,
    fill(rows, fresh = false) {
      items = rows;
      if (fresh) box.value = "";
      box.hidden = items.length < SEARCH_FROM;
      box.placeholder = labels().search;
      box.setAttribute("aria-label", labels().search);
      draw();
    },
  };
}

/**
 * Return the items whose text contains a search term, in any case.
 *
 * @template {{ text: string }} Item
 * @param {Item[]} items
 * @param {string} term
 */
export function matching(items, term) {
  const lower = term.trim().toLocaleLowerCase();
  return items.filter((item) => item.text.toLocaleLowerCase().includes(lower));
}

/** Create a name with its id beside it, each in its own text direction. */
export function nameWithId(name, id) {
  const parts = [make("bdi", "clw-filter-name", name || id)];
  if (name && name !== id) parts.push(make("bdi", "clw-filter-id", id));
  return parts;
}

/** Create a list of check boxes for one key of the address; changes are sent after a short delay. */
export function checkList(pick, labels, sendMessage, key, signal) {
  let chosen = new Set();
  let timer = 0;
  const all = makeButton("clw-filter-item clw-filter-all");
  pick.panel.append(all);
  const send = () =>
    sendMessage({ type: "change", changes: { [key]: chosen.size ? [...chosen] : [""] } });
  const list = searchable(pick.panel, labels, (item) => {
    const label = make("label", "clw-filter-item");
    const box = keepKeys(make("input"));
    box.type = "checkbox";
    box.checked = chosen.has(item.id);
    box.value = item.id;
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(item.id);
      else chosen.delete(item.id);
      all.setAttribute("aria-pressed", String(!chosen.size));
      clearTimeout(timer);
      timer = setTimeout(send, 250);
    });
    label.append(box, ...nameWithId(item.name, item.id));
    return label;
  });
  all.addEventListener("click", () => {
    chosen.clear();
    for (const box of list.list.querySelectorAll("input")) box.checked = false;
    all.setAttribute("aria-pressed", "true");
    clearTimeout(timer);
    send();
  });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    open(rows, current, allWord) {
      chosen = new Set(current);
      write(all, allWord);
      all.setAttribute("aria-pressed", String(!chosen.size));
      list.fill(rows, true);
    },
  };
}
