// The layer over lines drawn by bqplot: a legend that hides series, ticks in the page's language
// and time zone, and a crosshair with all values of one bucket.

import { make, makeButton } from "../../rendering/html/dom.js";
import { figureBeside, placeFigure, textRuler, tooltip } from "../base/chart.js";
import { formats } from "../base/format.js";
import { emptyNote, follow, lifetime, linked, nameImage, onResize } from "../base/widget.js";

const MINUTE = 60;
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080, 20160, 40320,
].map((minutes) => minutes * MINUTE);

/** A round step for a value axis with about this many ticks; counts have no fractions. */
export function niceStep(most, ticks) {
  const rough = Math.max(1, most / Math.max(1, ticks));
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((f) => f * power).find((step) => step >= rough) ?? 10 * power;
}

/** Wall-clock seconds since the epoch in a zone, so that ticks fall on local hours. */
export function wallClock(timeZone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (date) => {
    const p = Object.fromEntries(
      parts.formatToParts(date).map(({ type, value }) => [type, +value]),
    );
    return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute) / 1000;
  };
}

export function clocks(locale, timeZone) {
  const format = (options) =>
    new Intl.DateTimeFormat(locale, { timeZone, hourCycle: "h23", ...options });
  const day = { month: "short", day: "numeric" };
  const time = { hour: "2-digit", minute: "2-digit" };
  return {
    day: format(day),
    time: format(time),
    both: format({ weekday: "short", ...day, ...time }),
  };
}

/**
 * The buckets that get a tick, with their labels: the first one in each step of local time,
 * for buckets are aligned in UTC and need not fall on a local hour or midnight.
 */
export function timeTicks(times, room, clock, wall) {
  if (!times.length) return { values: [], labels: {} };
  const day = 1440 * MINUTE;
  const local = times.map(wall);
  const span = local[local.length - 1] - local[0] || MINUTE;
  const step = STEPS.find((s) => span / s <= room) || STEPS[STEPS.length - 1];
  const opens = (i, width) =>
    i ? Math.floor(local[i] / width) > Math.floor(local[i - 1] / width) : local[0] % width === 0;
  const values = [];
  const labels = {};
  times.forEach((date, i) => {
    if (!opens(i, step)) return;
    values.push(date);
    labels[String(date)] =
      step >= day || opens(i, day) ? clock.day.format(date) : clock.time.format(date);
  });
  return { values, labels };
}

/**
 * The dashes of a line: whole up to the last bucket that is over, then broken to its end.
 * @param {number[]} xs pixels from the left, @param {number[]} ys pixels from the top
 */
export function dashes(xs, ys, finished) {
  if (finished >= xs.length) return "none";
  const lengths = xs.slice(1).map((x, i) => Math.hypot(x - xs[i], ys[i + 1] - ys[i]));
  const sum = (parts) => parts.reduce((a, b) => a + b, 0);
  const whole = sum(lengths.slice(0, Math.max(0, finished - 1)));
  const rest = sum(lengths) - whole;
  const pairs = Array.from({ length: Math.ceil(rest / 7) + 1 }, () => "4 3");
  return `${whole ? `${whole.toFixed(1)} 3 ` : ""}${pairs.join(" ")}`;
}

function legendButton(label, color, title) {
  const node = makeButton("clw-legend-item");
  node.title = title;
  node.setAttribute("aria-pressed", "true");
  const swatch = make("i", "clw-swatch clw-swatch-line");
  swatch.style.background = color;
  node.append(swatch, make("span", "", label));
  return node;
}

