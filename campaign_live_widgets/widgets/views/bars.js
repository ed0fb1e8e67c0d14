// The layer over horizontal bars drawn by bqplot: names, values at their ends, a tooltip.

import { hint, make, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { figureBeside, fitName, placeFigure, textRuler, tooltip } from "../base/chart.js";
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

const BAR = geometry.bars;

function barRow(metrics) {
  const node = make("div", "clw-bars-row");
  const name = make("span", "clw-bars-name");
  name.dir = "auto";
  const values = Array.from({ length: metrics }, () => make("span", "clw-bars-value"));
  node.append(name, ...values);
  return { node, name, values };
}

function barLegend(metrics) {
  const legend = make("div", "clw-legend");
  for (const { label, color } of metrics) {
    const item = make("span", "clw-legend-item");
    const swatch = make("i", "clw-swatch");
    swatch.style.background = color;
    item.append(swatch, make("span", "", label));
    legend.append(item);
  }
  return legend;
}

/** @param {RenderProps} props */
export async function render({ model, el, signal }) {
  const life = lifetime(signal);
  const { locale, padding, metrics, empty, rates } = model.get("options");
  const { count, short, share } = formats(locale);
  el.classList.add("clw-overlay");
  const legend = barLegend(metrics);
  const list = make("div", "clw-bars-list");
  if (metrics.length > 1) el.append(legend);
  el.append(list);
  const rows = [];
  const tip = tooltip(life.signal);
  const setEmpty = emptyNote(el, empty);
  const [mark, figure, scale] = await Promise.all(
    ["mark", "figure", "scale"].map((name) => linked(model, model.get(name))),
  );
  nameImage(el, list, mark, life.signal);
  let checkScroll = /** @type {(() => void) | null} */ (null);
  /** @type {{ names: string[], columns: any[], height: number }} */
  let shown = { names: [], columns: [], height: 1 };

  /** Counts by metric, each an array by row. */
  function columnsOf() {
    const y = mark.get("y") || [];
    return metrics.length > 1 ? Array.from(y) : [y];
  }

  function rowHeight(n, room) {
    const m = metrics.length;
    const low = (m > 1 ? BAR.thinnest * m : BAR.alone) / (1 - padding);
    const high = (BAR.thickest * m) / (1 - padding);
    return Math.floor(Math.max(low, Math.min(high, room / Math.max(1, n))));
  }

  /** Return a rate and its divisor; a part that exceeds its whole has no rate. */
  function rateOf(values, j) {
    const { rateOf: of, rateLabel, isPart } = metrics[j];
    const whole = of >= 0 ? values[of] : 0;
    if (!whole) return "";
    const isOdd = isPart && (values[j] < 0 || values[j] > whole);
    return `${isOdd ? "–" : share(values[j] / whole)} ${rateLabel}`;
  }

  /** Return how wide the longest bar may be, so that each bar fits with its label. */
  function longestBar(room, columns, most, label, textWidth) {
    return Math.min(
      room - BAR.end,
      ...columns.flatMap((column, j) =>
        Array.from(column, (n, i) =>
          n > 0 ? ((room - textWidth(label(i, j)) - BAR.end) * most) / n : room,
        ),
      ),
    );
  }

  function draw() {
    const names = mark.get("labels");
    const columns = columnsOf();
    const n = names.length;
    const most = Math.max(
      1,
      ...columns.map((column) => column.reduce((a, b) => Math.max(a, b), 0)),
    );
    setEmpty(columns.every((column) => column.every((value) => !value)));
    const host = el.parentElement;
    if (!host?.clientWidth) return;
    legend.hidden = host.clientHeight < BAR.legendFrom;
    const top = metrics.length > 1 ? legend.offsetHeight : 0;
    const height = rowHeight(n, host.clientHeight - top);
    const textWidth = textRuler(el);
    const longest = names.reduce((w, name) => Math.max(w, textWidth(name)), 0) + BAR.nameGap;
    const left = Math.ceil(
      Math.min(longest, Math.max(BAR.nameLeast, host.clientWidth * BAR.nameShare)),
    );
    const roomy = el.clientWidth - left - textWidth(count(most)) > 48;
    const format = roomy ? count : short; // a number that is cut off would be a wrong number
    const end = Math.ceil(textWidth(format(most)) + BAR.end);
    const withRate = (i, j) => {
      const rate = rateOf(
        columns.map((column) => column[i]),
        j,
      );
      return rate ? `${count(columns[j][i])} (${rate})` : count(columns[j][i]);
    };
    const room = el.clientWidth - left;
    const fit = rates ? longestBar(room, columns, most, withRate, textWidth) : 0;
    const label = fit >= BAR.shortest ? withRate : (i, j) => format(columns[j][i]);
    const width = fit >= BAR.shortest ? fit : Math.max(BAR.least, room - end);
    shown = { names, columns, height };
    if (scale.get("max") !== most) scale.set("max", most);
    list.style.height = `${n * height}px`;
    placeFigure(figure, figureBeside(el), { left, top, width, height: Math.max(1, n * height) });
    const band = (height * (1 - padding)) / metrics.length;
    names.forEach((name, i) => {
      if (!rows[i]) rows[i] = barRow(metrics.length);
      const row = rows[i];
      row.node.style.top = `${i * height}px`;
      row.node.style.height = `${height}px`;
      row.name.style.width = `${left - BAR.nameGap}px`;
      write(row.name, fitName(name, mark.get("starts")[i], left - BAR.nameGap, textWidth));
      hint(row.name, name);
      row.values.forEach((node, j) => {
        write(node, label(i, j));
        node.style.left = `${left + (width * columns[j][i]) / most + BAR.valueGap}px`;
        node.style.top = `${(height * padding) / 2 + j * band}px`;
        node.style.height = `${band}px`;
        node.style.fontSize = band < BAR.smallBelow ? "10px" : "";
      });
      if (!row.node.isConnected) list.append(row.node);
    });
    for (const { node } of rows.slice(n)) node.remove();
    checkScroll ??= scrollable(host, life.signal);
    checkScroll();
  }

  list.addEventListener("pointermove", (event) => {
    const y = event.clientY - list.getBoundingClientRect().top;
    const i = Math.floor(y / shown.height);
    if (i < 0 || i >= shown.names.length) return tip.hide();
    const values = shown.columns.map((column) => column[i]);
    const lines = metrics.map(({ label, color }, j) => [
      color,
      label,
      count(values[j]),
      rateOf(values, j),
    ]);
    return tip.show(event.clientX, event.clientY, shown.names[i], lines);
  });
  list.addEventListener("pointerleave", () => tip.hide());
  draw();
  follow(mark, "change:x change:y change:labels change:starts", draw, life.signal);
  onResize(el, draw, life.signal);
  const observer = new ResizeObserver(draw);
  requestAnimationFrame(() => el.parentElement && observer.observe(el.parentElement));
  life.signal.addEventListener("abort", () => observer.disconnect());
  return () => life.abort();
}
