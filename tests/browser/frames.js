/**
 * What the e-mail tab shows in each frame, as it is painted: the numbers of one snapshot agree.
 *
 * A frame is read in a callback of a ResizeObserver: after all callbacks of the animation frame,
 * and before it is painted. `start()` begins, `stop()` returns what was found.
 */
const frames = (() => {
  const find = (css) => document.querySelector(`.clw-email-${css}`);
  const digits = (text) => Number(text.replace(/[^\d-]/g, ""));
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const near = (a, b) => Math.abs(a - b) <= 1e-3 * Math.max(1, Math.abs(b));
  const texts = (root, css) => [...root.querySelectorAll(css)].map((node) => node.textContent);
  const all = (root, css) => [...root.querySelectorAll(css)];

  function cards() {
    const card = (metric) => {
      const node = find(`sending-statistics .clw-kpi-${metric} .clw-kpi-value`);
      return [Number(node.dataset.value), digits(node.textContent)];
    };
    return { delivered: card("delivered"), bounces: card("bounces"), errors: card("errors") };
  }

  /** The total of the table and the sums of its rows: delivered, bounces, errors. */
  function table() {
    const tile = find("metrics-by-message");
    const cells = (row) => [2, 3, 4].map((j) => digits(row.cells[j].textContent));
    const rows = all(tile, "tbody tr").map(cells);
    const total = cells(tile.querySelector(".clw-table-total"));
    return { total, sums: [0, 1, 2].map((j) => sum(rows.map((row) => row[j]))) };
  }

  /** The sum in the ring, the counts in its legend, and the angle of each slice in turns. */
  function donut() {
    const tile = find("bounce-reasons");
    const turn = (x, y) => (Math.atan2(x, -y) / (2 * Math.PI) + 1) % 1;
    const slices = all(tile, "path.slice").map((path) => {
      const at = path.getAttribute("d").match(/-?[\d.]+(e-?\d+)?/g).map(Number);
      const arc = (turn(at[7], at[8]) - turn(at[0], at[1]) + 1) % 1;
      return arc;
    });
    return {
      sum: digits(tile.querySelector(".clw-donut-sum").textContent),
      counts: texts(tile, ".clw-donut-count").map(digits),
      slices,
    };
  }

  /** The labels of the bars, and their widths in parts of the longest. */
  function bars() {
    const tile = find("error-reasons");
    const widths = all(tile, "rect.bar").map((bar) => Number(bar.getAttribute("width")));
    const longest = Math.max(...widths);
    return {
      counts: texts(tile, ".clw-bars-value").map(digits),
      parts: widths.map((width) => width / longest),
    };
  }

  /** The sum over time of each line (sent, delivered, bounces, errors), from its points. */
  function lines() {
    const tile = find("summary");
    const height = Number(tile.querySelector(".plotarea_events").getAttribute("height"));
    const labels = all(tile, ".bqplot .tick text").map((node) => node.textContent);
    const scales = { K: 1e3, M: 1e6 };
    const value = (text) => Number.parseFloat(text.replaceAll(",", "")) * (scales[text.at(-1)] ?? 1);
    const top = Math.max(...labels.filter((text) => /^[\d.,]+[KM]?$/.test(text)).map(value));
    return all(tile, ".curve path.line").map((path) => {
      const points = path.getAttribute("d").match(/-?[\d.]+(e-?\d+)?/g).map(Number);
      return sum(points.filter((_, i) => i % 2).map((y) => ((height - y) / height) * top));
    });
  }

  function look() {
    const shown = { cards: cards(), table: table(), donut: donut(), bars: bars(), lines: lines() };
    const { delivered, bounces, errors } = shown.cards;
    const { total, sums } = shown.table;
    const wrong = [];
    const check = (what, ...values) => {
      if (!values.slice(1).every((value) => near(value, values[0]))) wrong.push([what, values]);
    };
    const exact = (what, ...values) => {
      if (new Set(values).size > 1) wrong.push([what, values]);
    };
    exact("delivered", ...delivered, total[0], sums[0]);
    exact("bounces", ...bounces, total[1], sums[1], shown.donut.sum, sum(shown.donut.counts));
    exact("errors", ...errors, total[2], sums[2], sum(shown.bars.counts));
    const most = Math.max(...shown.bars.counts);
    shown.bars.parts.forEach((part, i) => check("bar", part * most, shown.bars.counts[i]));
    shown.donut.slices.forEach((part, i) =>
      check("slice", part * shown.donut.sum, shown.donut.counts[i]),
    );
    check("line of delivered", shown.lines[1], delivered[0]);
    check("line of bounces", shown.lines[2], bounces[0]);
    check("line of errors", shown.lines[3], errors[0]);
    return { wrong, delivered: delivered[0] };
  }

  const found = { frames: 0, snapshots: 0, wrong: [] };
  let last = -1;
  let probe = null;
  let running = false;

  function read() {
    found.frames += 1;
    const { wrong, delivered } = look();
    if (wrong.length) found.wrong.push([found.frames, JSON.stringify(wrong)]);
    if (delivered < last) found.wrong.push([found.frames, `${last} went back to ${delivered}`]);
    if (delivered !== last) found.snapshots += 1;
    last = delivered;
  }

  return {
    start() {
      probe = document.createElement("div");
      probe.style.cssText = "position:fixed;left:0;top:0;height:1px;width:1px;visibility:hidden";
      document.body.append(probe);
      const observer = new ResizeObserver(() => running && read());
      observer.observe(probe);
      running = true;
      const frame = () => {
        probe.style.width = probe.style.width === "1px" ? "2px" : "1px";
        if (running) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    },
    stop() {
      running = false;
      probe.remove();
      return found;
    },
  };
})();
