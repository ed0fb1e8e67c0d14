// The behaviour of the saved page: tabs, light and dark, views, sorting, files, panels. Text from
// outside is inserted as text only.

import { makeButton, placeBeside, saveAs } from "../dom.js";
import { drawCharts, drawTile } from "./charts.js";
import { all, data, panels, root } from "./page_data.js";

const SHEET_WIDTH = 680; // CSS pixels between the margins of A4 and Letter

/* tabs: links become tabs; the address keeps the open one */

const tabs = all(".clw-tab");
for (const panel of panels) {
  // The address names a tab, not a place to scroll to.
  panel.dataset.tab = panel.id;
  panel.id = `clw-panel-${panel.id}`;
}

function openTab(name, moved = false) {
  const known = panels.some((panel) => panel.dataset.tab === name) ? name : panels[0]?.dataset.tab;
  for (const panel of panels) panel.toggleAttribute("data-shown", panel.dataset.tab === known);
  for (const tab of tabs) {
    const on = tab.dataset.tab === known;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    if (on && moved) tab.focus();
  }
}

function makeTabs() {
  document.querySelector(".clw-tabs")?.setAttribute("role", "tablist");
  tabs.forEach((tab, i) => {
    const panel = panels[i];
    tab.id = `clw-to-${tab.dataset.tab}`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    const go = (name, moved) => {
      history.replaceState(null, "", `#${name}`);
      openTab(name, moved);
    };
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      go(tab.dataset.tab, false);
    });
    tab.addEventListener("keydown", (event) => {
      const last = tabs.length - 1;
      const to = {
        ArrowRight: i === last ? 0 : i + 1,
        ArrowLeft: i === 0 ? last : i - 1,
        Home: 0,
        End: last,
        " ": i,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      go(tabs[to].dataset.tab, true);
    });
  });
  addEventListener("hashchange", () => openTab(location.hash.slice(1)));
  openTab(location.hash.slice(1));
}

/* light and dark: the system's, until the reader chooses */

function makeTheme() {
  const [button] = all(".clw-button-theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  show();
}

/* views */

function showView(tile, kind) {
  tile.dataset.view = kind;
  for (const button of all(".clw-tile-view", tile)) {
    button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  }
  drawTile(tile);
}

/* tables: numbers start with the largest, names with A; a third click restores the order */

function makeSortable(table) {
  const body = table.tBodies[0];
  const first = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator(root.lang, { numeric: true });
  const isTime = table.dataset.by === "bucket";
  const number = (row, column) => {
    const value = row.cells[column].dataset.value;
    return value === undefined ? -1 : Number(value);
  };
  let sort = { column: -1, down: false };
  const order = () => {
    if (sort.column < 0) return first;
    const turn = sort.down ? -1 : 1;
    const places = new Map(first.map((row, i) => [row, i]));
    const place = (row) => places.get(row) ?? 0;
    const compare =
      sort.column > 0
        ? (a, b) => number(a, sort.column) - number(b, sort.column)
        : isTime
          ? (a, b) => place(a) - place(b)
          : (a, b) => collator.compare(a.cells[0].textContent, b.cells[0].textContent);
    return [...first].sort((a, b) => turn * compare(a, b) || place(a) - place(b));
  };
  const press = (column) => {
    const down = column > 0;
    if (sort.column !== column) sort = { column, down };
    else if (sort.down === down) sort = { column, down: !down };
    else sort = { column: -1, down: false };
    heads.forEach((head, j) => {
      const state = sort.down ? "descending" : "ascending";
      head.setAttribute("aria-sort", j === sort.column ? state : "none");
    });
    body.append(...order());
  };
  heads.forEach((head, j) => {
    const button = makeButton("clw-table-sort", head.textContent);
    button.title = head.title || data.words.sort.replace("{}", () => head.textContent);
    head.removeAttribute("title");
    head.setAttribute("aria-sort", "none");
    head.replaceChildren(button);
    button.addEventListener("click", () => press(j));
  });
}

/** Fade the right edge of a table if columns continue there. */
function fade(view) {
  const look = () => {
    const rest = view.scrollWidth - view.clientWidth - Math.abs(view.scrollLeft);
    view.classList.toggle("clw-more", rest > 1);
  };
  view.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(view);
}

/* files: created from the data in the page */

function save(name, text) {
  saveAs(name, new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
}

function fileName(what) {
  const end = document.body.dataset.asOf?.replace(/:(\d\d):\d\d(\.\d+)?Z$/, "$1Z");
  return `${data.file}_${what.replace(/[^A-Za-z0-9]+/g, "-")}_${end}.csv`;
}

/* the panel that explains the numbers opens beside its button */

function makeCard(tile) {
  const card = tile.querySelector(".clw-pop");
  const button = tile.querySelector(".clw-tile-menu");
  card.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "open") return;
    card.dataset.at = "";
    placeBeside(card, button);
  });
  tile.querySelector(".clw-tile-csv").addEventListener("click", () => {
    save(fileName(tile.dataset.tile), data.files[tile.dataset.tile]);
  });
}

makeTabs();
makeTheme();
for (const table of all(".clw-table-grid")) makeSortable(table);
for (const view of all(".clw-table")) fade(view);
for (const tile of all(".clw-tile")) {
  makeCard(tile);
  for (const button of all(".clw-tile-view", tile)) {
    button.addEventListener("click", () => showView(tile, button.dataset.kind));
  }
}
all(".clw-button-csv")[0].addEventListener("click", () => {
  save(fileName("report"), data.files.report);
});
all(".clw-button-print")[0].addEventListener("click", () => print());
addEventListener("beforeprint", () => {
  for (const more of all(".clw-foot details")) more.open = true;
  // A table that is wider than A4 and Letter is scaled down.
  for (const table of all(".clw-table-grid")) {
    table.style.width = "min-content";
    const zoom = Math.min(1, SHEET_WIDTH / (table.offsetWidth || 1));
    table.style.width = "";
    table.style.setProperty("--clw-print-zoom", String(zoom));
  }
});
drawCharts();
