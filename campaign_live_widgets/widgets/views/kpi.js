// Cards: number, label, share and the share as a bar. Created once for each metric, then edited.

import { make, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { formats } from "../base/format.js";
import { addSummary, emptyNote, follow, lifetime, onResize, scrollable } from "../base/widget.js";

const FIT = geometry.kpi;

function card(metric, word) {
  const node = make("div", `clw-kpi clw-kpi-${metric.replaceAll("_", "-")}`);
  node.setAttribute("role", "listitem");
  node.title = word.definition || "";
  const value = make("div", "clw-kpi-value");
  const label = make("div", "clw-kpi-label", word.label || metric);
  const share = make("div", "clw-kpi-share");
  const bar = make("div", "clw-kpi-bar");
  const part = make("i");
  part.style.background = word.color || "currentcolor";
  bar.append(part);
  node.append(value, label, share, bar);
  return { node, value, share, bar, part };
}

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const { locale, labels, shareOf, tooMany, negative, empty, unknown } = model.get("options");
  const { count, short, share } = formats(locale);
  const list = make("div", "clw-kpi-list");
  list.setAttribute("role", "list");
  el.append(list);
  const cards = new Map();
  const setEmpty = emptyNote(el, empty);

  addSummary(el, model, life.signal);
  const checkScroll = scrollable(el, life.signal);

  const draw = () => {
    const metrics = model.get("metrics");
    const counts = model.get("counts");
    const shares = model.get("shares");
    setEmpty(metrics.length === 0);
    for (const [metric, { node }] of cards) if (!metrics.includes(metric)) node.remove();
    metrics.forEach((metric, i) => {
      if (!cards.has(metric)) cards.set(metric, card(metric, labels[metric] || {}));
      const { node, value, share: small, bar, part } = cards.get(metric);
      if (list.children[i] !== node) list.insertBefore(node, list.children[i] || null);
      const known = counts[i] !== null && counts[i] !== undefined;
      if (!el.clientWidth) write(value, known ? count(counts[i]) : unknown); // else fit() does
      if (known) value.dataset.value = String(counts[i]);
      else delete value.dataset.value;
      node.dataset.state = known ? (counts[i] === 0 ? "zero" : "value") : "unknown";
      const shown = shareOf && shares[i] !== null && shares[i] !== undefined;
      bar.hidden = !shown;
      part.style.width = shown ? `${100 * Math.max(0, Math.min(1, shares[i]))}%` : "0";
      const why = counts[i] < 0 ? negative : tooMany;
      const none = shareOf && known && counts[i] ? `– ${shareOf} (${why})` : "";
      write(small, shown ? `${share(shares[i])} ${shareOf}` : none);
    });
    fit();
  };

  /** Make numbers as large as fits, and shorten them if needed; a low tile has one row of cards. */
  const fit = () => {
    const { clientWidth: width, clientHeight: height } = el;
    if (!width) return;
    const low = height < FIT.short;
    el.classList.toggle("clw-short", low);
    const counts = model.get("counts").map((n) => (n === null ? unknown : count(n)));
    const room = low ? width / Math.max(1, counts.length) - 14 : width * FIT.share;
    const size = (texts) => room / (FIT.letter * Math.max(4, ...texts.map((text) => text.length)));
    const tight = size(counts) < FIT.smallest;
    const texts = tight
      ? model.get("counts").map((n) => (n === null ? unknown : short(n)))
      : counts;
    const px = Math.max(FIT.smallest, Math.min(FIT.largest, size(texts)));
    list.style.setProperty("--clw-fit", `${px.toFixed(1)}px`);
    model.get("metrics").forEach((metric, i) => {
      const { value } = cards.get(metric);
      write(value, texts[i]);
      value.title = tight ? counts[i] : "";
    });
    checkScroll();
  };

  draw();
  onResize(el, fit, life.signal);
  follow(model, "change:metrics change:counts change:shares", draw, life.signal);
  return () => life.abort();
}
