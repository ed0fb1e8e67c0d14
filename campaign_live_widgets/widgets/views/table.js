// A table whose cells are edited in place: an update keeps scroll position, sort order and focus.

import { hint, make, makeButton, write } from "../../rendering/html/dom.js";
import geometry from "../../rendering/html/geometry.json" with { type: "json" };
import { unpack } from "../base/chart.js";
import { clocks } from "../base/clock.js";
import { formats } from "../base/format.js";
import { addSummary, emptyNote, follow, lifetime, onResize } from "../base/widget.js";

function headers(options, onSort, signal) {
  const row = make("tr");
  const columns = [{ id: "", label: options.first, definition: "" }, ...options.columns];
  if (options.share) columns.push({ id: "share", label: options.share, definition: "" });
  const cells = columns.map((column, j) => {
    const cell = make("th");
    cell.scope = "col";
    const button = makeButton("clw-table-sort", column.label);
    button.title = column.definition || `${options.sort} ${column.label}`;
    button.addEventListener("click", () => onSort(j), { signal });
    cell.append(button);
    row.append(cell);
    return cell;
  });
  return { row, cells };
}

/** Create a row of the pool; its cells are created once and then only written to. */
function line(width, open) {
  const node = make("tr");
  const cells = Array.from({ length: width }, (_, j) => node.appendChild(make(j ? "td" : "th")));
  cells[0].scope = "row";
  const link = /** @type {HTMLButtonElement | null} */ (open ? makeButton("clw-table-open") : null);
  const row = { node, cells, id: "", link, lines: make("span", "clw-table-lines") };
  link?.addEventListener("click", () => open(row.id));
  return row;
}

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const options = model.get("options");
  const { count, share } = formats(options.locale);
  const clockOf = clocks(options.locale);
  const collator = new Intl.Collator(options.locale, { numeric: true });
  const width = 1 + options.columns.length + (options.share ? 1 : 0);
  const table = make("table", "clw-table-grid");
  const head = headers(options, sortBy, life.signal);
  const headRows = table.createTHead();
  headRows.append(head.row);
  const body = table.createTBody();
  const total = line(width);
  total.node.className = "clw-table-total";
  const pool = [];
  table.setAttribute("aria-describedby", addSummary(el, model, life.signal).id);
  let sort = { column: -1, down: false };
  el.append(table);
  const setEmpty = emptyNote(el, options.empty);

  const open = (id) => model.send({ type: "open", id });

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
    const compare =
      sort.column > 0
        ? (a, b) => (values[a] ?? -1) - (values[b] ?? -1)
        : options.isTime
          ? (a, b) => rows[a] - rows[b]
          : (a, b) => collator.compare(rows[a], rows[b]);
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

  /**
   * Write one row of numbers, with each rate in its cell's tooltip. A name that begins as another
   * one does is given as *whole*: it has several lines in a narrow column, else it is cut off.
   */
  function fill({ node, cells, link, lines }, label, values, whole = "") {
    const inner = link && model.get("opens") ? link : whole ? lines : null;
    if (inner && !inner.isConnected) cells[0].replaceChildren(inner);
    if (!inner && cells[0].firstElementChild) cells[0].replaceChildren();
    write(inner ?? cells[0], whole || label);
    hint(cells[0], label);
    node.classList.toggle("clw-wraps", Boolean(whole));
    values.forEach((value, j) => {
      const column = options.columns[j];
      const cell = cells[j + 1];
      write(cell, column ? count(value) : share(value));
      const whole = column && column.rateOf >= 0 ? values[column.rateOf] : 0;
      const rate = whole ? `${column.label} ÷ ${column.rateLabel}: ${share(value / whole)}` : "";
      if (cell.title !== rate) cell.title = rate;
      cell.classList.toggle("clw-zero", value === 0);
    });
  }

  function draw() {
    const rows = model.get("rows");
    const counts = unpack(model.get("counts"));
    const columns = options.columns.map((_, j) =>
      counts.slice(j * rows.length, (j + 1) * rows.length),
    );
    if (options.share) columns.push(model.get("shares"));
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
    order(rows, columns).forEach((i, position) => {
      if (!pool[position]) pool[position] = line(width, ids.length ? open : null);
      pool[position].id = ids[i];
      const isOver = !options.isTime || rows[i] < model.get("finished");
      const label = isOver ? name(rows[i]) : `${name(rows[i])} (${options.unfinished})`;
      fill(
        pool[position],
        label,
        columns.map((column) => column[i]),
        alike[i],
      );
      if (!pool[position].node.isConnected) body.append(pool[position].node);
    });
    for (const { node } of pool.slice(rows.length)) node.remove();
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
