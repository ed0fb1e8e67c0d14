// The head of a tile: title, switch between views, and the card shown after an error.

const ICONS = {
  kpi: "M1 4h4v6H1zM7 4h6M7 7h6M7 10h4",
  donut: "M7 2a5 5 0 1 1 0 10A5 5 0 1 1 7 2M7 5a2 2 0 1 1 0 4a2 2 0 1 1 0-4M7 2v3",
  bars: "M2 1v12M2 3h9M2 7h6M2 11h11",
  lines: "M1 11l4-5l3 3l5-7M1 13h12",
  table: "M1 2h12v10H1zM1 5.5h12M1 9h12M5.5 2v10",
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

function render({ model, el, signal }) {
  const life = lifetime(signal);
  const options = model.get("options");
  const title = make("h3", "clw-tile-title", model.get("title"));
  title.title = model.get("title");
  title.dir = "auto";
  const group = make("div", "clw-tile-switch");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `${options.showAs}: ${model.get("title")}`);
  const buttons = model.get("views").map(([kind, label]) => {
    const button = make("button", `clw-tile-view clw-tile-view-${kind}`);
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.setAttribute("data-lm-suppress-shortcuts", "true");
    button.append(icon(kind));
    button.addEventListener("click", () => {
      model.set("view", kind);
      model.save_changes();
    });
    group.append(button);
    return [kind, button];
  });
  const card = make("div", "clw-tile-error");
  card.setAttribute("role", "alert");
  const message = make("span", "clw-tile-error-text");
  card.append(make("strong", "", options.error), message);
  el.append(title);
  if (buttons.length > 1) el.append(group);

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
  return () => life.abort();
}

export default { render };
