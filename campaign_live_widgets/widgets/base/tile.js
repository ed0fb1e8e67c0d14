// The head of a tile: title, switch between views, menu, and the card shown after an error.

const ICONS = {
  kpi: "M1 4h4v6H1zM7 4h6M7 7h6M7 10h4",
  donut: "M7 2a5 5 0 1 1 0 10A5 5 0 1 1 7 2M7 5a2 2 0 1 1 0 4a2 2 0 1 1 0-4M7 2v3",
  bars: "M2 1v12M2 3h9M2 7h6M2 11h11",
  lines: "M1 11l4-5l3 3l5-7M1 13h12",
  table: "M1 2h12v10H1zM1 5.5h12M1 9h12M5.5 2v10",
  menu: "M1.8 7h.4M6.8 7h.4M11.8 7h.4",
};

function icon(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 14 14");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[kind] || ICONS.kpi);
  svg.append(path);
  return svg;
}

function viewButton(kind, label) {
  const button = makeButton(`clw-tile-view clw-tile-view-${kind}`);
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(icon(kind));
  return button;
}

function render({ model, el, signal, library, load }) {
  const life = lifetime(signal);
  const words = library.get("words")[model.get("options").locale];
  const name = model.get("title");
  const title = make("h2", "clw-tile-title", name);
  title.id = freshId();
  title.title = name;
  title.dir = "auto";
  const group = make("div", "clw-tile-switch");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", words.showAsOf.replace("{}", () => name));
  const show = (kind) => {
    model.set("view", kind);
    model.save_changes();
  };
  const buttons = model.get("views").map((kind) => {
    const button = viewButton(kind, words[`view_${kind}`]);
    button.addEventListener("click", () => show(kind));
    group.append(button);
    return [kind, button];
  });
  const menu = viewButton("menu", words.menuOf.replace("{}", () => name));
  menu.classList.replace("clw-tile-view-menu", "clw-tile-menu");
  menu.title = words.menu;
  menu.setAttribute("aria-haspopup", "menu");
  menu.setAttribute("aria-expanded", "false");
  const card = make("div", "clw-tile-error");
  card.setAttribute("role", "alert");
  const message = make("span", "clw-tile-error-text");
  card.append(make("strong", "", words.error), message);
  el.append(title);
  if (buttons.length > 1) el.append(group);
  el.append(menu);

  // The menu's script is fetched when somebody first comes near it.
  let opened = null;
  const parts = { model, el, menu, words, library, load, show, signal: life.signal };
  const ready = () => (opened ??= load("menu").then((script) => script.attach(parts)));
  const openMenu = async (last) => (await ready()).open(last);
  menu.addEventListener("pointerenter", ready, { once: true });
  menu.addEventListener("click", () => openMenu(false));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    openMenu(event.key === "ArrowUp");
  });

  const showView = () => {
    for (const [kind, button] of buttons) {
      button.setAttribute("aria-pressed", String(kind === model.get("view")));
    }
  };
  const showError = () => {
    message.textContent = model.get("error");
    if (model.get("error")) el.append(card);
    else card.remove();
  };
  showView();
  showError();
  follow(model, "change:view", showView, life.signal);
  follow(model, "change:error", showError, life.signal);
  nameTile(el, title.id, life.signal);
  return () => life.abort();
}

/** Say to assistive technology what the whole tile is called, once it hangs in the page. */
function nameTile(el, id, signal) {
  if (signal.aborted) return;
  const tile = el.closest(".clw-tile");
  if (!tile) {
    setTimeout(nameTile, 50, el, id, signal);
    return;
  }
  tile.setAttribute("role", "group");
  tile.setAttribute("aria-labelledby", id);
}

export default { render };
