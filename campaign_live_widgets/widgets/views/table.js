// A table whose cells are edited in place: an update keeps scroll position, sort order and focus.

import { freshId, hint, make, makeButton, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { unpack } from "../base/chart.js";
import { clocks } from "../base/clock.js";
import { formats } from "../base/format.js";
import { addSummary, emptyNote, follow, lifetime, onResize } from "../base/widget.js";

const TINT = 45; // how strong the ground of a cell is that has all of its row, in percent

function headers(options, columns, onSort, signal) {
  const row = make("tr");
  const all = [{ label: options.first, definition: "", kind: "text" }, ...columns];
  if (options.share) all.push({ label: options.share, definition: "", kind: "ratio" });
  const cells = all.map((column, j) => {
    const cell = make("th");
    cell.scope = "col";
    cell.classList.toggle("clw-text", isText(column));
    cell.classList.toggle("clw-verdict", column.kind === "verdict");
    const button = makeButton("clw-table-sort", column.label);
    button.title = column.definition || `${options.sort} ${column.label}`;
    button.addEventListener("click", () => onSort(j), { signal });
    cell.append(button);
    row.append(cell);
    return cell;
  });
  return { row, cells };
}

function isText({ kind }) {
  return kind === "text" || kind === "verdict";
}

/**
 * Create a row of the pool; its cells are created once and then only written to.
 *
 * @param {any[]} columns
 * @param {number} width
 * @param {{ open?: ((id: string) => void) | null, unfold?: (id: string) => void }} [presses]
 */
function line(columns, width, { open, unfold } = {}) {
  const node = make("tr");
  const cells = Array.from({ length: width }, (_, j) => node.appendChild(make(j ? "td" : "th")));
  cells[0].scope = "row";
  columns.forEach((column, j) => {
    cells[j + 1].classList.toggle("clw-text", isText(column));
    cells[j + 1].classList.toggle("clw-verdict", column.kind === "verdict");
  });
  const press = open ?? unfold;
  const kind = unfold ? "clw-table-unfold" : "clw-table-open";
  const link = /** @type {HTMLButtonElement | null} */ (press ? makeButton(kind) : null);
  const row = { node, cells, id: "", link, lines: make("span", "clw-table-lines") };
  if (unfold) link?.setAttribute("aria-expanded", "false");
  if (press) link?.addEventListener("click", () => press(row.id));
  return row;
}

/** Create the row below another one with what to do about it. */
function adviceRow(width, id, pairs) {
  const node = make("tr", "clw-table-advice");
  node.id = id;
  const cell = make("td");
  cell.colSpan = width;
  for (const [term, text] of pairs) {
    const part = make("span", "clw-table-part");
    part.append(make("span", "clw-table-term", `${term} `), make("span", "", text));
    cell.append(part, " ");
  }
  node.append(cell);
  return node;
}

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const options = model.get("options");
  const { count, number, rate, share } = formats(options.locale);
  const { words } = options;
  const ranks = Object.keys(words);
  const clockOf = clocks(options.locale);
  const collator = new Intl.Collator(options.locale, { numeric: true });
  /** Return a rate with what it divides by, or why there is none. */
  function rateOf(value, whole, column) {
    if (whole === null || whole === undefined || value === null || !(whole || value)) return "";
    const isOdd = whole <= 0 || value < 0 || (column.isPart && value > whole);
    const why = value < 0 ? column.negative : column.tooMany;
    return `${column.label} ÷ ${column.rateLabel}: ${isOdd ? `– (${why})` : share(value / whole)}`;
  }

  const table = make("table", "clw-table-grid");
  const headRows = table.createTHead();
  const body = table.createTBody();
  const pool = [];
  const unfolded = new Map(); // code → the row with what to do
  let built = "";
  /** @type {{ columns: any[], width: number, head: any, total: any, more: any }} */
  let parts = { columns: [], width: 1, head: null, total: null, more: null };
  table.setAttribute("aria-describedby", addSummary(el, model, life.signal).id);
  let sort = { column: -1, down: false };
  el.append(table);
  const setEmpty = emptyNote(el, options.empty);

  const open = (id) => model.send({ type: "open", id });

  function unfold(id) {
    if (unfolded.has(id)) {
      unfolded.get(id).remove();
      unfolded.delete(id);
    } else unfolded.set(id, adviceRow(parts.width, freshId(), options.advice[id] ?? []));
    draw();
  }

  /** Make the head and the rows again where the columns are others than before. */
  function build() {
    const shown = model
      .get("columns")
      .map((column, index) => ({ ...column, index }))
      .filter((column) => column.isShown);
    const state = JSON.stringify(shown);
    if (state === built) return;
    built = state;
    const width = 1 + shown.length + (options.share ? 1 : 0);
    const head = headers(options, shown, sortBy, life.signal);
    const total = line(shown, width);
    total.node.className = "clw-table-total";
    el.classList.toggle(
      "clw-judged",
      shown.some(({ kind }) => kind === "verdict"),
    );
    parts = { columns: shown, width, head, total, more: line(shown, width) };
    headRows.replaceChildren(head.row);
    body.replaceChildren();
    pool.length = 0;
  }

  function sortBy(column) {
    const first = column > 0; // numbers start with the largest, names with A
    sort = sort.column === column ? { column, down: !sort.down } : { column, down: first };
    draw();
  }

  function order(rows, columns) {
    const index = rows.map((_, i) => i);
    if (sort.column < 0) return index;
    const turn = sort.down ? -1 : 1;
    const values = columns[sort.column - 1];
    const kind = parts.columns[sort.column - 1]?.kind;
    const rank = (value) => ranks.indexOf(value);
    const numbered = (a, b) => (values[a] ?? -1) - (values[b] ?? -1) || 0;
    const compare =
      sort.column === 0
        ? options.isTime
          ? (a, b) => rows[a] - rows[b]
          : (a, b) => collator.compare(rows[a], rows[b])
        : kind === "verdict"
          ? (a, b) => rank(values[b]) - rank(values[a])
          : kind === "text"
            ? (a, b) => collator.compare(values[b], values[a])
            : numbered;
    return index.sort((a, b) => turn * compare(a, b) || a - b);
  }

  /** Return what writes the times of these rows, which are seconds since the epoch. */
  function timesOf(rows) {
    const dates = rows.length
      ? [rows[0], rows.at(-1)].map((second) => new Date(second * 1000))
      : [];
    const clock = clockOf(model.get("clock"), dates);
    return (second) => clock.moment(new Date(second * 1000));
  }

  /** Return the interval of a rate, what a count's rate is, or why there is none. */
  function about(column, values, label) {
    if (column.blind.includes(label)) return words.blind[1];
    const whole = column.rateOf >= 0 ? values[column.rateOf] : null;
    const [low, high] = column.ends.map((j) => values[j]);
    if (column.ends.length === 0) return rateOf(values[column.index], whole, column);
    const isKnown = low !== null && low !== undefined && !Number.isNaN(low);
    return isKnown ? `${options.interval}: ${rate(low)} – ${rate(high)}` : "";
  }

  function writeCell(cell, column, value, tooltip) {
    if (cell.title !== tooltip) cell.title = tooltip;
    if (column.kind === "verdict") {
      const [shape, word] = words[value] ?? ["", value ?? ""];
      cell.dataset.verdict = value ?? "";
      if (cell.dataset.shown === word) return;
      cell.dataset.shown = word;
      const icon = make("i", "clw-verdict-shape", shape);
      icon.setAttribute("aria-hidden", "true");
      cell.replaceChildren(icon, make("span", "", word));
      return;
    }
    if (column.kind === "text") {
      write(cell, value ?? "");
      return;
    }
    const kind = column.ends.length ? "rate" : column.kind;
    const writeAs = { rate, ratio: share, number }[kind] ?? count;
    write(cell, writeAs(value));
    cell.classList.toggle("clw-zero", value === 0);
  }

  /**
   * Write one row, with each rate in its cell's tooltip. A name that begins as another one does is
   * given as *whole*: it has several lines in a narrow column, else it is cut off.
   */
  function fill(row, label, values, part = null, whole = "") {
    const { node, cells, link, lines } = row;
    const presses = link && (model.get("opens") || options.advice[row.id]?.length);
    const inner = presses ? link : whole ? lines : null;
    if (inner && !inner.isConnected) cells[0].replaceChildren(inner);
    if (!inner && cells[0].firstElementChild) cells[0].replaceChildren();
    write(inner ?? cells[0], whole || label);
    hint(cells[0], label);
    node.classList.toggle("clw-wraps", Boolean(whole));
    const sum = options.isTinted
      ? parts.columns.reduce((n, column) => n + (values[column.index] || 0), 0)
      : 0;
    parts.columns.forEach((column, j) => {
      const value = values[column.index];
      const cell = cells[j + 1];
      writeCell(cell, column, value, about(column, values, label));
      const tint = sum > 0 && row.tinted ? Math.round((TINT * (value || 0)) / sum) : 0;
      cell.style.background = tint
        ? `color-mix(in srgb, var(--clw-bounces) ${tint}%, var(--clw-ground))`
        : "";
    });
    if (options.share && part !== null) {
      const cell = cells[parts.width - 1];
      write(cell, share(part));
      cell.classList.toggle("clw-zero", part === 0);
    }
  }

  function draw() {
    build();
    const { head, total, more, width } = parts;
    const rows = model.get("rows");
    const counts = unpack(model.get("counts"));
    const texts = model.get("texts");
    const all = model
      .get("columns")
      .map((_, j) => texts[j] ?? counts.slice(j * rows.length, (j + 1) * rows.length));
    const shares = options.share ? model.get("shares") : [];
    const sums = model.get("total");
    const ids = model.get("ids");
    const alike = model.get("alike");
    const name = options.isTime ? timesOf(rows) : String;
    setEmpty(rows.length === 0);
    head.cells.forEach((cell, j) => {
      const state = sort.down ? "descending" : "ascending";
      cell.setAttribute("aria-sort", sort.column === j ? state : "none");
    });
    if (sums.length) {
      fill(total, options.total, sums);
      if (!total.node.isConnected) headRows.append(total.node);
    } else total.node.remove();
    const sorted = [...parts.columns.map((column) => all[column.index]), shares];
    const hasAdvice = Object.keys(options.advice).length > 0;
    const presses = hasAdvice ? { unfold } : { open: ids.length ? open : null };
    const nodes = order(rows, sorted).flatMap((i, position) => {
      if (!pool[position]) pool[position] = line(parts.columns, width, presses);
      const row = pool[position];
      row.id = ids[i];
      row.tinted = true;
      const isOver = !options.isTime || rows[i] < model.get("finished");
      const label = isOver ? name(rows[i]) : `${name(rows[i])} (${options.unfinished})`;
      const values = all.map((column) => column[i]);
      fill(row, label, values, shares[i] ?? null, alike[i]);
      const below = hasAdvice ? unfolded.get(ids[i]) : null;
      if (hasAdvice) row.link?.setAttribute("aria-expanded", String(Boolean(below)));
      if (below) row.link?.setAttribute("aria-controls", below.id);
      else row.link?.removeAttribute("aria-controls");
      return below ? [row.node, below] : [row.node];
    });
    const [further, ...others] = model.get("rest");
    if (further) {
      fill(more, further, others);
      nodes.push(more.node);
    }
    place(nodes);
  }

  /** Put the rows into the body; those that are in their place stay untouched, with their focus. */
  function place(nodes) {
    nodes.forEach((node, i) => {
      if (body.children[i] !== node) body.insertBefore(node, body.children[i] ?? null);
    });
    while (body.children.length > nodes.length) body.lastElementChild?.remove();
  }
  draw();
  follow(model, "change", draw, life.signal);
  /** Fade the right edge if columns continue there: a number that is cut off would be wrong. */
  const fade = () => {
    const rest = el.scrollWidth - el.clientWidth - Math.abs(el.scrollLeft);
    el.classList.toggle("clw-more", rest > 1);
  };
  el.addEventListener("scroll", fade, { passive: true, signal: life.signal });
  onResize(table, fade, life.signal);
  onResize(
    el,
    (_, height) => {
      el.classList.toggle("clw-short", height < geometry.table.short);
      fade();
    },
    life.signal,
  );
  return () => life.abort();
}
