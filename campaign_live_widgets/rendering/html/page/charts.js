// Charts: drawn in every tab once the page is loaded, in the size of their tiles, and a second time
// for print, whose width is known. Vega interprets its expressions: no code is evaluated.

import { make, placeTip, shorten } from "../dom.js";
import { all, data, narrow, panels, root } from "./page_data.js";

const PAPER = { width: 1032, gutter: 16, row: 42, head: 44 };
const SMALL = 64;
const ROWS = new Set(["bars", "intervals"]); // as high as their rows
const drawn = new Map();
const tip = make("div", "clw-tip");
tip.setAttribute("role", "status");

/** Show the tooltip of a mark: its title, then each number with its name. */
function showTip(_handler, event, _item, value) {
  if (!value) {
    tip.remove();
    return;
  }
  const { title, ...rows } = value;
  const head = make("div", "clw-tip-head", shorten(String(title ?? "")));
  head.dir = "auto";
  const table = make("div", "clw-tip-rows");
  for (const [name, text] of Object.entries(rows)) {
    table.append(make("span", "clw-tip-name", shorten(name)), make("b", "", shorten(String(text))));
  }
  tip.replaceChildren(head, table);
  if (!tip.isConnected) document.body.append(tip);
  placeTip(tip, event.clientX, event.clientY);
}

function specOf(box) {
  const { tile } = box.closest(".clw-tile").dataset;
  return data.charts[tile][box.dataset.kind];
}

/** Return how high a chart has to be at this width, in px. */
function leastHeight({ usermeta }, width) {
  const isStacked = width < (usermeta?.stacked_below ?? 0);
  return (isStacked ? usermeta.stacked_height : usermeta?.least_height) ?? 0;
}

/** Return the size of a chart; a tile scrolls if its chart is higher than the tile. */
function sizeIn(box, spec) {
  const least = leastHeight(spec, box.clientWidth);
  const room = narrow.matches && ROWS.has(box.dataset.kind) ? SMALL : box.clientHeight;
  return {
    width: box.clientWidth - (least > room && room ? 12 : 0),
    height: Math.max(room, least),
  };
}

function sizeOnPaper(box, spec) {
  const style = box.closest(".clw-tile").style;
  const columns = Number(style.getPropertyValue("--columns"));
  const rows = Number(style.getPropertyValue("--rows"));
  const column = (PAPER.width - 11 * PAPER.gutter) / 12;
  const width = Math.floor(columns * column + (columns - 1) * PAPER.gutter);
  const least = leastHeight(spec, width);
  return { width, height: Math.max(least, rows * PAPER.row - PAPER.head) };
}

async function draw(box, place, size) {
  const made = await vegaEmbed(
    place,
    { ...specOf(box), ...size },
    {
      actions: false,
      ast: true,
      defaultStyle: false,
      mode: "vega-lite",
      renderer: "svg",
      tooltip: showTip,
    },
  );
  await made.view.resize().runAsync(); // a legend of two lines is measured only now
  const svg = place.querySelector("svg");
  svg.setAttribute("aria-hidden", "true");
  return made;
}

/** Draw a chart, or resize it; calls for one chart run one after the other. */
async function drawChart(box) {
  const state = drawn.get(box) ?? { busy: Promise.resolve() };
  drawn.set(box, state);
  state.busy = state.busy
    .then(() => redraw(box, state))
    .catch(() => {
      box.replaceChildren(make("p", "clw-empty", data.words.wrong));
    });
  return state.busy;
}

async function redraw(box, state) {
  const size = sizeIn(box, specOf(box));
  if (size.width <= 0 || size.height <= 0) return; // hidden
  if (state.made) {
    if (state.width === size.width && state.height === size.height) return;
    Object.assign(state, size);
    await state.made.view.width(size.width).height(size.height).runAsync();
    await state.made.view.resize().runAsync();
    return;
  }
  const screen = make("div", "clw-on-screen");
  box.append(screen);
  Object.assign(state, size);
  state.made = await draw(box, screen, size);
  const paper = make("div", "clw-on-paper");
  box.append(paper);
  await draw(box, paper, sizeOnPaper(box, specOf(box)));
}

export async function drawTile(tile) {
  const box = tile.querySelector(`.clw-chart[data-kind="${tile.dataset.view}"]`);
  if (box) await drawChart(box);
}

/** Draw the charts of all tabs, the open one first; the page stays responsive in between. */
async function drawAll() {
  const shown = (panel) => Number(panel.hasAttribute("data-shown"));
  const order = [...panels].sort((a, b) => shown(b) - shown(a));
  for (const tile of order.flatMap((panel) => all(".clw-tile", panel))) {
    await drawTile(tile);
    await new Promise((done) => setTimeout(done, 0));
  }
  root.dataset.drawn = "";
}

/** Draw all charts, now and after the window has changed its size. */
export function drawCharts() {
  let waiting = 0;
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width && !narrow.matches) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(drawAll, 100);
  });
  addEventListener("scroll", () => tip.remove(), { capture: true, passive: true });
  drawAll();
}
