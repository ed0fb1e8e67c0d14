// The layer over lines drawn by bqplot: a legend that hides series, ticks in the page's language
// and time zone, and a crosshair with all values of one bucket.

import { make, makeButton } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { figureBeside, placeFigure, textRuler, tooltip } from "../base/chart.js";
import { clocks } from "../base/clock.js";
import { formats } from "../base/format.js";
import { emptyNote, follow, lifetime, linked, nameImage, onResize } from "../base/widget.js";

const MINUTE = 60;
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080, 20160, 40320,
].map((minutes) => minutes * MINUTE);
const SPACE = geometry.lines;
const DAY = 1440 * MINUTE;
/** How much more room two labels with their offsets need. */
const WIDER = 1.8;

/** A round step for a value axis with about this many ticks; counts have no fractions. */
export function niceStep(most, ticks) {
  const rough = Math.max(1, most / Math.max(1, ticks));
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((f) => f * power).find((step) => step >= rough) ?? 10 * power;
}

/**
 * The buckets that get a tick, with their labels: the first one in each step of local time,
 * for buckets are aligned in UTC and need not fall on a local hour or midnight. Hours that the
 * clocks show twice have their offsets, and get more room; so has a day that begins twice.
 * `time_axis.py` chooses the same for files.
 */
export function timeTicks(times, room, clock) {
  if (!times.length) return { values: [], labels: {} };
  const local = times.map(clock.wall);
  const ahead = times.map(clock.ahead);
  const length = (times[times.length - 1] - times[0]) / 1000 || MINUTE;
  const opens = (i, width) => {
    const begins = local[i] % width === 0;
    if (!i) return begins;
    const setBack = ahead[i] - ahead[i - 1] <= -width;
    return Math.floor(local[i] / width) > Math.floor(local[i - 1] / width) || (setBack && begins);
  };
  const opening = (space) => {
    const step = STEPS.find((s) => length / s <= space) || STEPS[STEPS.length - 1];
    return times.flatMap((date, i) =>
      opens(i, step)
        ? [{ date, day: step >= DAY || opens(i, DAY) ? Math.floor(local[i] / DAY) : null }]
        : [],
    );
  };
  let ticks = opening(room);
  const wide = ticks.map(({ date }) => clock.repeated(date) !== "");
  if (wide.some((isWide, i) => isWide && wide[i + 1])) ticks = opening(room / WIDER);
  const begun = ticks.map(({ day }) => day);
  const isTwice = (day) => begun.indexOf(day) !== begun.lastIndexOf(day);
  const note = clock.repeated(times[0]);
  const isUtcDay = note.startsWith("(");
  const text = ({ date, day }) => {
    if (day === null) return clock.time(date);
    return isTwice(day) && !isUtcDay
      ? `${clock.day(date)} ${clock.repeated(date)}`
      : clock.day(date);
  };
  /** Days of UTC, which the page's clocks do not have, are named once. */
  const label = (tick, i) => (isUtcDay && !i ? `${text(tick)} ${note}` : text(tick));
  return {
    values: ticks.map(({ date }) => date),
    labels: Object.fromEntries(ticks.map((tick, i) => [String(tick.date), label(tick, i)])),
  };
}

/**
 * The dashes of a line: whole up to the last bucket that is over, then broken to its end.
 * @param {number[]} xs pixels from the left, @param {number[]} ys pixels from the top
 */
export function dashes(xs, ys, finished) {
  if (finished >= xs.length) return "none";
  // A gap has no length.
  const lengths = xs.slice(1).map((x, i) => Math.hypot(x - xs[i], ys[i + 1] - ys[i]) || 0);
  const sum = (parts) => parts.reduce((a, b) => a + b, 0);
  const whole = sum(lengths.slice(0, Math.max(0, finished - 1)));
  const rest = sum(lengths) - whole;
  const pairs = Array.from({ length: Math.ceil(rest / 7) + 1 }, () => "4 3");
  return `${whole ? `${whole.toFixed(1)} 3 ` : ""}${pairs.join(" ")}`;
}

/** How far the labels of a time axis reach beyond its start and its end, in pixels. */
export function overhang({ values, labels }, times, width, textWidth) {
  if (!values.length) return [0, 0];
  const from = +times[0];
  const x = (date) => (width * (+date - from)) / (+times[times.length - 1] - from || 1);
  const half = (date) => textWidth(labels[String(date)]) / 2;
  return [
    Math.max(...values.map((date) => half(date) - x(date))),
    Math.max(...values.map((date) => half(date) + x(date) - width)),
  ];
}

