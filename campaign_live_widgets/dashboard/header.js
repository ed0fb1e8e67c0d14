/**
 * The page's head, and its pulse towards Python.
 *
 * Messages out: hello {search}, ack {tick}, visible {visible}, ping, bye, pause, resume; each
 * carries the id of this view, so that Python can tell two pages of one report apart.
 */
const PING_MS = 15_000;
const LOST_MS = 60_000;
const PANEL_PX = 480;

const make = (tag, className, parent) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent?.append(node);
  return node;
};

const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
};

/** Lab and Notebook take keys before a focused control sees them, unless it says not to. */
const keepKeys = (node) => {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
};

function age(ms, words) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} ${words.second}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${words.minute}`;
  if (s < 172_800) return `${Math.floor(s / 3600)} ${words.hour}`;
  return `${Math.floor(s / 86_400)} ${words.day}`;
}

function build(el) {
  el.classList.add("clw-header");
  const top = make("div", "clw-header-top", el);
  const title = make("h1", "clw-header-title", top);
  const name = make("span", "clw-header-name", title);
  const id = make("span", "clw-header-id", title);
  const tools = make("div", "clw-header-tools", top);
  const pill = make("span", "clw-pill", tools);
  pill.setAttribute("role", "status");
  const toggle = keepKeys(make("button", "clw-button clw-toggle", tools));
  toggle.type = "button";
  const health = keepKeys(make("button", "clw-button clw-health", tools));
  health.type = "button";
  const panel = make("div", "clw-health-panel", el);
  const line = make("p", "clw-header-line", el);
  const span = make("span", "clw-header-window", line);
  const newest = make("span", "clw-header-newest", line);
  const refreshed = make("span", "clw-header-refreshed", line);
  const windowNote = make("p", "clw-header-note", el);
  const note = make("p", "clw-header-note clw-header-trouble", el);
  return { top, name, id, pill, toggle, health, panel, span, newest, refreshed, windowNote, note };
}

function drawHealth({ health: button, panel }, health, words) {
  button.textContent = words.health;
  panel.setAttribute("aria-label", words.health);
  button.classList.toggle("clw-troubled", Boolean(health.troubled));
  const list = make("dl", "clw-health-numbers");
  for (const [label, value, meaning] of health.rows ?? []) {
    make("dt", "", list).textContent = label;
    make("dd", "clw-number", list).textContent = value;
    make("dd", "clw-meaning", list).textContent = meaning;
  }
  const parts = [list];
  for (const text of health.notes ?? []) {
    const item = make("p", "clw-health-note");
    item.textContent = text;
    parts.push(item);
  }
  if (health.rejects?.length) {
    const table = make("table", "clw-rejects");
    table.createCaption().textContent = words.rejects;
    const head = table.createTHead().insertRow();
    for (const key of ["file", "row", "cause"]) make("th", "", head).textContent = words[key];
    const body = table.createTBody();
    for (const reject of health.rejects) {
      const row = body.insertRow();
      for (const cell of reject) row.insertCell().textContent = cell;
    }
    parts.push(table);
  }
  panel.replaceChildren(...parts);
}

/** Open the panel under its button, in the top layer: an output area would cut it off. */
function popOver({ health: button, panel }, signal) {
  panel.popover = "auto";
  panel.setAttribute("role", "dialog");
  button.popoverTargetElement = panel;
  panel.addEventListener("beforetoggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "open") return;
    const { bottom, right } = button.getBoundingClientRect();
    panel.style.top = `${bottom + 4}px`;
    const page = document.documentElement.clientWidth;
    const width = Math.min(PANEL_PX, page - 16);
    panel.style.width = `${width}px`;
    panel.style.left = `${Math.max(8, Math.min(right, page - 8) - width)}px`;
  });
  const scrolled = (event) => {
    if (panel.matches(":popover-open") && !panel.contains(event.target)) panel.hidePopover();
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true, signal });
}

/** Tell Python who looks and what has been painted; return what to call for each tick. */
function pulse(model, signal) {
  const viewer = Math.random().toString(36).slice(2);
  const send = (type, more = {}) => model.send({ type, viewer, visible: !document.hidden, ...more });
  const hello = () => {
    const inVoila = document.body.dataset.voila === "voila";
    send("hello", { search: inVoila ? window.location.search : "" });
  };
  const acknowledge = () => send("ack", { tick: model.get("tick") });
  // A hidden page draws no frames: it must not wait for one.
  const painted = () =>
    document.hidden ? setTimeout(acknowledge) : requestAnimationFrame(() => setTimeout(acknowledge));
  document.addEventListener("visibilitychange", () => send("visible", { tick: model.get("tick") }), { signal });
  window.addEventListener("pagehide", () => send("bye"), { signal });
  window.addEventListener("pageshow", (event) => event.persisted && hello(), { signal });
  const timer = setInterval(() => send("ping"), PING_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    try {
      send("bye");
    } catch {
      // The model may be gone before its view.
    }
  });
  return { hello, painted, send };
}

function render({ model, el, signal }) {
  const parts = build(el);
  const words = () => model.get("words");
  const { hello, painted, send } = pulse(model, signal);
  let heard = Date.now();
  let skew = 0;
  let root = null;

  const now = () => Date.now() - skew;
  const lost = () => model.get("live") && model.get("state") === "live" && Date.now() - heard > LOST_MS;

  const drawAges = () => {
    const since = ([iso, text], label, node) => {
      if (!iso) return;
      const ms = now() - Date.parse(iso);
      const ago = ms < 2000 ? words().now : words().ago.replace("{}", age(ms, words()));
      node.title = text;
      say(node, ms < 3_600_000 ? `${label} ${ago}` : `${label} ${text} (${ago})`);
    };
    if (model.get("newest")[0]) since(model.get("newest"), words().newest, parts.newest);
    else say(parts.newest, words().none);
    since(model.get("refreshed"), words().refreshed, parts.refreshed);
    parts.refreshed.hidden = !model.get("live") || !model.get("refreshed")[0];
    drawState();
  };

  const drawState = () => {
    const isLost = lost();
    const state = isLost ? "stale" : model.get("state");
    const still = !model.get("live") && state === "paused";
    say(parts.pill, still ? words().still : words()[state]);
    parts.pill.dataset.state = state;
    say(parts.note, isLost ? words().lost.replace("{}", age(Date.now() - heard, words())) : model.get("note"));
    parts.toggle.hidden = !model.get("live");
    say(parts.toggle, model.get("live") ? words()[state === "paused" ? "resume" : "pause"] : "");
    if (root && root.dataset.state !== state) root.dataset.state = state;
  };

  const drawText = () => {
    const id = model.get("campaign_id");
    const name = model.get("campaign_name");
    say(parts.name, name || id);
    say(parts.id, name && name !== id ? id : "");
    parts.name.title = name || id;
    parts.id.title = id;
    say(parts.span, model.get("window"));
    say(parts.windowNote, model.get("window_note"));
    if (!root) return;
    root.lang = model.get("locale");
    root.dataset.asOf = model.get("as_of");
  };

  const drawTick = () => {
    if (root) root.dataset.tick = model.get("tick");
  };

  const drawAll = () => {
    drawText();
    drawHealth(parts, model.get("health"), words());
    drawAges();
    drawTick();
  };

  // The view may be drawn before it hangs in the page.
  const findRoot = () => {
    if (signal.aborted) return;
    root = el.closest(".clw-report");
    if (!root) {
      setTimeout(findRoot, 20);
      return;
    }
    drawAll();
  };

  parts.toggle.addEventListener("click", () => send(model.get("state") === "paused" ? "resume" : "pause"));
  popOver(parts, signal);
  for (const name of ["campaign_id", "campaign_name", "window", "window_note", "as_of"])
    model.on(`change:${name}`, drawText);
  for (const name of ["state", "note", "live"])
    model.on(`change:${name}`, () => {
      heard = Date.now();
      drawAges();
    });
  model.on("change:newest", drawAges);
  model.on("change:words", drawAll);
  model.on("change:health", () => drawHealth(parts, model.get("health"), words()));
  model.on("change:refreshed", () => {
    heard = Date.now();
    const ahead = heard - Date.parse(model.get("refreshed")[0]);
    skew = Math.abs(ahead) > 2000 ? ahead : 0;
    drawAges();
  });
  model.on("change:tick", () => {
    heard = Date.now();
    drawTick();
    painted();
  });
  document.addEventListener(
    "visibilitychange",
    () => {
      heard = Date.now();
    },
    { signal },
  );
  const timer = setInterval(drawAges, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  drawAll();
  findRoot();
  hello();
  painted();
}

export default { render };
