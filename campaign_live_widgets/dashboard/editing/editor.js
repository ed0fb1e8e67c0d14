/**
 * Edit mode of one tab: dresses the tiles of the grid beside it, each view for itself.
 *
 * Messages out: edit, arrange {places, n}, reset, cancel {places, n}, save; each carries the id of
 * this view. Messages in, for the view named: arranged {n}, saved, refused {text}. (transfer.js
 * has its own.) What stands where is the kernel's `places`; a drag or a key previews in the page
 * what the kernel is then told once.
 */

import { drawIcon, freshId, make, makeButton, placeBeside, write } from "../../rendering/html/dom.js";
import { follow, lifetime, onResize } from "../../widgets/base/widget.js";
import { boxes, clamp, drag, glide, measure } from "./drag.js";
import { toolbar } from "./toolbar.js";
import { dress } from "./transfer.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const GRIP = "M3 3h2v2H3zM7 3h2v2H7zM3 7h2v2H3zM7 7h2v2H7zM3 11h2v2H3zM7 11h2v2H7z";

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const words = model.get("words");
  const geometry = model.get("geometry");
  const specs = new Map(model.get("tiles").map((spec) => [spec.id, spec]));
  const viewer = freshId();
  const parts = toolbar(el, words);
  const say = (text, values = {}) => {
    const said = text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    parts.live.textContent = parts.live.textContent === said ? `${said}\u00a0` : said;
  };
  const tell = (type, more = {}) => model.send({ type, viewer, ...more });
  let told = 0; // arrangements sent
  let heard = 0; // arrangements the kernel has answered
  let grid = /** @type {HTMLElement} */ (/** @type {unknown} */ (null));
  let page = /** @type {HTMLElement | null} */ (null);
  let nodes = new Map(); // tile id → its node in this page
  let places = []; // as they stand in this page
  let before = /** @type {any[] | null} */ (null); // as they stood when editing began; null outside edit mode
  let dragging = /** @type {ReturnType<typeof drag> | null} */ (null);
  let mode = new AbortController();

  const shown = () => places.filter((place) => place.shown);
  const placeOf = (id) => places.find((place) => place.id === id);
  const nameOf = (id) => specs.get(id).title;
  const isSingle = () => measure(grid, geometry).single;

  /**
   * Put the tiles where `list` says; in one column, those someone has sized keep that height.
   * Properties of our own go over the layouts' styles, in which the kernel's late answers to
   * earlier changes come in one by one.
   */
  function put(list) {
    list.forEach(({ id, rows, columns, shown: stays }, i) => {
      const { style, classList } = nodes.get(id) ?? {};
      if (!style) return;
      style.setProperty("--clw-order", i);
      style.setProperty("--clw-rows", rows);
      style.setProperty("--clw-columns", columns);
      style.setProperty("--clw-high", `${rows * (geometry.row + geometry.gap) - geometry.gap}px`);
      classList.add("clw-placed");
      classList.toggle("clw-off", !stays);
      classList.toggle("clw-sized", rows !== specs.get(id).rows);
    });
  }

  /** Show only some of the tiles otherwise, those off the page staying where they are. */
  function preview(visible) {
    put([...visible, ...places.filter((place) => !place.shown)]);
  }

  /** Take over what the kernel says, unless it has yet to hear of later changes made here. */
  function follows() {
    if (heard === told) places = model.get("places");
    put(places);
    dragging?.again();
    refresh();
  }

  function find() {
    if (!grid) return;
    nodes = new Map();
    for (const { id, css } of specs.values()) {
      const node = grid.querySelector(`:scope > .${CSS.escape(css)}`);
      if (node) nodes.set(id, node);
    }
  }

  /** Change the places: here at once, in the kernel with one message. */
  function arrange(list) {
    places = list;
    put(places);
    refresh();
    told += 1;
    tell("arrange", { places, n: told });
  }

  /** Put the tiles shown into this order, the hidden ones after the neighbour they stood after. */
  function merged(visible) {
    const list = [...visible];
    places.forEach((place, i) => {
      if (place.shown) return;
      const at = i ? list.findIndex(({ id }) => id === places[i - 1].id) + 1 : 0;
      list.splice(at, 0, place);
    });
    return list;
  }

  function label(id) {
    const all = shown();
    const { rows, columns } = placeOf(id);
    const at = all.findIndex((place) => place.id === id) + 1;
    const size = isSingle() ? words.high : words.size;
    return [
      words.placed.replace("{title}", nameOf(id)).replace("{n}", at).replace("{total}", all.length),
      size.replace("{columns}", columns).replace("{rows}", rows),
    ];
  }

  /** Bring tool line, list of missing tiles and labels in step with the places. */
  function refresh() {
    const gone = places.filter((place) => !place.shown);
    parts.empty.hidden = places.length === 0 || gone.length < places.length;
    if (!before) return;
    parts.add.disabled = gone.length === 0;
    parts.add.title = gone.length ? "" : words.none;
    write(parts.add, gone.length ? `${words.add} (${gone.length})` : words.add);
    const listed = [...parts.missing.querySelectorAll("button")].map((item) => item.dataset.tile);
    // A list that is made anew loses the reader's place in it.
    if (gone.length !== listed.length || gone.some(({ id }, i) => id !== listed[i]))
      parts.missing.replaceChildren(
        ...gone.map(({ id }) => {
          const item = makeButton("clw-edit-item", nameOf(id));
          item.dataset.tile = id;
          return item;
        }),
      );
    for (const { id } of shown()) nodes.get(id)?.setAttribute("aria-label", label(id).join(", "));
    dressAll();
  }

  function dressAll() {
    for (const [id, node] of nodes) {
      if (!node.querySelector(":scope > .clw-edit-corner")) {
        const remove = makeButton("clw-edit-remove", "×");
        remove.title = words.remove.replace("{title}", nameOf(id));
        remove.setAttribute("aria-label", remove.title);
        remove.addEventListener("click", () => removeTile(id));
        const corner = make("div", "clw-edit-corner");
        corner.title = words.corner;
        node.append(drawIcon(GRIP, "clw-edit-grip", "0 0 12 16"), remove, corner);
        node.tabIndex = 0;
        node.setAttribute("role", "group");
        node.setAttribute("aria-roledescription", words.tile);
        node.setAttribute("aria-describedby", parts.help.id);
        node.setAttribute("data-lm-suppress-shortcuts", "true");
      }
      for (const body of node.querySelectorAll(":scope > .clw-view")) body.inert = true;
    }
  }

  function undressAll() {
    for (const node of nodes.values()) {
      for (const part of node.querySelectorAll(":scope > :is(.clw-edit-grip, .clw-edit-remove, .clw-edit-corner)"))
        part.remove();
      for (const body of node.querySelectorAll(":scope > .clw-view")) body.inert = false;
      for (const name of ["tabindex", "role", "data-lm-suppress-shortcuts"]) node.removeAttribute(name);
      for (const name of ["label", "roledescription", "describedby"]) node.removeAttribute(`aria-${name}`);
    }
  }

  function enter() {
    if (before || !nodes.size) return;
    before = places;
    mode = new AbortController();
    const options = { signal: mode.signal };
    find();
    grid.addEventListener("pointerdown", press, options);
    grid.addEventListener("keydown", type, options);
    // A view that is switched to while editing must not be in the way either.
    const changed = new MutationObserver(dressAll);
    for (const node of nodes.values()) changed.observe(node, { childList: true });
    mode.signal.addEventListener("abort", () => changed.disconnect());
    el.classList.add("clw-on");
    page = el.parentElement; // which may stay when this view goes
    page?.classList.add("clw-editing");
    fail("");
    refresh();
    tell("edit");
    say(words.begun);
    (nodes.get(shown()[0]?.id) ?? parts.add).focus({ preventScroll: true });
  }

  function leave(said) {
    if (!before) return;
    dragging?.cancel();
    before = null;
    mode.abort();
    undressAll();
    parts.missing.hidePopover();
    el.classList.remove("clw-on");
    page?.classList.remove("clw-editing");
    if (!said) return;
    parts.modify.focus({ preventScroll: true });
    say(said);
  }

  function fail(text) {
    parts.note.textContent = text;
    parts.save.disabled = false;
  }

  function press(event) {
    if (event.button !== 0 || !event.isPrimary || dragging) return;
    const corner = event.target.closest(".clw-edit-corner");
    const head = event.target.closest(".clw-tile-head, .clw-edit-grip");
    if (!corner && (!head || event.target.closest("button, a, input, select"))) return;
    const node = event.target.closest(".clw-tile");
    const id = [...nodes].find(([, other]) => other === node)?.[0];
    if (!id) return;
    event.preventDefault();
    node.focus({ preventScroll: true });
    const handle = corner ?? node;
    const done = (list) => {
      dragging = null;
      if (list) {
        arrange(merged(list));
        say(label(id)[corner ? 1 : 0]);
      } else {
        put(places);
        say(words.back);
      }
    };
    dragging = drag({ event, handle, sizes: Boolean(corner), id, grid, nodes, places: shown(), geometry, show: preview, done });
  }

  function type(event) {
    const id = [...nodes].find(([, node]) => node === event.target)?.[0];
    if (!id || event.altKey || event.ctrlKey || event.metaKey) return;
    const way = ARROWS[event.key];
    if (way && event.shiftKey) resize(id, ...way);
    else if (way) step(id, way[0] + way[1]);
    else if (event.key === "Delete" || event.key === "Backspace") removeTile(id);
    else if (event.key === "Enter") parts.save.focus();
    else if (event.key === "Escape") parts.cancel.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Show a change of keys as a drag's is shown. */
  function change(id, list) {
    const room = measure(grid, geometry);
    const heights = new Map(shown().map((place) => [place.id, nodes.get(place.id).offsetHeight]));
    const old = boxes(shown(), room, heights);
    arrange(list);
    if (!room.single) glide(nodes, old, boxes(shown(), room, heights));
    nodes.get(id).scrollIntoView({ block: "nearest" });
  }

  function resize(id, dx, dy) {
    const old = placeOf(id);
    const single = isSingle();
    const { minRows, maxRows, minColumns } = geometry;
    let { rows, columns } = old;
    if (single && dy && !nodes.get(id).classList.contains("clw-sized"))
      rows = Math.round((nodes.get(id).offsetHeight + geometry.gap) / (geometry.row + geometry.gap));
    rows = clamp(rows + dy, minRows, maxRows);
    if (!single) columns = clamp(columns + dx, minColumns, geometry.columns);
    if (rows === old.rows && columns === old.columns) return say(words.limit);
    change(id, places.map((place) => (place === old ? { ...place, rows, columns } : place)));
    return say(label(id)[1]);
  }

  function step(id, by) {
    const list = shown();
    const at = list.findIndex((place) => place.id === id);
    const [own] = list.splice(at, 1);
    list.splice(clamp(at + by, 0, list.length), 0, own);
    if (list[at]?.id !== id) change(id, merged(list));
    say(label(id)[0]);
  }

  function removeTile(id) {
    const list = shown();
    const at = list.findIndex((place) => place.id === id);
    const next = list[at + 1] ?? list[at - 1];
    arrange(places.map((place) => (place.id === id ? { ...place, shown: false } : place)));
    (nodes.get(next?.id) ?? parts.add).focus();
    say(words.removed, { title: nameOf(id), count: places.filter((place) => !place.shown).length });
  }

  parts.missing.addEventListener("click", (event) => {
    const item = /** @type {Element} */ (event.target).closest(".clw-edit-item");
    const id = /** @type {HTMLElement | null} */ (item)?.dataset.tile;
    if (!id) return;
    parts.missing.hidePopover();
    arrange(places.map((place) => (place.id === id ? { ...place, shown: true } : place)));
    nodes.get(id)?.focus();
    nodes.get(id)?.scrollIntoView({ block: "nearest" });
    say(words.added, { placed: label(id)[0] });
  });
  parts.missing.addEventListener("beforetoggle", ({ newState }) => {
    parts.add.setAttribute("aria-expanded", String(newState === "open"));
    placeBeside(parts.missing, parts.add, { reserve: 320, align: "start" });
  });
  dress(parts.reset, { model, viewer, words, signal: life.signal });
  parts.modify.addEventListener("click", enter);
  parts.reset.addEventListener("click", () => {
    tell("reset");
    say(words.asReset);
  });
  parts.cancel.addEventListener("click", () => {
    places = before ?? places;
    put(places);
    told += 1; // or a late answer to an earlier change would bring that change back for a moment
    tell("cancel", { places, n: told });
    leave(words.undone);
  });
  parts.save.addEventListener("click", () => {
    fail("");
    parts.save.disabled = true;
    tell("save");
  });
  follow(model, "msg:custom", (message) => {
    if (message.viewer !== viewer) return;
    if (message.type === "arranged") {
      heard = message.n;
      follows();
    } else if (message.type === "saved") {
      fail("");
      leave(words.saved);
    } else if (message.type === "refused") {
      fail(message.text);
      parts.save.focus();
    }
  }, life.signal);
  follow(model, "change:places", follows, life.signal);

  // The view may be drawn before it hangs in the page, and before the tiles have their classes.
  const findAll = () => {
    if (life.signal.aborted) return;
    grid ??= /** @type {any} */ (el.closest(".clw-page")?.querySelector(":scope > .clw-grid"));
    find();
    if (nodes.size < specs.size) {
      setTimeout(findAll, 20);
      return;
    }
    follows();
    onResize(grid, () => grid.classList.toggle("clw-single", isSingle()), life.signal);
  };
  findAll();
  life.signal.addEventListener("abort", () => leave(""));
  return () => life.abort();
}
