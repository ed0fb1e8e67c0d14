// The page's head. Messages out: pause, resume, back, recount, dismiss {text}.

import { keepKeys, make, makeButton, placeBeside, write } from "../../rendering/html/dom.js";
import { age } from "../../widgets/base/format.js";
import { follow, lifetime } from "../../widgets/base/widget.js";

const PANEL_PX = 480;

/**
 * Create an element inside another.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {HTMLElement} parent
 */
const add = (tag, className, parent) => parent.appendChild(make(tag, className));

/**
 * Create a button inside an element.
 *
 * @param {string} className
 * @param {HTMLElement} parent
 */
const addButton = (className, parent, text = "") => parent.appendChild(makeButton(className, text));

/** Write a text; hide the node if the text is empty. */
const setText = (node, text) => {
  write(node, text);
  node.hidden = !text;
};

function build(el) {
  el.classList.add("clw-header");
  const back = addButton("clw-back", el);
  const top = add("div", "clw-header-top", el);
  const title = add("h1", "clw-header-title", top);
  const name = add("bdi", "clw-header-name", title);
  const id = add("bdi", "clw-header-id", title);
  const tools = add("div", "clw-header-tools", top);
  const pill = add("span", "clw-pill", tools);
  pill.setAttribute("role", "status");
  const toggle = addButton("clw-button clw-toggle", tools);
  const health = addButton("clw-button clw-health", tools);
  const panel = add("div", "clw-health-panel", el);
  const line = add("p", "clw-header-line", el);
  const span = add("span", "clw-header-window", line);
  const scope = add("span", "clw-header-scope", line);
  const newest = add("span", "clw-header-newest", line);
  const refreshed = add("span", "clw-header-refreshed", line);
  const asOf = add("span", "clw-header-as-of", line);
  const windowNote = add("p", "clw-header-note", el);
  const note = add("p", "clw-header-note clw-header-trouble", el);
  const alarms = add("div", "clw-header-alarms", el);
  alarms.setAttribute("role", "status");
  const gone = add("div", "clw-header-gone", el);
  const goneText = add("span", "", gone);
  goneText.setAttribute("role", "status");
  const recount = addButton("clw-button clw-recount", gone);
  const notices = add("div", "clw-notices", el);
  notices.setAttribute("role", "status");
  return {
    ...{ back, top, name, id, pill, toggle, health, panel, span, scope, newest, refreshed },
    ...{ asOf, windowNote, note, alarms, gone, goneText, recount, notices, counts: [] },
  };
}

function drawHealth(parts, model) {
  const { health: button, panel, pill, alarms } = parts;
  const labels = model.get("labels");
  const health = model.get("health");
  button.textContent = labels.health;
  panel.setAttribute("aria-label", labels.health);
  button.classList.toggle("clw-troubled", Boolean(health.troubled));
  const lines = health.alarms ?? [];
  pill.classList.toggle("clw-troubled", lines.length > 0);
  if (lines.join("\n") !== [...alarms.children].map((n) => n.textContent).join("\n")) {
    alarms.replaceChildren(
      ...lines.map((text) => make("p", "clw-header-note clw-header-trouble", text)),
    );
  }
  const list = make("dl", "clw-health-numbers");
  parts.counts = (labels.terms ?? []).map(([label, meaning]) => {
    const count = make("dd", "clw-number");
    const row = [make("dt", "", label), count, make("dd", "clw-meaning", meaning)];
    list.append(...row);
    return { count, row };
  });
  const shown = /** @type {HTMLElement[]} */ ([list]);
  for (const text of health.notes ?? []) shown.push(make("p", "clw-health-note", text));
  if (health.rejects?.length) {
    const table = make("table", "clw-rejects");
    table.createCaption().textContent = labels.rejects;
    const head = table.createTHead().insertRow();
    for (const key of ["file", "row", "cause"]) head.append(make("th", "", labels[key]));
    const body = table.createTBody();
    for (const reject of health.rejects) {
      const row = body.insertRow();
      for (const cell of reject) row.insertCell().textContent = cell;
    }
    shown.push(table);
  }
  panel.replaceChildren(...shown);
  drawCounts(parts, model);
}

/** Draw how many counted events are in no file any more. */
function drawGone({ gone, goneText, recount }, model) {
  write(goneText, model.get("gone"));
  write(recount, model.get("labels").recount);
  recount.disabled = false;
  gone.hidden = !model.get("gone");
}

function drawCounts({ counts }, model) {
  counts.forEach(({ count, row }, i) => {
    const number = model.get("numbers")[i] ?? "";
    write(count, number);
    for (const node of row) node.hidden = !number;
  });
}

/** Draw a line for each notice, with a button to dismiss it; unchanged lines are not redrawn. */
function drawNotices({ notices: list }, model) {
  const texts = model.get("notices");
  const items = new Map([...list.children].map((item) => [item.firstChild.textContent, item]));
  for (const [text, item] of items) if (!texts.includes(text)) item.remove();
  for (const text of texts) {
    if (items.has(text)) continue;
    const item = add("div", "clw-notice", list);
    const line = item.appendChild(make("span", "clw-notice-text", text));
    line.dir = "auto";
    const path = model.get("links")[text];
    if (path?.startsWith("/")) {
      const link = keepKeys(add("a", "clw-notice-link", item));
      link.href = path;
      link.target = "_blank";
      link.textContent = model.get("labels").open;
    }
    const close = addButton("clw-notice-close", item, "×");
    close.title = model.get("labels").dismiss;
    close.setAttribute("aria-label", model.get("labels").dismiss);
    close.addEventListener("click", () => model.send({ type: "dismiss", text }));
  }
}

