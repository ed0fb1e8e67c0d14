// The layer over whiskers drawn by bqplot: names, numbers, rates, verdicts, a tooltip. It gives
// the marks their data, so that an update is one message however many rows there are.

import { hint, make, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { figureBeside, fitName, placeFigure, textRuler, tooltip, unpack } from "../base/chart.js";
import { formats } from "../base/format.js";
import {
  addSummary,
  emptyNote,
  follow,
  lifetime,
  linked,
  onResize,
  scrollable,
} from "../base/widget.js";

const PLACE = geometry.intervals;
const { gap } = PLACE;
const SHAPE_PX = 16;
const BEYOND_PX = 8;
const SECOND_PX = 20; // how much lower the second line of a row is
const BOLD = 1.06;
const HAIR = [0.27, 0.77]; // ends of a hair line in a row of two lines, whose whisker is at 0.5

function intervalRow() {
  const node = make("div", "clw-intervals-row");
  node.setAttribute("role", "listitem");
  const name = make("span", "clw-intervals-name");
  name.dir = "auto";
  const number = make("span", "clw-intervals-number");
  const rate = make("span", "clw-intervals-rate");
  const beyond = make("span", "clw-intervals-beyond", "›");
  beyond.setAttribute("aria-hidden", "true");
  const verdict = make("span", "clw-intervals-verdict");
  const shape = make("i", "clw-intervals-shape");
  shape.setAttribute("aria-hidden", "true");
  const word = make("span");
  verdict.append(shape, word);
  node.append(name, number, rate, beyond, verdict);
  return { node, name, number, rate, beyond, verdict, shape, word };
}

function headRow({ first, number, rate, verdict, lines, source }, share) {
  const node = make("div", "clw-intervals-head");
  const parts = {
    name: make("span", "", first),
    number: make("span", "clw-intervals-number", number),
    rate: make("span", "clw-intervals-rate", rate),
    verdict: make("span", "", verdict),
  };
  const marks = lines.map((line) => {
    const mark = make("span", "clw-intervals-line", share(line));
    mark.title = source;
    return mark;
  });
  node.append(...Object.values(parts), ...marks);
  return { node, ...parts, marks };
}

/** @param {RenderProps} props */
export async function render({ model, el, signal }) {
  const life = lifetime(signal);
  const options = model.get("options");
  const { lines, words, colors } = options;
  const { count, short, rate: share } = formats(options.locale);
  el.classList.add("clw-overlay");
  const head = headRow(options, share);
  const list = make("div", "clw-intervals-list");
  list.setAttribute("role", "list");
  const summary = addSummary(el, model, life.signal);
  list.setAttribute("aria-labelledby", summary.id);
  el.append(head.node, list);
  const pool = [];
  const tip = tooltip(life.signal);
  const setEmpty = emptyNote(el, options.empty);
  const [figure, scale, rows, ...marks] = await Promise.all(
    ["figure", "scale", "rows"]
      .map((name) => model.get(name))
      .concat(model.get("marks"))
      .map((reference) => linked(model, reference)),
  );
  const [hairs, whiskers, dots] = marks;
  let checkScroll = /** @type {(() => void) | null} */ (null);
  /** @type {{ names: string[], counts: any, spans: any, verdicts: string[], height: number }} */
  let shown = { names: [], counts: [], spans: [], verdicts: [], height: 1 };

  /** Give the marks their data: only rows with a rate, cut off where the scale ends. */
  function mark({ spans, verdicts }, [least, most], isStacked) {
    const n = verdicts.length;
    const cut = (value) => Math.min(most, Math.max(least, value));
    const drawn = verdicts.map((_, i) => i).filter((i) => !Number.isNaN(spans[3 * i + 1]));
    const dotted = drawn.filter((i) => spans[3 * i + 1] <= most);
    const color = (i) => colors[verdicts[i]] ?? colors.none;
    // Where a row has two lines, its verdict is above the hair lines.
    const parts = isStacked ? verdicts.map((_, i) => [i + HAIR[0], i + HAIR[1]]) : [[0, n]];
    const both = (from, to) => Float64Array.of(from, to);
    scale.set({ min: least, max: most });
    rows.set({ min: 0, max: Math.max(1, n) });
    hairs.set({
      x: lines.flatMap((line) => parts.map(() => both(line, line))),
      y: lines.flatMap(() => parts.map(([from, to]) => both(from, to))),
    });
    whiskers.set({
      x: drawn.map((i) => both(cut(spans[3 * i]), cut(spans[3 * i + 2]))),
      y: drawn.map((i) => both(i + 0.5, i + 0.5)),
      colors: drawn.map(color),
    });
    dots.set({
      x: Float64Array.from(dotted, (i) => spans[3 * i + 1]),
      y: Float64Array.from(dotted, (i) => i + 0.5),
      colors: dotted.map(color),
    });
  }

  /** Return where the columns are if a row is one line. */
  function inOneLine(width, widest) {
    const name = Math.min(widest.name, Math.max(PLACE.nameLeast, width * PLACE.nameShare));
    const number = name + gap;
    const rate = number + widest.number + gap;
    const left = rate + widest.rate + gap;
    const plot = width - widest.verdict - gap - left;
    return { isStacked: false, name, number, rate, left, plot, widest };
  }

  /** Return where they are if the number, the rate and the whisker are below name and verdict. */
  function inTwoLines(width, widest) {
    const name = Math.max(0, width - widest.verdict - gap);
    const rate = widest.number + gap;
    const left = rate + widest.rate + gap;
    const plot = Math.max(1, width - left - BEYOND_PX);
    return { isStacked: true, name, number: 0, rate, left, plot, widest };
  }

  function place(node, left, top, width) {
    node.style.left = `${left}px`;
    node.style.top = `${top}px`;
    node.style.width = `${width}px`;
  }

  function draw() {
    const names = model.get("labels");
    const counts = unpack(model.get("counts"));
    const spans = unpack(model.get("spans"));
    const verdicts = model.get("verdicts");
    const ends = model.get("ends");
    const n = names.length;
    setEmpty(n === 0);
    const host = el.parentElement;
    if (!host?.clientWidth) return;
    const wordOf = (i) => words[verdicts[i]] ?? ["", verdicts[i]];
    const textWidth = textRuler(el);
    const widestOf = (texts) =>
      Math.ceil(texts.reduce((w, text) => Math.max(w, textWidth(text)), 0));
    const width = el.clientWidth;
    const format = width < 480 ? short : count;
    const numbers = Array.from(counts, format);
    const rates = verdicts.map((_, i) => share(spans[3 * i + 1]));
    const low = { number: widestOf(numbers), rate: widestOf(rates), name: 0, verdict: 0 };
    // Bold words are a little wider.
    const bold = BOLD * widestOf([options.verdict, ...verdicts.map((_, i) => wordOf(i)[1])]);
    low.verdict = Math.ceil(bold) + SHAPE_PX;
    const widest = {
      name: widestOf([options.first, ...names]),
      number: Math.max(low.number, textWidth(options.number)),
      rate: Math.max(low.rate, textWidth(options.rate)),
      verdict: low.verdict,
    };
    const wide = inOneLine(width, widest);
    const at = wide.plot >= PLACE.least ? wide : inTwoLines(width, low);
    const height = at.isStacked ? PLACE.stacked : PLACE.row;
    shown = { names, counts, spans, verdicts, height };
    el.classList.toggle("clw-stacked", at.isStacked);
    list.style.height = `${n * height}px`;
    const x = (value) => at.left + (at.plot * (value - ends[0])) / (ends[1] - ends[0]);
    const right = width - at.widest.verdict;
    place(head.name, 0, 0, at.name);
    place(head.number, at.number, 0, at.widest.number);
    place(head.rate, at.rate, 0, at.widest.rate);
    place(head.verdict, right + SHAPE_PX, 0, at.widest.verdict - SHAPE_PX);
    head.marks.forEach((node, i) => {
      const before = i < head.marks.length - 1; // the first ends at its line, the last begins there
      const own = textWidth(node.textContent ?? "");
      place(node, x(lines[i]) + (before ? -own - 2 : 2), 0, own);
    });
    const second = at.isStacked ? SECOND_PX : 0;
    mark(shown, ends, at.isStacked);
    placeFigure(figure, figureBeside(el), {
      left: at.left,
      top: PLACE.head + second / 2,
      width: at.plot,
      height: Math.max(1, n * height),
    });
    names.forEach((name, i) => {
      if (!pool[i]) pool[i] = intervalRow();
      const row = pool[i];
      row.node.style.top = `${i * height}px`;
      row.node.style.height = `${height}px`;
      write(row.name, fitName(name, model.get("starts")[i], at.name, textWidth));
      hint(row.name, name);
      place(row.name, 0, 0, at.name);
      write(row.number, numbers[i]);
      place(row.number, at.number, second, at.widest.number);
      write(row.rate, rates[i]);
      place(row.rate, at.rate, second, at.widest.rate);
      const [shape, word] = wordOf(i);
      write(row.shape, shape);
      write(row.word, word);
      row.verdict.dataset.verdict = verdicts[i];
      place(row.verdict, right, 0, at.widest.verdict);
      row.beyond.hidden = !(spans[3 * i + 2] > ends[1]);
      place(row.beyond, at.left + at.plot, second, BEYOND_PX);
      if (!row.node.isConnected) list.append(row.node);
    });
    for (const { node } of pool.slice(n)) node.remove();
    checkScroll ??= scrollable(host, life.signal);
    checkScroll();
  }

  list.addEventListener("pointermove", (event) => {
    const i = Math.floor((event.clientY - list.getBoundingClientRect().top) / shown.height);
    if (i < 0 || i >= shown.names.length) return tip.hide();
    const [low, rate, high] = shown.spans.slice(3 * i, 3 * i + 3);
    const span = Number.isNaN(low) ? "–" : `${share(low)} – ${share(high)}`;
    const [shape, word] = words[shown.verdicts[i]] ?? ["", shown.verdicts[i]];
    return tip.show(event.clientX, event.clientY, shown.names[i], [
      ["transparent", options.number, count(shown.counts[i])],
      ["transparent", options.rate, share(rate)],
      ["transparent", options.interval, span],
      ["transparent", options.verdict, `${shape} ${word}`],
    ]);
  });
  list.addEventListener("pointerleave", () => tip.hide());
  draw();
  follow(
    model,
    "change:labels change:starts change:counts change:spans change:verdicts change:ends",
    draw,
    life.signal,
  );
  onResize(el, draw, life.signal);
  const observer = new ResizeObserver(draw);
  requestAnimationFrame(() => el.parentElement && observer.observe(el.parentElement));
  life.signal.addEventListener("abort", () => observer.disconnect());
  return () => life.abort();
}
