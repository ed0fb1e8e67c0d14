/**
 * The line of filters: controls, a chip for each active filter, and the page's address.
 *
 * Messages out: change {changes: key → values}, revisit {address, n}, choices, end {key, text},
 * save. Messages in: answered {address, step, revisit}, choices {campaigns, span}, end {key, text,
 * times, note}. The address is changed in Voilà only.
 */

import { freshId, keepKeys, make, makeButton, write } from "../../rendering/html/dom.js";
import { download } from "../../widgets/base/files.js";
import { follow, inVoila, lifetime } from "../../widgets/base/widget.js";
import { addressWriter } from "./address.js";
import { exactWindow } from "./exact_window.js";
import { checkList, nameWithId, picker, searchable } from "./pick_list.js";
import { switchFields } from "./switch_fields.js";

const CHIPS_AT_MOST = 6;

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  el.classList.add("clw-filters");
  const row = make("div", "clw-filter-row");
  row.setAttribute("role", "group");
  const chips = make("ul", "clw-chips");
  el.append(row, chips);
  const labels = () => model.get("labels");
  const values = (key) => model.get("query")[key] ?? [];
  const firstValue = (key) => values(key)[0] ?? "";
  const idsOf = (key) => values(key).filter((id) => id);
  let waiting = 0;
  let choices = { campaigns: [], span: [] };

  function send(message) {
    el.setAttribute("aria-busy", "true");
    clearTimeout(waiting);
    waiting = setTimeout(() => el.removeAttribute("aria-busy"), 20_000);
    model.send(message);
  }
  const change = (changes) => send({ type: "change", changes });
  const writeAddress = addressWriter(send, life.signal);

  // Campaign: a list of buttons; the current one is marked.
  const campaign = picker(row, "clw-pick-campaign", life.signal, () => {
    model.send({ type: "choices" });
    fillCampaigns(true);
  });
  const campaigns = searchable(campaign.panel, labels, (item) => {
    const button = makeButton("clw-filter-item");
    button.append(...nameWithId(item.name, item.id), make("span", "clw-filter-when", item.when));
    if (item.id === model.get("campaign")[0]) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      campaign.close();
      change({ campaign: [item.id] });
    });
    return button;
  });
  function fillCampaigns(fresh = false) {
    const [id, name] = model.get("campaign");
    const all = choices.campaigns.length || !id ? choices.campaigns : [[id, name, ""]];
    const rows = all.map(([key, title, newest]) => ({
      id: key,
      name: title,
      text: `${title} ${key}`,
      when: newest && labels().newest.replace("{}", newest),
    }));
    campaigns.fill(rows, fresh);
  }

  // Window: lengths, and from – to in the page's time zone.
  const span = picker(row, "clw-pick-window", life.signal, () => {
    model.send({ type: "choices" });
    drawLengths();
    exact.clear();
  });
  const lengths = make("div", "clw-filter-lengths");
  span.panel.append(lengths);
  const exact = exactWindow(
    span.panel,
    labels,
    (message) => model.send(message),
    (from, to) => {
      span.close();
      change({ from: [from], to: [to], window: [], at: [] });
    },
  );
  function drawLengths() {
    const offered = model.get("windows");
    const texts = offered.map(([, text]) => text).join("\n");
    if (lengths.dataset.texts !== texts) {
      lengths.dataset.texts = texts;
      lengths.replaceChildren(
        ...offered.map(([value, text]) => {
          const button = makeButton("clw-filter-item");
          button.append(make("span", "", text));
          button.value = value;
          button.addEventListener("click", () => {
            span.close();
            change({ window: [value], from: [], to: [], at: ["now"] });
          });
          return button;
        }),
      );
    }
    for (const button of lengths.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(firstValue("window") === button.value));
    }
  }
  // Messages and executions: check boxes.
  const messages = picker(row, "clw-pick-messages", life.signal, () => {
    const rows = model.get("messages").map(([id, name, channels]) => ({
      id,
      name,
      text: `${name} ${id}`,
      group: channels.join(", "),
    }));
    manyMessages.open(rows, idsOf("message"), labels().all);
  });
  const manyMessages = checkList(messages, labels, send, "message", life.signal);
  const executions = picker(row, "clw-pick-executions", life.signal, () => {
    const rows = model
      .get("executions")
      .map(([id, when]) => ({ id, name: when, text: `${when} ${id}` }));
    manyExecutions.open(rows, idsOf("execution"), labels().all_executions);
  });
  const manyExecutions = checkList(executions, labels, send, "execution", life.signal);

  // Settings that are rarely changed.
  const more = picker(row, "clw-pick-more", life.signal, drawMore);
  const tests = keepKeys(make("input"));
  tests.type = "checkbox";
  tests.setAttribute("role", "switch");
  const testsLabel = make("label", "clw-filter-item");
  const testsText = make("span");
  testsLabel.append(tests, testsText);
  tests.addEventListener("change", () => change({ tests: [tests.checked ? "1" : "0"] }));
  const field = (control) => {
    const label = make("label", "clw-filter-field");
    const text = make("span");
    label.append(text, keepKeys(control));
    more.panel.append(label);
    return text;
  };
  more.panel.append(testsLabel);
  const switches = switchFields(model, field, change);
  const zone = make("input", "clw-filter-zone");
  zone.type = "search";
  const zones = make("datalist");
  zones.id = freshId();
  zone.setAttribute("list", zones.id);
  zone.spellcheck = false;
  const zoneText = field(zone);
  const shortcuts = make("div", "clw-filter-shortcuts");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [ownZone, utc] = [own, "UTC"].map((name) => {
    const button = makeButton("clw-filter-link", name);
    button.addEventListener("click", () => change({ tz: [name] }));
    return button;
  });
  shortcuts.append(...(own && own !== "UTC" ? [ownZone, utc] : [utc]));
  more.panel.append(zones, shortcuts);
  zone.addEventListener("change", () => zone.value && change({ tz: [zone.value.trim()] }));
  const language = make("select", "clw-filter-language");
  const languageText = field(language);
  language.append(
    ...[
      ["en", "English"],
      ["fr", "Français"],
    ].map(([value, text]) => {
      const option = make("option", "", text);
      option.value = value;
      option.lang = value;
      return option;
    }),
  );
  language.addEventListener("change", () => change({ locale: [language.value] }));
  const speed = make("select");
  const speedText = field(speed);
  speed.addEventListener("change", () => change({ every: [speed.value] }));
  const csv = makeButton("clw-filter-item clw-filter-csv");
  const print = makeButton("clw-filter-item clw-filter-print");
  const status = make("p", "clw-filter-status");
  status.setAttribute("role", "status");
  const save = makeButton("clw-filter-item clw-filter-save");
  const snapshots = make("a", "clw-filter-item clw-filter-snapshots");
  snapshots.target = "_blank";
  keepKeys(snapshots);
  more.panel.append(csv, print, save, snapshots, status);
  save.addEventListener("click", () => {
    if (el.closest(".clw-report[data-lost]")) {
      // Sent after a reconnection, it would save what the page does not show yet.
      write(status, labels().unsaved.replace("{}", labels().failed));
      return;
    }
    more.close();
    model.send({ type: "save" });
  });
  const drawSaving = () => {
    el.classList.toggle("clw-saving", model.get("saving") === "busy");
    if (more.isOpen()) drawMore();
  };
  csv.addEventListener("click", async () => {
    write(status, "");
    try {
      await download(model, "report");
      more.close();
    } catch (/** @type {any} */ error) {
      write(
        status,
        labels().unsaved.replace("{}", () => error.message || labels().failed),
      );
    }
  });
  print.addEventListener("click", () => {
    more.close();
    requestAnimationFrame(() => window.print());
  });

  function drawMore() {
    write(testsText, labels().tests);
    tests.checked = firstValue("tests") === "1";
    switches.draw(firstValue);
    write(zoneText, labels().zone);
    zone.value = firstValue("tz");
    if (!zones.childElementCount) {
      zones.append(
        ...Intl.supportedValuesOf("timeZone").map((name) => {
          const option = make("option");
          option.value = name;
          return option;
        }),
      );
    }
    write(ownZone, labels().browser_zone.replace("{}", own));
    write(languageText, labels().language);
    language.value = firstValue("locale");
    write(speedText, labels().every);
    speed.replaceChildren(
      ...model.get("speeds").map(([value, text]) => {
        const option = make("option", "", text);
        option.value = String(value);
        return option;
      }),
    );
    speed.value = firstValue("every");
    write(csv, labels().csv);
    write(print, labels().print);
    // In Lab and Notebook the browser would print the whole application.
    print.hidden = !inVoila();
    write(save, labels()[model.get("saving") === "busy" ? "saving" : "save"]);
    save.disabled = model.get("saving") === "busy";
    save.hidden = !model.get("saving");
    write(snapshots, labels().snapshots);
    snapshots.hidden = !model.get("snapshots").startsWith("/");
    if (!snapshots.hidden)
      snapshots.href = `${model.get("snapshots")}?locale=${model.get("locale")}`;
    write(status, "");
  }

  function chip(text, title, changes) {
    const item = make("li");
    const button = makeButton("clw-chip");
    const cross = make("span", "clw-chip-x", "×");
    cross.setAttribute("aria-hidden", "true");
    button.append(make("bdi", "clw-chip-text", text), cross);
    button.title = title || text;
    button.setAttribute(
      "aria-label",
      labels().take_off.replace("{}", () => text),
    );
    button.addEventListener("click", () => change(changes));
    item.append(button);
    return item;
  }

  /** Draw a chip for each active filter; of many ids of one key, the first six. */
  function drawChips() {
    const items = [];
    const isDetail = firstValue("detail") !== "";
    const each = (key, rows) => {
      const names = new Map(rows.map((row) => [row[0], row.at(-1)]));
      const ids = idsOf(key);
      for (const id of ids.slice(0, CHIPS_AT_MOST)) {
        const others = ids.filter((other) => other !== id);
        items.push(chip(names.get(id) ?? id, id, { [key]: others.length ? others : [""] }));
      }
      if (ids.length > CHIPS_AT_MOST) {
        items.push(
          chip(`+ ${ids.length - CHIPS_AT_MOST}`, "", { [key]: ids.slice(0, CHIPS_AT_MOST) }),
        );
      }
    };
    const [minutes, end] = model.get("fixed_window");
    if (firstValue("from")) {
      items.push(chip(minutes ?? "", "", { from: [], to: [], at: ["now"], window: ["24h"] }));
    } else if (end) {
      items.push(chip(end[0].toLocaleUpperCase() + end.slice(1), "", { at: ["now"] }));
    }
    if (!isDetail) each("message", model.get("messages"));
    each("execution", model.get("executions"));
    if (firstValue("tests") === "1") items.push(chip(labels().with_tests, "", { tests: ["0"] }));
    for (const [text, changes] of switches.chips(firstValue)) items.push(chip(text, "", changes));
    const hadFocus = chips.contains(document.activeElement);
    chips.replaceChildren(...items);
    chips.hidden = !items.length;
    if (hadFocus) (chips.querySelector("button") ?? messages.button).focus();
  }

  const count = (chosen, all, word) =>
    chosen ? labels().some.replace("{}", chosen).replace("{}", Math.max(all, chosen)) : word;

  function draw() {
    const [, name, shown] = model.get("campaign");
    const isDetail = firstValue("detail") !== "";
    row.setAttribute("aria-label", labels().filters);
    chips.setAttribute("aria-label", labels().chips);
    campaign.setTexts(labels().campaign, shown);
    campaign.button.classList.toggle("clw-wraps", Boolean(name) && shown !== name);
    const length = model.get("windows").find(([value]) => value === firstValue("window"));
    const [minutes, end] = model.get("fixed_window");
    const text = length ? (end ? `${length[2]} ${end}` : length[1]) : firstValue("window");
    span.setTexts(labels().window, firstValue("from") ? (minutes ?? "") : text);
    const ids = model.get("messages");
    messages.setTexts(labels().messages, count(idsOf("message").length, ids.length, labels().all));
    messages.button.hidden = isDetail || !ids.length;
    const runs = model.get("executions");
    const chosen = idsOf("execution").length;
    executions.setTexts(labels().executions, count(chosen, runs.length, labels().all_executions));
    executions.button.hidden = !runs.length;
    more.setTexts(labels().more, "");
    exact.draw(firstValue("tz"));
    if (span.isOpen()) drawLengths();
    if (more.isOpen()) drawMore();
    drawChips();
  }

  const onMessage = (message) => {
    if (message?.type === "answered") {
      clearTimeout(waiting);
      el.removeAttribute("aria-busy");
      writeAddress(message);
      if (more.isOpen()) drawMore();
    }
    if (message?.type === "choices") {
      choices = message;
      if (campaign.isOpen()) fillCampaigns();
      if (span.isOpen()) exact.fill(choices.span);
    }
    if (message?.type === "end") exact.answer(message);
  };
  draw();
  follow(model, "msg:custom", onMessage, life.signal);
  for (const name of [
    "query",
    "campaign",
    "windows",
    "fixed_window",
    "messages",
    "executions",
    "labels",
  ]) {
    follow(model, `change:${name}`, draw, life.signal);
  }
  drawSaving();
  follow(model, "change:saving change:snapshots", drawSaving, life.signal);
  life.signal.addEventListener("abort", () => clearTimeout(waiting));
  return () => life.abort();
}
