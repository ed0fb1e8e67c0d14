/**
 * Edit mode of one tab: adds handles to the tiles of the grid beside it, for each view separately.
 *
 * Messages out: edit {n}, arrange {places, n}, reset {n}, cancel {places, n}, save {places, n}; each has
 * the id of this view. Messages in, for the named view: arranged {n}, saved, refused {text}; and those of
 * transfer.js. A drag or a key is previewed in the page, and sent once it is done. What is not saved is a
 * draft of the page (drafts.js), with which a view that replaces this one goes on: edit {places, n}.
 */

import { freshId, makeButton, placeBeside, write } from "../../rendering/html/dom.js";
import { follow, lifetime, onResize } from "../../widgets/base/widget.js";
import { draftStore, isEdited, resumed } from "./drafts.js";
import { boxes, clamp, drag, glide, measure } from "./drag.js";
import { addHandles, removeHandles } from "./handles.js";
import { toolbar } from "./toolbar.js";
import { addFileButtons } from "./transfer.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const labels = model.get("labels");
  const geometry = model.get("geometry");
  const specs = new Map(model.get("tiles").map((spec) => [spec.id, spec]));
  let viewer = freshId();
  const { name, session } = model.get("draft");
  const draft = draftStore(name);
  const parts = toolbar(el, labels);
  const announce = (template, values = {}) => {
    const text = template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    // Screen readers announce a change only: a repeated text gets a space more.
    parts.live.textContent = parts.live.textContent === text ? `${text}\u00a0` : text;
  };
  const isLost = () => Boolean(el.closest(".clw-report[data-lost]"));
  const send = (type, more = {}) => {
    try {
      model.send({ type, viewer, ...more });
    } catch {
      // A dead kernel: the page shows that it is, and the draft stays.
    }
  };
  let sent = 0; // number of the last layout sent
  let confirmed = 0; // number of the last layout that the kernel has confirmed
  let grid = /** @type {HTMLElement} */ (/** @type {unknown} */ (null));
  let page = /** @type {HTMLElement | null} */ (null);
  let nodes = new Map(); // tile id → its node in this page
  let places = []; // as shown in this page
  let before = /** @type {any[] | null} */ (null); // as they were when editing began; null outside edit mode
  let isOutdated = false; // whether another layout has been saved since editing began
  let dragging = /** @type {ReturnType<typeof drag> | null} */ (null);
  let mode = new AbortController();

  const shown = () => places.filter((place) => place.shown);
  const placeOf = (id) => places.find((place) => place.id === id);
  const nameOf = (id) => specs.get(id).title;
  const isSingle = () => measure(grid, geometry).single;

  /**
   * Apply a list of places to the tiles; in one column, tiles that were resized keep that height.
   *
   * Custom properties override the styles of the widgets' layouts, in which the kernel's late
   * answers to earlier changes arrive one by one.
   */
  function apply(list) {
    list.forEach(({ id, rows, columns, shown: isShown }, i) => {
      const { style, classList } = nodes.get(id) ?? {};
      if (!style) return;
      style.setProperty("--clw-order", i);
      style.setProperty("--clw-rows", rows);
      style.setProperty("--clw-columns", columns);
      style.setProperty("--clw-high", `${rows * (geometry.row + geometry.gap) - geometry.gap}px`);
      classList.add("clw-placed");
      classList.toggle("clw-off", !isShown);
      classList.toggle("clw-sized", rows !== specs.get(id).rows);
    });
  }

  /** Preview other places of the tiles on the page; removed tiles stay as they are. */
  function preview(visible) {
    apply([...visible, ...places.filter((place) => !place.shown)]);
  }

  /** Apply the kernel's places, unless later changes of this page are not confirmed yet. */
  function onPlaces() {
    if (confirmed === sent) places = model.get("places");
    apply(places);
    dragging?.again();
    refresh();
    keep();
  }

  /** Keep what is not saved, so that it outlives this view. */
  function keep() {
    if (before) draft.write({ session, viewer, before, places, isOutdated });
  }

  function findNodes() {
    if (!grid) return;
    nodes = new Map();
    for (const { id, css } of specs.values()) {
      const node = grid.querySelector(`:scope > .${CSS.escape(css)}`);
      if (node) nodes.set(id, node);
    }
  }

  /** Change the places: at once in this page, and in the kernel with one message. */
  function arrange(list) {
    places = list;
    apply(places);
    refresh();
    keep();
    sent += 1;
    send("arrange", { places, n: sent });
  }

  /** Insert removed tiles into an order of visible ones, each after its previous neighbour. */
  function withRemoved(visible) {
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
    const size = isSingle() ? labels.high : labels.size;
    return [
      labels.placed
        .replace("{title}", nameOf(id))
        .replace("{n}", at)
        .replace("{total}", all.length),
      size.replace("{columns}", columns).replace("{rows}", rows),
    ];
  }

  /** Update toolbar, list of removed tiles and labels from the places. */
  function refresh() {
    const removed = places.filter((place) => !place.shown);
    parts.empty.hidden = places.length === 0 || removed.length < places.length;
    if (!before) return;
    parts.add.disabled = removed.length === 0;
    parts.add.title = removed.length ? "" : labels.none;
    write(parts.add, removed.length ? `${labels.add} (${removed.length})` : labels.add);
    const listed = [...parts.missing.querySelectorAll("button")].map((item) => item.dataset.tile);
    // A list that is created again loses the reader's position in it.
    if (removed.length !== listed.length || removed.some(({ id }, i) => id !== listed[i]))
      parts.missing.replaceChildren(
        ...removed.map(({ id }) => {
          const item = makeButton("clw-edit-item", nameOf(id));
          item.dataset.tile = id;
          return item;
        }),
      );
    for (const { id } of shown()) nodes.get(id)?.setAttribute("aria-label", label(id).join(", "));
    drawHandles();
  }

  function drawHandles() {
    addHandles(nodes, { labels, nameOf, removeTile, helpId: parts.help.id });
  }

  /** Go on with the draft of a former view, if there is one. */
  function goOn() {
    const stored = before || isEdited(name) ? null : draft.read();
    const kept = stored && resumed(stored, session, places);
    if (stored && !kept) draft.clear();
    if (!kept) return;
    ({ viewer, isOutdated } = kept);
    enter(kept.before, kept.places);
    if (isOutdated) showError(labels.newer);
  }

  /** Begin to edit; `drafted` are the places of a draft, if there is one. */
  function enter(from, drafted = /** @type {any[] | null} */ (null)) {
    if (before || !nodes.size) return;
    before = from;
    mode = new AbortController();
    const options = { signal: mode.signal };
    findNodes();
    grid.addEventListener("pointerdown", onPointerDown, options);
    grid.addEventListener("keydown", onKeyDown, options);
    // A view that is shown during editing gets no input, either.
    const changed = new MutationObserver(drawHandles);
    for (const node of nodes.values()) changed.observe(node, { childList: true });
    mode.signal.addEventListener("abort", () => changed.disconnect());
    el.classList.add("clw-on");
    el.setAttribute("data-draft", name);
    page = el.parentElement; // kept, since it may outlive this view
    page?.classList.add("clw-editing");
    showError("");
    if (drafted) {
      places = drafted;
      apply(places);
    }
    refresh();
    keep();
    sent += 1;
    send("edit", drafted ? { places, n: sent } : { n: sent });
    announce(drafted ? labels.kept : labels.begun);
    if (!drafted) (nodes.get(shown()[0]?.id) ?? parts.add).focus({ preventScroll: true });
  }

  function leave(message) {
    if (!before) return;
    dragging?.cancel();
    before = null;
    mode.abort();
    removeHandles(nodes);
    parts.missing.hidePopover();
    el.classList.remove("clw-on");
    page?.classList.remove("clw-editing");
    if (!message) return;
    draft.clear();
    isOutdated = false;
    parts.modify.focus({ preventScroll: true });
    announce(message);
  }

  function showError(text) {
    parts.note.textContent = text;
    parts.save.disabled = false;
  }

  function onPointerDown(event) {
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
        arrange(withRemoved(list));
        announce(label(id)[corner ? 1 : 0]);
      } else {
        apply(places);
        announce(labels.back);
      }
    };
    dragging = drag({
      event,
      handle,
      sizes: Boolean(corner),
      id,
      grid,
      nodes,
      places: shown(),
      geometry,
      show: preview,
      done,
    });
  }

  function onKeyDown(event) {
    const id = [...nodes].find(([, node]) => node === event.target)?.[0];
    if (!id || event.altKey || event.ctrlKey || event.metaKey) return;
    const direction = ARROWS[event.key];
    if (direction && event.shiftKey) resize(id, ...direction);
    else if (direction) move(id, direction[0] + direction[1]);
    else if (event.key === "Delete" || event.key === "Backspace") removeTile(id);
    else if (event.key === "Enter") parts.save.focus();
    else if (event.key === "Escape") parts.cancel.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Apply a change by keys, with the animation of a drag. */
  function change(id, list) {
    const room = measure(grid, geometry);
    const heights = new Map(shown().map((place) => [place.id, nodes.get(place.id).offsetHeight]));
    const old = boxes(shown(), room, heights);
    arrange(list);
    if (!room.single) glide(nodes, old, boxes(shown(), room, heights));
    nodes.get(id).scrollIntoView({ block: "nearest" });
  }

  function resize(id, dx, dy) {
    const previous = placeOf(id);
    const single = isSingle();
    const { minRows, maxRows, minColumns } = geometry;
    let { rows, columns } = previous;
    if (single && dy && !nodes.get(id).classList.contains("clw-sized"))
      rows = Math.round(
        (nodes.get(id).offsetHeight + geometry.gap) / (geometry.row + geometry.gap),
      );
    rows = clamp(rows + dy, minRows, maxRows);
    if (!single) columns = clamp(columns + dx, minColumns, geometry.columns);
    if (rows === previous.rows && columns === previous.columns) return announce(labels.limit);
    change(
      id,
      places.map((place) => (place === previous ? { ...place, rows, columns } : place)),
    );
    return announce(label(id)[1]);
  }

  function move(id, by) {
    const list = shown();
    const at = list.findIndex((place) => place.id === id);
    const [own] = list.splice(at, 1);
    list.splice(clamp(at + by, 0, list.length), 0, own);
    if (list[at]?.id !== id) change(id, withRemoved(list));
    announce(label(id)[0]);
  }

  function removeTile(id) {
    const list = shown();
    const at = list.findIndex((place) => place.id === id);
    const next = list[at + 1] ?? list[at - 1];
    arrange(places.map((place) => (place.id === id ? { ...place, shown: false } : place)));
    (nodes.get(next?.id) ?? parts.add).focus();
    announce(labels.removed, {
      title: nameOf(id),
      count: places.filter((place) => !place.shown).length,
    });
  }

  parts.missing.addEventListener("click", (event) => {
    const item = /** @type {Element} */ (event.target).closest(".clw-edit-item");
    const id = /** @type {HTMLElement | null} */ (item)?.dataset.tile;
    if (!id) return;
    parts.missing.hidePopover();
    arrange(places.map((place) => (place.id === id ? { ...place, shown: true } : place)));
    nodes.get(id)?.focus();
    nodes.get(id)?.scrollIntoView({ block: "nearest" });
    announce(labels.added, { placed: label(id)[0] });
  });
  parts.missing.addEventListener("beforetoggle", ({ newState }) => {
    parts.add.setAttribute("aria-expanded", String(newState === "open"));
    placeBeside(parts.missing, parts.add, { reserve: 320, align: "start" });
  });
  addFileButtons(parts.reset, { model, viewerOf: () => viewer, labels, signal: life.signal });
  parts.modify.addEventListener("click", () => enter(places));
  parts.reset.addEventListener("click", () => {
    sent += 1;
    send("reset", { n: sent });
    announce(labels.asReset);
  });
  parts.cancel.addEventListener("click", () => {
    places = before ?? places;
    apply(places);
    sent += 1; // else a late answer to an earlier change would show that change for a moment
    send("cancel", { places, n: sent });
    leave(labels.undone);
  });
  parts.save.addEventListener("click", () => {
    showError(isLost() ? labels.lost : "");
    if (isLost()) return;
    parts.save.disabled = true;
    send("save", { places, n: sent });
  });
  follow(
    model,
    "msg:custom",
    (message) => {
      if (message.viewer !== viewer) return;
      if (message.type === "arranged") {
        confirmed = message.n;
        onPlaces();
      } else if (message.type === "saved") {
        showError("");
        leave(labels.saved);
      } else if (message.type === "refused") {
        showError(message.text);
        parts.save.focus();
      }
    },
    life.signal,
  );
  follow(model, "change:places", onPlaces, life.signal);

  // The view may be drawn before it is attached to the page, and before the tiles have classes.
  const findAll = () => {
    if (life.signal.aborted) return;
    grid ??= /** @type {any} */ (el.closest(".clw-page")?.querySelector(":scope > .clw-grid"));
    findNodes();
    parts.modify.disabled = nodes.size < specs.size;
    if (parts.modify.disabled) {
      setTimeout(findAll, 20);
      return;
    }
    onPlaces();
    goOn();
    onResize(grid, () => grid.classList.toggle("clw-single", isSingle()), life.signal);
  };
  findAll();
  life.signal.addEventListener("abort", () => leave(""));
  return () => life.abort();
}
