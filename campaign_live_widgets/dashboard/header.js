/** The page's head. Messages out: pause, resume. */
const PANEL_PX = 480;

const add = (tag, className, parent) => {
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
  const top = add("div", "clw-header-top", el);
  const title = add("h1", "clw-header-title", top);
  const name = add("span", "clw-header-name", title);
  const id = add("span", "clw-header-id", title);
  const tools = add("div", "clw-header-tools", top);
  const pill = add("span", "clw-pill", tools);
  pill.setAttribute("role", "status");
  const toggle = keepKeys(add("button", "clw-button clw-toggle", tools));
  toggle.type = "button";
  const health = keepKeys(add("button", "clw-button clw-health", tools));
  health.type = "button";
  const panel = add("div", "clw-health-panel", el);
  const line = add("p", "clw-header-line", el);
  const span = add("span", "clw-header-window", line);
  const newest = add("span", "clw-header-newest", line);
  const refreshed = add("span", "clw-header-refreshed", line);
  const windowNote = add("p", "clw-header-note", el);
  const note = add("p", "clw-header-note clw-header-trouble", el);
  return { top, name, id, pill, toggle, health, panel, span, newest, refreshed, windowNote, note };
}

function drawHealth({ health: button, panel }, health, words) {
  button.textContent = words.health;
  panel.setAttribute("aria-label", words.health);
  button.classList.toggle("clw-troubled", Boolean(health.troubled));
  const list = add("dl", "clw-health-numbers");
  for (const [label, value, meaning] of health.rows ?? []) {
    add("dt", "", list).textContent = label;
    add("dd", "clw-number", list).textContent = value;
    add("dd", "clw-meaning", list).textContent = meaning;
  }
  const parts = [list];
  for (const text of health.notes ?? []) {
    const item = add("p", "clw-health-note");
    item.textContent = text;
    parts.push(item);
  }
  if (health.rejects?.length) {
    const table = add("table", "clw-rejects");
    table.createCaption().textContent = words.rejects;
    const head = table.createTHead().insertRow();
    for (const key of ["file", "row", "cause"]) add("th", "", head).textContent = words[key];
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

function render({ model, el, signal }) {
  const parts = build(el);
  const words = () => model.get("words");
  let skew = 0;
  let root = null;

  const now = () => Date.now() - skew;
  // The pulse judges whether the kernel still answers, and says on its own what is the matter.
  const lost = () => root?.dataset.lost !== undefined;

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
    const state = lost() ? "stale" : model.get("state");
    const still = !model.get("live") && state === "paused";
    say(parts.pill, still ? words().still : words()[state]);
    parts.pill.dataset.state = state;
    say(parts.note, model.get("note"));
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

  const drawAll = () => {
    drawText();
    drawHealth(parts, model.get("health"), words());
    drawAges();
  };

  // The view may be drawn before it hangs in the page.
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
  popOver(parts, signal);
  for (const name of ["campaign_id", "campaign_name", "window", "window_note", "as_of"])
    model.on(`change:${name}`, drawText);
  for (const name of ["state", "note", "live"]) model.on(`change:${name}`, drawAges);
  model.on("change:newest", drawAges);
  model.on("change:words", drawAll);
  model.on("change:health", () => drawHealth(parts, model.get("health"), words()));
  model.on("change:refreshed", () => {
    const ahead = Date.now() - Date.parse(model.get("refreshed")[0]);
    skew = Math.abs(ahead) > 2000 ? ahead : 0;
    drawAges();
  });
  const timer = setInterval(drawAges, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  drawAll();
  findRoot();
}

export default { render };
