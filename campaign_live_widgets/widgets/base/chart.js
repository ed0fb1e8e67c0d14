// What the layer over a bqplot figure needs: its numbers, the figure's place, a tooltip.

import { make, placeTip, shorten } from "../../rendering/html/dom.js";

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float64: Float64Array,
};

/** @type {WeakSet<HTMLElement>} nodes of figures that are drawn again when bqplot hides them */
const watched = new WeakSet();

/**
 * Return an array of numbers from a message; copied, since views into a message are unaligned.
 *
 * @param {{ dtype: keyof typeof ARRAYS, value: DataView<ArrayBuffer> } | null} packed
 */
export function unpack(packed) {
  if (!packed?.dtype) return [];
  const { buffer, byteOffset, byteLength } = packed.value;
  return new ARRAYS[packed.dtype](buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * Shorten a name to a room: its end is cut off, but not the part in which it differs from others.
 *
 * @param {string} name
 * @param {number} start Where that part begins; 0 if the first letters differ.
 * @param {number} room
 * @param {(text: string) => number} width
 */
export function fitName(name, start, room, width) {
  if (!start || width(name) <= room) return name;
  const letters = Array.from(name.trim().replace(/\s+/gu, " "));
  const cut = (text, space) => {
    let end = text.length;
    while (end > 0 && width(text.slice(0, end).join("")) > space) end -= 1;
    return text.slice(0, end).join("").trimEnd();
  };
  const dots = width("…");
  const rest = letters.slice(start);
  const most = 0.7 * room;
  const tail = width(rest.join("")) > most ? `${cut(rest, most - dots)}…` : rest.join("");
  return `${cut(letters.slice(0, start), room - dots - width(tail))}…${tail}`;
}

/**
 * Return the bqplot figure beside an overlay.
 *
 * @param {HTMLElement} el
 * @returns {HTMLElement | null}
 */
export function figureBeside(el) {
  return el.parentElement ? el.parentElement.querySelector(":scope > .bqplot") : null;
}

/**
 * Draw a figure before it is scrolled into view. bqplot draws it 0.3 s after that, and printed
 * pages would lack the figures that were never in view.
 *
 * @param {FigureView} view
 */
function drawUnseen(view) {
  if (view.intersectObserver) view.intersectObserver.disconnect();
  view.visible = true;
  // Not in the next animation frame, as `relayout` does: its bars would be a frame behind.
  if (view.rendered && view.relayoutImpl) view.relayoutImpl();
  else view.relayout();
  // bqplot ignores the request until its first drawing is done.
  if (view.rendered === false && view.el.isConnected) setTimeout(drawUnseen, 100, view);
}

/**
 * Draw a figure in its current size.
 *
 * @param {Model} figure
 * @param {HTMLElement} node
 */
export function drawFigure(figure, node) {
  const draw = () => {
    for (const view of Object.values(figure.views || {})) view.then(drawUnseen);
  };
  draw();
  if (watched.has(node)) return;
  watched.add(node);
  // bqplot hides a figure that it measures while it has no size, such as when JupyterLab changes
  // its theme, and leaves it hidden.
  const redraw = () => {
    if (node.style.visibility === "hidden" && node.clientWidth && node.clientHeight) draw();
  };
  const observer = new MutationObserver(() => requestAnimationFrame(redraw));
  observer.observe(node, { attributes: true, attributeFilter: ["style"] });
}

/**
 * Move and resize a figure, and draw it at once.
 *
 * @param {Model} figure
 * @param {HTMLElement | null} node
 * @param {{ left: number, top: number, width: number, height: number }} box
 */
export function placeFigure(figure, node, box) {
  if (!node) return;
  node.setAttribute("aria-hidden", "true");
  for (const [side, px] of Object.entries(box)) {
    node.style.setProperty(side, `${Math.max(0, Math.round(px))}px`, "important");
  }
  drawFigure(figure, node);
}

/**
 * Create the tooltip of an overlay.
 *
 * @param {AbortSignal} signal
 */
export function tooltip(signal) {
  const tip = make("div", "clw-tip");
  tip.setAttribute("role", "status");
  signal.addEventListener("abort", () => tip.remove());
  return {
    hide: () => tip.remove(),
    /**
     * @param {number} x
     * @param {number} y
     * @param {string} heading
     * @param {[color: string, name: string, value: string, remark?: string][]} rows
     */
    show(x, y, heading, rows) {
      const head = make("div", "clw-tip-head", shorten(heading));
      head.dir = "auto";
      const table = make("div", "clw-tip-rows");
      for (const [color, name, value, remark = ""] of rows) {
        const swatch = make("i", "clw-swatch");
        swatch.style.background = color;
        const label = make("span", "clw-tip-name", shorten(name));
        label.dir = "auto";
        table.append(swatch, label, make("b", "", value), make("span", "clw-tip-remark", remark));
      }
      tip.replaceChildren(head, table);
      if (!tip.isConnected) document.body.append(tip);
      placeTip(tip, x, y);
    },
  };
}

/**
 * Return a function that measures the width of texts, in px, in the font of an element.
 *
 * @param {Element} el
 * @returns {(text: string) => number}
 */
export function textRuler(el) {
  const context = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  const { fontSize, fontFamily } = getComputedStyle(el);
  context.font = `${fontSize} ${fontFamily}`;
  return (text) => Math.ceil(context.measureText(text).width) + 1;
}
