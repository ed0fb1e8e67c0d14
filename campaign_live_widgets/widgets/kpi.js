// Cards: number, label, share and the share as a bar. Built for each metric once, then edited in place.

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

function render({ model, el, signal }) {
  const life = lifetime(signal);
  const { locale, words, shareOf, empty, unknown } = model.get("options");
  const { count, share } = formats(locale);
  const list = make("div", "clw-kpi-list");
  list.setAttribute("role", "list");
  el.append(list);
  const cards = new Map();
  const setEmpty = emptiness(el, empty);

  spoken(el, model, life.signal);

  const draw = () => {
    const metrics = model.get("metrics");
    const counts = model.get("counts");
    const shares = model.get("shares");
    setEmpty(metrics.length === 0);
    for (const [metric, { node }] of cards) if (!metrics.includes(metric)) node.remove();
    metrics.forEach((metric, i) => {
      if (!cards.has(metric)) cards.set(metric, card(metric, words[metric] || {}));
      const { node, value, share: small, bar, part } = cards.get(metric);
      if (list.children[i] !== node) list.insertBefore(node, list.children[i] || null);
      const known = counts[i] !== null && counts[i] !== undefined;
      write(value, known ? count(counts[i]) : unknown);
      if (known) value.dataset.value = String(counts[i]);
      else delete value.dataset.value;
      node.dataset.state = known ? (counts[i] === 0 ? "zero" : "value") : "unknown";
      const shown = shareOf && shares[i] !== null && shares[i] !== undefined;
      bar.hidden = !shown;
      part.style.width = shown ? `${100 * Math.max(0, Math.min(1, shares[i]))}%` : "0";
      write(small, shown ? `${share(shares[i])} ${shareOf}` : "");
    });
  };
  draw();
  follow(model, "change:metrics change:counts change:shares", draw, life.signal);
  return () => life.abort();
}

export default { render };