/** Open the panel under its button, in the top layer, since an output area would clip it. */
function makePopover({ health: button, panel }, signal) {
  panel.popover = "auto";
  panel.setAttribute("role", "dialog");
  button.popoverTargetElement = panel;
  panel.addEventListener("beforetoggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open") placeBeside(panel, button, { width: PANEL_PX });
  });
  const onScroll = (event) => {
    if (panel.matches(":popover-open") && event.target.contains(button)) panel.hidePopover();
  };
  document.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
}

/** @param {RenderProps} props */
export function render({ model, el, signal: given }) {
  const life = lifetime(given);
  const { signal } = life;
  const parts = build(el);
  const labels = () => model.get("labels");
  let skew = 0;
  let root = /** @type {HTMLElement | null} */ (null);

  const now = () => Date.now() - skew;
  // The connection monitor sets it, and shows the cause itself.
  const isLost = () => root?.dataset.lost !== undefined;

  const drawAges = () => {
    const since = ([iso, text], label, node) => {
      if (!iso) return;
      const ms = now() - Date.parse(iso);
      const ago = ms < 2000 ? labels().now : labels().ago.replace("{}", age(ms, labels()));
      node.title = text;
      setText(node, ms < 3_600_000 ? `${label} ${ago}` : `${label} ${text} (${ago})`);
    };
    if (model.get("newest")[0]) since(model.get("newest"), labels().newest, parts.newest);
    else setText(parts.newest, labels().none);
    since(model.get("refreshed"), labels().refreshed, parts.refreshed);
    parts.refreshed.hidden = !model.get("live") || !model.get("refreshed")[0];
    const [, at] = model.get("refreshed")[1] ? model.get("refreshed") : model.get("newest");
    setText(parts.asOf, at ? labels().as_of.replace("{}", at) : "");
    drawState();
  };

  const drawState = () => {
    const state = isLost() ? "stale" : model.get("state");
    const isStatic = !model.get("live") && state === "paused";
    setText(parts.pill, isStatic ? labels().static : labels()[state]);
    parts.pill.dataset.state = state;
    setText(parts.note, model.get("note"));
    parts.toggle.hidden = !model.get("live");
    setText(
      parts.toggle,
      model.get("live") ? labels()[state === "paused" ? "resume" : "pause"] : "",
    );
    if (root && root.dataset.state !== state) root.dataset.state = state;
  };

  const drawText = () => {
    const campaign = model.get("campaign");
    const [name, id] = model.get("detail").length
      ? model.get("detail")
      : [model.get("campaign_name"), model.get("campaign_id")];
    const isDetail = model.get("detail").length > 0;
    setText(parts.back, isDetail ? `‹ ${campaign}` : "");
    parts.back.setAttribute(
      "aria-label",
      labels().back.replace("{}", () => campaign),
    );
    setText(parts.name, name || id);
    setText(parts.id, name && name !== id ? id : "");
    parts.name.title = name || id;
    parts.id.title = id;
    setText(parts.span, model.get("window"));
    const phrases = model.get("scope");
    if (phrases.join("\n") !== [...parts.scope.children].map((n) => n.textContent).join("\n")) {
      parts.scope.replaceChildren(...phrases.map((text) => make("bdi", "", text)));
    }
    parts.scope.hidden = !phrases.length;
    setText(parts.windowNote, model.get("window_note"));
    if (!root) return;
    root.lang = model.get("locale");
    root.dataset.asOf = model.get("as_of");
    root.classList.toggle("clw-detail", isDetail);
  };

  const drawAll = () => {
    drawText();
    drawHealth(parts, model);
    drawGone(parts, model);
    drawNotices(parts, model);
    drawAges();
  };

  // The view may be drawn before it is attached to the page.
  const findRoot = () => {
    if (signal.aborted) return;
    root = el.closest(".clw-report");
    if (!root) {
      setTimeout(findRoot, 20);
      return;
    }
    root.addEventListener("clw-lost", drawState, { signal });
    drawAll();
  };

  parts.toggle.addEventListener("click", () =>
    model.send({ type: model.get("state") === "paused" ? "resume" : "pause" }),
  );
  // If the page of a message was opened here, the browser's Back is exact (see filters.js).
  parts.back.addEventListener("click", () => {
    if (history.state?.campaignLive === "detail") history.back();
    else model.send({ type: "back" });
  });
  parts.recount.addEventListener("click", () => {
    parts.recount.disabled = true; // until the source is counted
    model.send({ type: "recount" });
  });
  makePopover(parts, signal);
  const on = (names, draw) => {
    for (const name of names) follow(model, `change:${name}`, draw, signal);
  };
  on(
    [
      "campaign_id",
      "campaign_name",
      "campaign",
      "window",
      "window_note",
      "as_of",
      "scope",
      "detail",
    ],
    drawText,
  );
  on(["state", "note", "live", "newest"], drawAges);
  on(["labels"], drawAll);
  on(["health"], () => drawHealth(parts, model));
  on(["gone"], () => drawGone(parts, model));
  on(["numbers"], () => drawCounts(parts, model));
  on(["notices"], () => drawNotices(parts, model));
  let [refreshedAt] = model.get("refreshed");
  on(["refreshed"], () => {
    const [iso] = model.get("refreshed");
    // Only a new time is the current one: the same time comes again in another language.
    if (iso !== refreshedAt) {
      const ahead = Date.now() - Date.parse(iso);
      skew = Math.abs(ahead) > 2000 ? ahead : 0;
    }
    refreshedAt = iso;
    drawAges();
  });
  const timer = setInterval(drawAges, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  drawAll();
  findRoot();
  return () => life.abort();
}
