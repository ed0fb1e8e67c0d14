// Moving and resizing a tile with the pointer, and where tiles flow in the grid (see editor.js).

import { make } from "../../rendering/html/dom.js";

const EDGE_PX = 56; // nearer to the viewport's edge, a drag scrolls the page
const SCROLL_PX = 14; // most that it scrolls in a frame
const SHIFT_MS = 160; // duration of the other tiles' animation

export const clamp = (value, min, max) => Math.max(min, Math.min(max, value));

/** Return the cells of tiles as CSS places them with `row dense`: each in the first gap that fits. */
export function pack(places, columns) {
  const taken = [];
  return places.map((place) => {
    const width = Math.min(place.columns, columns);
    const mask = 2 ** width - 1;
    const fits = (row, column) => {
      for (let r = row; r < row + place.rows; r++) if (taken[r] & (mask << column)) return false;
      return true;
    };
    for (let row = 0; ; row++)
      for (let column = 0; column + width <= columns; column++) {
        if (!fits(row, column)) continue;
        for (let r = row; r < row + place.rows; r++) taken[r] |= mask << column;
        return { row, column, rows: place.rows, columns: width };
      }
  });
}

/** Measure a grid: its cells and gaps in px, and whether it has a single column. */
export function measure(grid, { columns, row, gap, gutter }) {
  const style = getComputedStyle(grid);
  const single = style.gridTemplateColumns.split(" ").length === 1;
  const width = grid.clientWidth;
  const cell = (width - gutter * (columns - 1)) / columns;
  return {
    width,
    single,
    columns,
    pitchX: cell + gutter,
    pitchY: row + gap,
    gutter,
    gap,
    stack: parseFloat(style.rowGap) || 0,
    high: (rows) => rows * (row + gap) - gap,
  };
}

/** Return the boxes of tiles in px, by id; `heights` are used in a single column. */
export function boxes(places, room, heights) {
  const result = new Map();
  if (room.single) {
    let top = 0;
    for (const { id } of places) {
      result.set(id, { left: 0, top, width: room.width, height: heights.get(id) });
      top += heights.get(id) + room.stack;
    }
    return result;
  }
  const cells = pack(places, room.columns);
  places.forEach(({ id }, i) => {
    const { row, column, rows, columns } = cells[i];
    result.set(id, {
      left: column * room.pitchX,
      top: row * room.pitchY,
      width: columns * room.pitchX - room.gutter,
      height: room.high(rows),
    });
  });
  return result;
}

/** Return the nearest ancestor that scrolls vertically. */
function scrollerOf(node) {
  for (let box = node.parentElement; box; box = box.parentElement) {
    const scrolls = /auto|scroll/.test(getComputedStyle(box).overflowY);
    if (scrolls && box.scrollHeight > box.clientHeight + 8) return box;
  }
  return document.scrollingElement;
}

/** Animate tiles from one set of boxes to another, except one of them. */
export function glide(nodes, before, after, except) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [id, to] of after) {
    const from = before.get(id);
    if (id === except || !from || (from.left === to.left && from.top === to.top)) continue;
    const shift = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
    const frames = [{ transform: shift }, { transform: "translate(0, 0)" }];
    nodes.get(id)?.animate(frames, { duration: SHIFT_MS, easing: "ease-out", composite: "add" });
  }
}

/** Return every position of one tile among the others: the order, and the resulting boxes. */
export function landings(places, id, room, heights) {
  const own = places.find((place) => place.id === id);
  const others = places.filter((place) => place !== own);
  return places.map((_, i) => {
    const order = [...others.slice(0, i), own, ...others.slice(i)];
    const all = boxes(order, room, heights);
    return { order, all, box: all.get(id) };
  });
}

/** Return the landing nearest to the tile; of equal ones, the one nearest to its old position. */
export function nearest(options, start, left, top) {
  let best = start;
  let least = Infinity;
  options.forEach(({ box }, i) => {
    const distance = (box.left - left) ** 2 + (box.top - top) ** 2;
    const closer = distance < least - 1;
    const as = Math.abs(distance - least) <= 1 && Math.abs(i - start) < Math.abs(best - start);
    if (closer || as) [best, least] = [i, Math.min(distance, least)];
  });
  return best;
}

/**
 * Follow a pointer from its press to its release.
 *
 * Nothing but the scroll position is read from the page's layout meanwhile, so that a frame is
 * cheap. `places` are the visible ones, in their order; `show(places)` previews others, and
 * `done(places)` is called once at the end, with null if nothing has changed.
 */