/** @param {RenderProps} props */
export async function render({ model, el, signal }) {
  const life = lifetime(signal);
  const { locale, timeZone, colors, empty, toggle, unfinished } = model.get("options");
  const { count, short } = formats(locale);
  const clock = clocks(locale, timeZone);
  const wall = wallClock(timeZone);
  el.classList.add("clw-overlay");
  const [mark, figure, scale, xAxis, yAxis] = await Promise.all([
    ...["mark", "figure", "scale"].map((name) => linked(model, model.get(name))),
    ...model.get("axes").map((axis) => linked(model, axis)),
  ]);
  const labels = mark.get("labels");
  const visible = labels.map(() => true);
  const legend = make("div", "clw-legend");
  const plot = make("div", "clw-lines-plot");
  const cursor = make("div", "clw-lines-cursor");
  plot.tabIndex = 0;
  nameImage(el, plot, mark, life.signal);
  plot.setAttribute("data-lm-suppress-shortcuts", "true");
  const dots = colors.map((color) => {
    const dot = make("i", "clw-lines-dot");
    dot.style.background = color;
    return dot;
  });
  const buttons = labels.map((label, j) => {
    const button = legendButton(label, colors[j], `${toggle}: ${label}`);
    button.addEventListener("click", () => switchSeries(j));
    button.addEventListener("pointerenter", () => fade(j));
    button.addEventListener("pointerleave", () => fade(-1));
    return button;
  });
  legend.append(...buttons);
  el.append(legend, plot);
  const tip = tooltip(life.signal);
  const setEmpty = emptyNote(el, empty);
  /** @type {{ times: Date[], series: any[], most: number, top: number }} */
  let data = { times: [], series: [], most: 1, top: 1 };
  let box = { left: 0, top: 0, width: 1, height: 1 };
  let at = -1;

  function switchSeries(j) {
    visible[j] = !visible[j];
    if (!visible.some(Boolean)) visible[j] = true;
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(visible[i])));
    mark.set(
      "curves_subset",
      visible.every(Boolean) ? [] : labels.map((_, i) => i).filter((i) => visible[i]),
    );
    draw();
  }

  function fade(chosen) {
    const node = figureBeside(el);
    (node ? node.querySelectorAll(".curve") : []).forEach((curve, j) => {
      curve.style.opacity = chosen < 0 || chosen === j ? "1" : "0.2";
    });
  }

  function draw() {
    const y = mark.get("y") || [];
    const x = Array.from(mark.get("x") || []);
    const series = labels.length > 1 ? Array.from(y) : [y];
    const largest = (j) => (series[j] || []).reduce((a, b) => Math.max(a, b), 0);
    const tops = labels.map((_, j) => (visible[j] ? largest(j) : 0));
    data = { times: x.map((t) => new Date(+t)), series, most: Math.max(1, ...tops), top: data.top };
    setEmpty(x.length === 0 || labels.every((_, j) => largest(j) === 0));
    layout();
  }

  function layout() {
    // What there is no room for goes in turn: rows of the legend, the legend, the times.
    el.classList.toggle("clw-short", el.clientHeight < 200);
    el.classList.toggle("clw-low", el.clientHeight < 110);
    const bottom = el.clientHeight < 72 ? 8 : 22;
    if (!plot.clientWidth || !plot.clientHeight) return;
    const step = niceStep(data.most, Math.max(1, Math.floor(plot.clientHeight / 36)));
    const top = Math.ceil(data.most / step) * step;
    const values = [];
    for (let v = 0; v <= top; v += step) values.push(v);
    const textWidth = textRuler(el);
    const left = Math.max(...values.map((v) => textWidth(short(v)))) + 10;
    box = {
      left,
      top: plot.offsetTop + 8,
      width: Math.max(24, plot.clientWidth - left - 20),
      height: Math.max(16, plot.clientHeight - 8 - bottom),
    };
    scale.set("max", top);
    yAxis.set({
      tick_values: values,
      tick_labels: Object.fromEntries(values.map((v) => [v, short(v)])),
    });
    const ticks = timeTicks(data.times, Math.max(1, box.width / 56), clock, wall);
    xAxis.set({ tick_values: ticks.values, tick_labels: ticks.labels, visible: bottom > 8 });
    data.top = top;
    placeFigure(figure, figureBeside(el), box);
    drawDashes();
    el.parentElement?.classList.add("clw-ready");
    if (at >= 0) point(at);
  }

  /** Draw the bucket that is not over yet with dashes; bqplot dashes whole lines only. */
  function drawDashes() {
    const n = data.times.length;
    const finished = mark.get("finished");
    const xs = data.times.map((_, i) => (n > 1 ? (box.width * i) / (n - 1) : 0));
    labels.forEach((_, j) => {
      const ys = Array.from(data.series[j] ?? [], (v) => box.height * (1 - v / data.top));
      el.parentElement?.style.setProperty(`--clw-dashes-${j + 1}`, dashes(xs, ys, finished));
    });
  }

  /** Move the crosshair to a bucket and show its values. */
  function point(i, clientY) {
    const n = data.times.length;
    at = n ? Math.max(0, Math.min(n - 1, i)) : -1;
    if (at < 0) return;
    const x = box.left + (n > 1 ? (box.width * at) / (n - 1) : 0);
    cursor.style.left = `${x}px`;
    cursor.style.top = `${box.top}px`;
    cursor.style.height = `${box.height}px`;
    if (!cursor.isConnected) el.append(cursor, ...dots);
    dots.forEach((dot, j) => {
      dot.style.display = visible[j] ? "" : "none";
      dot.style.left = `${x}px`;
      dot.style.top = `${box.top + box.height * (1 - data.series[j][at] / data.top)}px`;
    });
    const host = el.getBoundingClientRect();
    const rows = labels
      .map((label, j) => [colors[j], label, count(data.series[j][at])])
      .filter((_, j) => visible[j]);
    const time = clock.both.format(data.times[at]);
    const label = at < mark.get("finished") ? time : `${time} (${unfinished})`;
    tip.show(host.left + x, clientY ?? host.top + box.top + box.height / 2, label, rows);
  }

  function leave() {
    at = -1;
    cursor.remove();
    for (const dot of dots) dot.remove();
    tip.hide();
  }

  plot.addEventListener("pointermove", (event) => {
    const x = event.clientX - el.getBoundingClientRect().left - box.left;
    point(Math.round((x / box.width) * (data.times.length - 1)), event.clientY);
  });
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("blur", leave);
  plot.addEventListener("keydown", (event) => {
    const last = data.times.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    point(at < 0 && event.key === "ArrowLeft" ? last : to);
  });
  draw();
  follow(mark, "change:x change:y change:finished", draw, life.signal);
  onResize(el, layout, life.signal);
  return () => life.abort();
}
