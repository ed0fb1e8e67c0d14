// What lies over a bqplot figure needs: its numbers, its place, a tooltip.

import { make, placeTip, shorten } from "../../rendering/html/dom.js";

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float64: Float64Array,
};

/** A number array as the kernel sent it; copied, since views into a message are unaligned. */
export function unpack(sent) {
  if (!sent?.dtype) return [];
  const { buffer, byteOffset, byteLength } = sent.value;
  return new ARRAYS[sent.dtype](buffer.slice(byteOffset, byteOffset + byteLength));
}

/** The bqplot figure that stands beside this overlay in the page. */
export function figureBeside(el) {
  return el.parentElement ? el.parentElement.querySelector(":scope > .bqplot") : null;
}

/**
 * Let bqplot draw a figure before it is scrolled into sight; by itself it draws 0.3 s after,
 * and printed pages would miss what was never looked at.
 */
export function drawUnseen(view) {
  if (view.intersectObserver) view.intersectObserver.disconnect();
  view.visible = true;
  view.relayout();
  // Before its first drawing is done, bqplot ignores the request.
  if (view.rendered === false && view.el.isConnected) setTimeout(drawUnseen, 100, view);
}

/** Put the figure's box here, and have bqplot draw at once what it would draw 0.3 s later. */
export function placeFigure(figure, node, box) {
  if (!node) return;
  node.setAttribute("aria-hidden", "true");
  for (const side of ["left", "top", "width", "height"]) {
    node.style.setProperty(side, `${Math.max(0, Math.round(box[side]))}px`, "important");
  }
  for (const view of Object.values(figure.views || {})) view.then(drawUnseen);
}

/** One tooltip for an overlay: a heading and rows of [colour, name, value, remark]. */
export function tooltip(signal) {
  const tip = make("div", "clw-tip");
  tip.setAttribute("role", "status");
  signal.addEventListener("abort", () => tip.remove());
  return {
    hide: () => tip.remove(),
    show(x, y, heading, rows) {
      const head = make("div", "clw-tip-head", shorten(heading));
      head.dir = "auto";
      tip.replaceChildren(head);
      const table = make("div", "clw-tip-rows");
      for (const [color, name, value, remark] of rows) {
        const swatch = make("i", "clw-swatch");
        swatch.style.background = color;
        const label = make("span", "clw-tip-name", shorten(name));
        label.dir = "auto";
        table.append(
          swatch,
          label,
          make("b", "", value),
          make("span", "clw-tip-remark", remark || ""),
        );
      }
      tip.append(table);
      if (!tip.isConnected) document.body.append(tip);
      placeTip(tip, x, y);
    },
  };
}

/** Measure texts in the type of an element: width in px. */
export function ruler(el) {
  const context = /** @type {CanvasRenderingContext2D} */ (
    document.createElement("canvas").getContext("2d")
  );
  const { fontSize, fontFamily } = getComputedStyle(el);
  context.font = `${fontSize} ${fontFamily}`;
  return (text) => Math.ceil(context.measureText(text).width) + 1;
}