export function drag({ event, handle, sizes, id, grid, nodes, places, geometry, show, done }) {
  const node = nodes.get(id);
  const room = measure(grid, geometry);
  const heights = new Map(places.map((place) => [place.id, nodes.get(place.id).offsetHeight]));
  const scroller = scrollerOf(grid);
  const wholePage = scroller === document.scrollingElement;
  const view = wholePage ? { top: 0, bottom: innerHeight } : scroller.getBoundingClientRect();
  const [viewTop, viewBottom] = [Math.max(0, view.top), Math.min(innerHeight, view.bottom)];
  const start = { x: event.clientX, y: event.clientY, scroll: scroller.scrollTop };
  const held = places.findIndex((place) => place.id === id);
  const options = sizes ? [] : landings(places, id, room, heights);
  const bottom = Math.max(0, ...options.map(({ all }) => lowest(all)));
  const before = boxes(places, room, heights);
  const origin = before.get(id);
  const own = places[held];
  let now = { places, all: before, at: held, rows: own.rows, columns: own.columns };
  let [x, y, waiting, ended] = [start.x, start.y, 0, false];
  let visibleBox = origin; // of the tile, under the pointer
  const ghost = make("div", "clw-edit-ghost");
  ghost.setAttribute("aria-hidden", "true");
  grid.append(ghost);
  grid.classList.add("clw-dragging");
  node.classList.add(sizes ? "clw-sizing" : "clw-moving");

  function lowest(all) {
    return Math.max(...[...all.values()].map((box) => box.top + box.height));
  }

  function outline({ left, top, width, height }) {
    Object.assign(ghost.style, {
      transform: `translate(${left}px, ${top}px)`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }

  function update(next) {
    glide(nodes, now.all, next.all, sizes ? null : id);
    now = next;
    show(now.places);
  }

  function move(dx, dy) {
    const left = room.single ? 0 : clamp(origin.left + dx, 0, room.width - origin.width);
    const top = clamp(origin.top + dy, 0, Math.max(0, bottom - origin.height));
    const at = nearest(options, held, left, top);
    if (at !== now.at) update({ ...now, places: options[at].order, all: options[at].all, at });
    const land = options[at].box;
    visibleBox = { left, top };
    outline(land);
    node.style.transform = `translate(${left - land.left}px, ${top - land.top}px)`;
  }

  function size(dx, dy) {
    const { minRows, maxRows, minColumns } = geometry;
    const width = room.single ? origin.width : Math.max(48, origin.width + dx);
    const height = Math.max(32, origin.height + dy);
    const rows = clamp(Math.round((height + room.gap) / room.pitchY), minRows, maxRows);
    const wide = clamp(Math.round((width + room.gutter) / room.pitchX), minColumns, room.columns);
    const columns = room.single ? own.columns : wide;
    outline({ ...origin, width: Math.min(width, room.width - origin.left), height });
    if (rows === now.rows && columns === now.columns) return;
    const changed = places.map((place) => (place.id === id ? { ...place, rows, columns } : place));
    if (room.single) heights.set(id, room.high(rows));
    update({ places: changed, all: boxes(changed, room, heights), at: held, rows, columns });
  }

  function frame() {
    waiting = 0;
    if (ended) return;
    const scrolled = scroller.scrollTop; // read before anything is written in this frame
    (sizes ? size : move)(x - start.x, y - start.y + scrolled - start.scroll);
    const up = y < start.y ? clamp((viewTop + EDGE_PX - y) / EDGE_PX, 0, 1) : 0;
    const down = y > start.y ? clamp((y - viewBottom + EDGE_PX) / EDGE_PX, 0, 1) : 0;
    if (!up && !down) return;
    scroller.scrollTop = scrolled + Math.round((down - up) * SCROLL_PX);
    waiting = requestAnimationFrame(frame);
  }

  const onMove = (next) => {
    if (next.pointerId !== event.pointerId) return;
    [x, y] = [next.clientX, next.clientY];
    waiting ||= requestAnimationFrame(frame);
  };

  function end(keep) {
    if (ended) return;
    if (keep) frame();
    ended = true;
    cancelAnimationFrame(waiting);
    life.abort();
    ghost.remove();
    grid.classList.remove("clw-dragging");
    node.classList.remove("clw-sizing", "clw-moving");
    node.style.transform = "";
    const final = keep ? now.all : before;
    glide(nodes, sizes ? now.all : new Map([...now.all, [id, visibleBox]]), final);
    const same = now.at === held && now.rows === own.rows && now.columns === own.columns;
    done(keep && !same ? now.places : null);
  }

  const life = new AbortController();
  const listen = (target, name, callback, capture = false) =>
    target.addEventListener(name, callback, { capture, signal: life.signal });
  listen(handle, "pointermove", onMove);
  listen(handle, "pointerup", (next) => next.pointerId === event.pointerId && end(true));
  listen(handle, "pointercancel", () => end(false));
  listen(handle, "lostpointercapture", () => end(false));
  listen(window, "blur", () => end(false));
  listen(
    window,
    "keydown",
    (key) => {
      key.stopImmediatePropagation();
      key.preventDefault();
      if (key.key === "Escape") end(false);
    },
    true,
  );
  handle.setPointerCapture(event.pointerId);
  frame();
  return { cancel: () => end(false), again: () => show(now.places) };
}
