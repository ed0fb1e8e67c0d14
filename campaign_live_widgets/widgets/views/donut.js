// The layer over a ring drawn by bqplot: its sum, its legend, and the slice at the pointer.

import { hint, make, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { drawFigure, figureBeside, fitName, tooltip } from "../base/chart.js";
import { formats } from "../base/format.js";
import {
  emptyNote,
  follow,
  lifetime,
  linked,
  nameImage,
  onResize,
  scrollable,
} from "../base/widget.js";

const RING = geometry.donut;
/** Characters of a name in the legend that begins as another one does. */
const LONGEST_NAME = 64;

/** Return the index of the slice at a point, relative to the ring's centre; -1 outside of the ring. */
export function sliceAt(dx, dy, radius, sizes, sum) {
  const distance = Math.hypot(dx, dy);
  if (distance > radius || distance < radius * 0.7 || !sum) return -1;
  let angle = Math.atan2(dx, -dy) / (2 * Math.PI);
  if (angle < 0) angle += 1;
  let reached = 0;
  for (let i = 0; i < sizes.length; i++) {
    reached += sizes[i] / sum;
    if (angle <= reached) return i;
  }
  return sizes.length - 1;
}

function legendRow() {
  const node = make("div", "clw-donut-row");
  const swatch = make("i", "clw-swatch");
  const name = make("span", "clw-donut-name");
  name.dir = "auto";
  const value = make("b", "clw-donut-count");
  const part = make("span", "clw-donut-share");
  node.append(swatch, name, value, part);
  return { node, swatch, name, value, part };
}

/** @param {RenderProps} props */
export async function render({ model, el, signal }) {
  const life = lifetime(signal);
  const options = model.get("options");
  const { count, short, share } = formats(options.locale);
  el.classList.add("clw-overlay");
  const ring = make("div", "clw-donut-ring");
  const sum = make("div", "clw-donut-sum");
  const whole = make("div", "clw-donut-whole", options.whole);
  const middle = make("div", "clw-donut-middle");
  middle.append(sum, whole);
  ring.append(middle);
  const legend = make("div", "clw-donut-legend");
  const note = make("div", "clw-donut-note", options.shareOf);
  legend.append(note);
  el.append(ring, legend);
  const rows = [];
  const tip = tooltip(life.signal);
  const setEmpty = emptyNote(el, options.empty);
  const mark = await linked(model, model.get("mark"));
  const chart = await linked(model, model.get("figure"));
  nameImage(el, ring, mark, life.signal);
  const checkScroll = scrollable(legend, life.signal);
  /** @type {{ sizes: number[], labels: string[], colors: string[], sum: number }} */
  let slices = { sizes: [], labels: [], colors: [], sum: 0 };
  let radius = 0;
  let roomBeside = 0;

  function draw() {
    const sizes = Array.from(mark.get("sizes") || []);
    slices = {
      sizes,
      labels: mark.get("labels"),
      colors: mark.get("colors"),
      sum: sizes.reduce((a, b) => a + b, 0),
    };
    setEmpty(slices.sum === 0);
    fitSum();
    sizes.forEach((size, i) => {
      if (!rows[i]) {
        rows[i] = legendRow();
        rows[i].node.addEventListener("pointerenter", () => highlight(i));
        rows[i].node.addEventListener("pointerleave", () => highlight(-1));
      }
      const row = rows[i];
      row.swatch.style.background = slices.colors[i % slices.colors.length];
      const start = mark.get("starts")[i];
      write(
        row.name,
        fitName(slices.labels[i], start, LONGEST_NAME, (text) => text.length),
      );
      row.name.classList.toggle("clw-wraps", start > 0);
      hint(row.name, slices.labels[i]);
      write(row.value, count(size));
      write(row.part, slices.sum ? share(size / slices.sum) : "–");
      if (!row.node.isConnected) legend.append(row.node);
    });
    for (const { node } of rows.slice(sizes.length)) node.remove();
    checkScroll();
  }

  function highlight(chosen) {
    const figure = figureBeside(el);
    const paths = figure ? figure.querySelectorAll(".slice") : [];
    paths.forEach((path, i) => {
      path.style.opacity = chosen < 0 || chosen === i ? "1" : "0.35";
    });
    rows.forEach(({ node }, i) => node.classList.toggle("clw-on", i === chosen));
  }

  /** Show the sum in full if it fits into the ring, else shortened. */
  function fitSum() {
    const room = roomBeside || radius * 2 * RING.sumShare;
    const size = (text) =>
      Math.min(RING.sumMost, room / (RING.sumLetter * Math.max(4, text.length)));
    const full = count(slices.sum);
    const text = size(full) < RING.sumShortBelow ? short(slices.sum) : full;
    write(sum, text);
    sum.title = full;
    sum.style.fontSize = `${Math.max(RING.sumLeast, size(text))}px`;
  }

  function layout(width, height) {
    // In a low tile the legend goes first, then the sum moves out of a ring too small for it.
    const low = height < RING.low;
    const beside = !low && width >= RING.beside && width > height * RING.flat;
    el.classList.toggle("clw-stacked", !low && !beside);
    el.classList.toggle("clw-low", low);
    const room = beside
      ? Math.min(height, width * RING.besideShare)
      : Math.min(width, height * RING.stackedShare);
    const side = low
      ? Math.max(RING.lowLeast, Math.min(height - 4, width * RING.besideShare))
      : Math.max(RING.least, Math.min(room - RING.edge, RING.most));
    ring.style.width = beside ? `${side}px` : "100%";
    ring.style.height = beside || low ? "100%" : `${side}px`;
    radius = side / 2;
    roomBeside = low ? width - side - RING.gap : 0;
    fitSum();
    whole.style.display = !low && side < RING.wordFrom ? "none" : "";
    middle.style.maxWidth = low ? "" : `${side * RING.wordShare}px`;
    middle.style.insetInlineStart = low ? `${side + 12}px` : "";
    const figure = figureBeside(el);
    if (!figure) return;
    figure.setAttribute("aria-hidden", "true");
    const box = ring.getBoundingClientRect();
    const host = el.getBoundingClientRect();
    const x = box.left - host.left + (low ? 0 : (box.width - side) / 2);
    const y = box.top - host.top + (box.height - side) / 2;
    figure.style.setProperty("left", `${x}px`, "important");
    figure.style.setProperty("top", `${y}px`, "important");
    // bqplot measures its element, so only what is drawn inside may be scaled.
    figure.style.setProperty("--clw-scale", String(side / options.side));
    drawFigure(chart, figure);
  }

  ring.addEventListener("pointermove", (event) => {
    const box = ring.getBoundingClientRect();
    const dx = event.clientX - box.left - (roomBeside ? radius : box.width / 2);
    const dy = event.clientY - box.top - box.height / 2;
    const i = sliceAt(dx, dy, radius, slices.sizes, slices.sum);
    highlight(i);
    if (i < 0) return tip.hide();
    const part = `${share(slices.sizes[i] / slices.sum)} ${options.shareOf}`;
    const color = slices.colors[i % slices.colors.length];
    return tip.show(event.clientX, event.clientY, slices.labels[i], [
      [color, options.whole, count(slices.sizes[i]), part],
    ]);
  });
  ring.addEventListener("pointerleave", () => {
    highlight(-1);
    tip.hide();
  });
  draw();
  follow(mark, "change:sizes change:labels change:starts change:colors", draw, life.signal);
  onResize(el, layout, life.signal);
  return () => life.abort();
}
