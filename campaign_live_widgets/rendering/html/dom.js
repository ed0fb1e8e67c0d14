// Elements, texts, icons, popovers and files: what the live widgets and the saved page share.

import icons from "./icons.json" with { type: "json" };

const MARGIN_PX = 8;
const GAP_PX = 4;
const LONGEST_HINT = 300;

/**
 * Create an element with a class and a text; the text is never parsed as markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

/**
 * Keep JupyterLab's and Notebook's keyboard shortcuts away from a focused control.
 *
 * @template {HTMLElement} Node
 * @param {Node} node
 * @returns {Node}
 */
export function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

/**
 * Create a button that receives its own keys.
 *
 * @param {string} className
 * @param {string} [text]
 */
export function makeButton(className, text = "") {
  const button = keepKeys(make("button", className, text));
  button.type = "button";
  return button;
}

/**
 * Write a text only where it differs, so that an unchanged cell is not touched.
 *
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Shorten a name from outside, which may be of any length, to what a tooltip can hold.
 *
 * @param {string} text
 */
export function shorten(text) {
  return text.length > LONGEST_HINT ? `${text.slice(0, LONGEST_HINT)}…` : text;
}

/**
 * Set a node's tooltip where it differs.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
export function hint(node, text) {
  const short = shorten(text);
  if (node.title !== short) node.title = short;
}

// Random, since a viewer's id has to differ from those of other browsers and kernels, too.
const prefix = `clw-${Math.random().toString(36).slice(2)}`;
let ids = 0;

/** Return an id that no other element, page or browser has. */
export function freshId() {
  ids += 1;
  return `${prefix}-${ids}`;
}

/**
 * Draw a path as an icon; assistive technology skips it.
 *
 * @param {string} path
 * @param {string} [className]
 * @param {string} [viewBox]
 */
export function drawIcon(path, className = "", viewBox = "0 0 14 14") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", viewBox);
  if (className) svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/**
 * Return the icon of a kind of view, or of the tile menu.
 *
 * @param {string} kind
 */
export function viewIcon(kind) {
  return drawIcon(/** @type {Record<string, string>} */ (icons)[kind] ?? icons.kpi);
}

/**
 * Find where a panel fits beside its anchor: below it if there is room, else on the larger side.
 *
 * @param {{ top: number, bottom: number, left: number, right: number }} anchor
 * @param {{ width: number, height: number }} panel
 * @param {{ width: number, height: number }} page
 * @param {"start" | "end"} [align] which edge of the anchor the panel keeps to
 */
export function boxBeside(anchor, panel, page, align = "end") {
  const width = Math.min(panel.width, page.width - 2 * MARGIN_PX);
  const furthest = page.width - MARGIN_PX;
  const left =
    align === "end"
      ? Math.min(anchor.right, furthest) - width
      : Math.min(anchor.left, furthest - width);
  const above = anchor.top;
  const under = page.height - anchor.bottom;
  const below = GAP_PX + panel.height <= under || above < under;
  return {
    left: Math.max(MARGIN_PX, left),
    width,
    below,
    edge: below ? anchor.bottom + GAP_PX : page.height - anchor.top + GAP_PX,
    room: (below ? under : above) - 2 * MARGIN_PX,
  };
}

/**
 * Place a popover beside its button, wholly inside the window.
 *
 * A popover that is not open yet has no size: `reserve` is the width to keep free for it, and
 * `height` the least height that has to be free below. `width` is set. The CSS variable
 * `--clw-room` is the height between the button and the window's edge.
 *
 * @param {HTMLElement} panel
 * @param {HTMLElement} button
 * @param {{ width?: number, reserve?: number, height?: number, align?: "start" | "end" }} [options]
 */
export function placeBeside(panel, button, { width = 0, reserve = width, height = 0, align } = {}) {
  const page = {
    width: document.documentElement.clientWidth,
    height: document.documentElement.clientHeight,
  };
  if (width) panel.style.width = `${Math.min(width, page.width - 2 * MARGIN_PX)}px`;
  const { offsetWidth, offsetHeight } = panel;
  const size = { width: offsetWidth || reserve, height: offsetHeight || height };
  const { left, below, edge, room } = boxBeside(button.getBoundingClientRect(), size, page, align);
  const limit = Math.max(MARGIN_PX, page.height - MARGIN_PX - offsetHeight);
  const [top, bottom] = below ? [Math.min(edge, limit), "auto"] : ["auto", Math.min(edge, limit)];
  const px = (value) => (value === "auto" ? value : `${value}px`);
  panel.style.inset = `${px(top)} auto ${px(bottom)} ${left}px`;
  panel.style.setProperty("--clw-room", `${room}px`);
}

/**
 * Place a tooltip near the pointer, on the side where it fits.
 *
 * @param {HTMLElement} tip
 * @param {number} x
 * @param {number} y
 */
export function placeTip(tip, x, y) {
  const { offsetWidth: w, offsetHeight: h } = tip;
  const left = x + 16 + w > innerWidth ? x - 16 - w : x + 16;
  const top = y + 16 + h > innerHeight ? y - 16 - h : y + 16;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
}

/**
 * Have the browser save a file.
 *
 * @param {string} name
 * @param {Blob} blob
 */
export function saveAs(name, blob) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