const isEnd = (_, i, all) => i === 0 || i === all.length - 1;

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
  const { locale, colors, empty, isRate, toggle, unfinished } = model.get("options");
  const { count, short: shortCount, rate } = formats(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const short = isRate ? (v) => percent.format(v / 100) : shortCount;
  const full = isRate ? (v) => rate(v / 100) : count;
  const clockOf = clocks(locale);
  let clock = clockOf([]);
  el.classList.add("clw-overlay");
  const [mark, figure, scale, xAxis, yAxis] = await Promise.all([
    ...["mark", "figure", "scale"].map((name) => linked(model, model.get(name))),
    ...model.get("axes").map((axis) => linked(model, axis)),
  ]);
  let labels = model.get("options").labels;
  let visible = labels.map(() => true);
  const legend = make("div", "clw-legend");
  const plot = make("div", "clw-lines-plot");
  const cursor = make("div", "clw-lines-cursor");
  plot.tabIndex = 0;
  nameImage(el, plot, mark, life.signal);
  plot.setAttribute("data-lm-suppress-shortcuts", "true");
  let dots = /** @type {HTMLElement[]} */ ([]);
  let buttons = /** @type {HTMLElement[]} */ ([]);
  el.append(legend, plot);

  /** Make the legend for these names, and show all of their lines. */
  function name(names) {
    labels = names;
    visible = names.map(() => true);
    for (const dot of dots) dot.remove();
    dots = names.map((_, j) => {
      const dot = make("i", "clw-lines-dot");
      dot.style.background = colors[j];
      return dot;
    });
    buttons = names.map((label, j) => {
      const button = legendButton(label, colors[j], `${toggle}: ${label}`);
      button.addEventListener("click", () => switchSeries(j));
      button.addEventListener("pointerenter", () => fade(j));
      button.addEventListener("pointerleave", () => fade(-1));
      return button;
    });
    legend.replaceChildren(...buttons);
    if (mark.get("curves_subset")?.length) mark.set("curves_subset", []);
  }
  name(labels);
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
    const names = mark.get("names") ?? [];
    if (isRate && names.join("\n") !== labels.join("\n")) name(names);
    const y = mark.get("y") || [];
    // Behind the last point of a rate is a gap and one more point, for bqplot alone.
    const drawn = (values) => (isRate ? values.slice(0, -2) : values);
    const x = drawn(Array.from(mark.get("x") || []));
    const series = (labels.length > 1 ? Array.from(y) : [y]).map(drawn);
    const largest = (j) =>
      (series[j] || []).reduce((a, b) => (Number.isNaN(b) ? a : Math.max(a, b)), 0); // a gap is NaN
    const isAbsent = (j) => (isRate ? (series[j] || []).every(Number.isNaN) : largest(j) === 0);
    const tops = labels.map((_, j) => (visible[j] ? largest(j) : 0));
    data = { times: x.map((t) => new Date(+t)), series, most: Math.max(1, ...tops), top: data.top };
    clock = clockOf(mark.get("clock") ?? [], data.times.filter(isEnd));
    setEmpty(x.length === 0 || labels.every((_, j) => isAbsent(j)));
    layout();
  }

  function layout() {
    // What there is no room for goes in turn: rows of the legend, the legend, the times.
    el.classList.toggle("clw-short", el.clientHeight < SPACE.short);
    el.classList.toggle("clw-low", el.clientHeight < SPACE.low);
    const bottom = el.clientHeight < SPACE.bare ? 8 : SPACE.bottom;
    if (!plot.clientWidth || !plot.clientHeight) return;
    const step = niceStep(data.most, Math.max(1, Math.floor(plot.clientHeight / SPACE.perValue)));
    const top = Math.ceil(data.most / step) * step;
    const values = [];
    for (let v = 0; v <= top; v += step) values.push(v);
    const textWidth = textRuler(el);
    const left = Math.max(...values.map((v) => textWidth(short(v)))) + SPACE.gap;
    const place = (start, end) => ({
      left: start,
      top: plot.offsetTop + SPACE.top,
      width: Math.max(24, plot.clientWidth - start - end),
      height: Math.max(16, plot.clientHeight - SPACE.top - bottom),
    });
    box = place(left, SPACE.right);
    const ticks = timeTicks(data.times, Math.max(1, box.width / SPACE.perTime), clock);
    // A label is centered below its tick: at an end of the axis it needs room, else it is cut off.
    const [first, last] = overhang(ticks, data.times, box.width, textWidth);
    box = place(Math.max(left, first), Math.max(SPACE.right, last));
    scale.set("max", top);
    yAxis.set({
      tick_values: values,
      tick_labels: Object.fromEntries(values.map((v) => [v, short(v)])),
    });
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
      const isGap = Number.isNaN(data.series[j][at]);
      dot.style.display = visible[j] && !isGap ? "" : "none";
      dot.style.left = `${x}px`;
      dot.style.top = `${box.top + box.height * (1 - data.series[j][at] / data.top)}px`;
    });
    const host = el.getBoundingClientRect();
    const rows = labels
      .map((label, j) => [colors[j], label, full(data.series[j][at])])
      .filter((_, j) => visible[j]);
    const time = clock.both(data.times[at]);
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
  follow(mark, "change:x change:y change:names change:finished change:clock", draw, life.signal);
  onResize(el, layout, life.signal);
  return () => life.abort();
}
