/**
 * The line of filters: small controls, a chip for each filter, and the page's address.
 *
 * Messages out: change {changes: key → values}, goto {address}, choices, save. Messages in:
 * answered {address}, choices {campaigns, span}. Only in Voilà does the page own its address.
 */

import { freshId, keepKeys, make, makeButton, write } from "../../rendering/html/dom.js";
import { download } from "../../widgets/base/files.js";
import { follow, inVoila, lifetime } from "../../widgets/base/widget.js";
import { named, picker, searchable, severalOf } from "./picking.js";

const CHIPS_AT_MOST = 6;
const KEYS = "campaign window from to at message execution tests tz locale every tab detail".split(" ");

/** Keep the page's address at what it shows; what is not the report's stays in it. */
function addressOf(ask, signal) {
  if (!inVoila()) return () => {};
  const detailOf = (params) => params.get("detail") ?? "";
  window.addEventListener("popstate", () => ask({ type: "goto", address: location.search }), { signal });
  return (address) => {
    const there = new URLSearchParams(location.search);
    const next = new URLSearchParams(there);
    for (const key of KEYS) next.delete(key);
    for (const [key, value] of new URLSearchParams(address)) next.append(key, value);
    if (next.toString() === there.toString()) return;
    const text = next.toString() ? `?${next}` : "";
    const url = `${location.pathname}${text}${location.hash}`;
    // A message's own page is a place of its own: the browser's Back leaves it.
    if (detailOf(next) && !detailOf(there)) history.pushState({ campaignLive: "detail" }, "", url);
    else history.replaceState(detailOf(next) ? history.state : null, "", url);
  };
}

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  el.classList.add("clw-filters");
  const row = make("div", "clw-filter-row");
  row.setAttribute("role", "group");
  const chips = make("ul", "clw-chips");
  el.append(row, chips);
  const words = () => model.get("words");
  const asked = (key) => model.get("asked")[key] ?? [];
  const one = (key) => asked(key)[0] ?? "";
  const several = (key) => asked(key).filter((id) => id);
  let waiting = 0;
  let choices = { campaigns: [], span: ["", ""] };

  function ask(message) {
    el.setAttribute("aria-busy", "true");
    clearTimeout(waiting);
    waiting = setTimeout(() => el.removeAttribute("aria-busy"), 20_000);
    model.send(message);
  }
  const change = (changes) => ask({ type: "change", changes });
  const writeAddress = addressOf(ask, life.signal);

  // Campaign: a list of buttons, the one that is shown marked.
  const campaign = picker(row, "clw-pick-campaign", life.signal, () => {
    model.send({ type: "choices" });
    fillCampaigns(true);
  });
  const campaigns = searchable(campaign.panel, words, (item) => {
    const button = makeButton("clw-filter-item");
    button.append(...named(item.name, item.id), make("span", "clw-filter-when", item.when));
    if (item.id === model.get("campaign")[0]) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      campaign.close();
      change({ campaign: [item.id] });
    });
    return button;
  });
  function fillCampaigns(fresh = false) {
    const [id, name] = model.get("campaign");
    const known = choices.campaigns.length || !id ? choices.campaigns : [[id, name, ""]];
    const rows = known.map(([key, title, newest]) => ({
      id: key,
      name: title,
      text: `${title} ${key}`,
      when: newest && words().newest.replace("{}", newest),
    }));
    campaigns.fill(rows, fresh);
  }

  // Window: lengths, and from – to on the page's clock.
  const span = picker(row, "clw-pick-window", life.signal, () => {
    model.send({ type: "choices" });
    drawLengths();
    for (const end of ends) end.value = "";
    fillSpan();
  });
  const lengths = make("div", "clw-filter-lengths");
  const exact = make("fieldset", "clw-filter-span");
  const legend = make("legend");
  /** @type {Record<string, HTMLElement>} */
  const endTexts = {};
  const ends = ["from", "to"].map((key) => {
    const label = make("label", "clw-filter-field");
    const input = keepKeys(make("input"));
    input.type = "datetime-local";
    const text = make("span");
    label.append(text, input);
    exact.append(label);
    endTexts[key] = text;
    return input;
  });
  const clock = make("p", "clw-filter-rest");
  const apply = makeButton("clw-button clw-filter-apply");
  exact.prepend(legend);
  exact.append(clock, apply);
  span.panel.append(lengths, exact);
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
      button.setAttribute("aria-pressed", String(one("window") === button.value));
    }
  }
  function fillSpan() {
    ends.forEach((end, i) => {
      if (!end.value) end.value = choices.span[i];
    });
  }
  apply.addEventListener("click", () => {
    const empty = ends.find((end) => !end.value);
    if (empty) {
      empty.focus();
      return;
    }
    span.close();
    change({ from: [ends[0].value], to: [ends[1].value], window: [], at: [] });
  });

  // Messages and executions: check boxes.
  const messages = picker(row, "clw-pick-messages", life.signal, () => {
    const rows = model.get("messages").map(([id, name, channels]) => ({
      id,
      name,
      text: `${name} ${id}`,
      group: channels.join(", "),
    }));
    manyMessages.open(rows, several("message"), words().all);
  });
  const manyMessages = severalOf(messages, words, ask, "message", life.signal);
  const executions = picker(row, "clw-pick-executions", life.signal, () => {
    const rows = model.get("executions").map(([id, when]) => ({ id, name: when, text: `${when} ${id}` }));
    manyExecutions.open(rows, several("execution"), words().all_executions);
  });
  const manyExecutions = severalOf(executions, words, ask, "execution", life.signal);

  // What is rarely changed.
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
  const language = make("select");
  const languageText = field(language);
  language.append(
    ...[["en", "English"], ["fr", "Français"]].map(([value, text]) => {
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
  const said = make("p", "clw-filter-said");
  said.setAttribute("role", "status");
  const save = makeButton("clw-filter-item clw-filter-save");
  const kept = make("a", "clw-filter-item clw-filter-snapshots");
  kept.target = "_blank";
  keepKeys(kept);
  more.panel.append(csv, print, save, kept, said);
  save.addEventListener("click", () => {
    more.close();
    model.send({ type: "save" });
  });
  csv.addEventListener("click", async () => {
    write(said, "");
    try {
      await download(model, "report");
      more.close();
    } catch (/** @type {any} */ error) {
      write(said, words().unsaved.replace("{}", () => error.message || words().failed));
    }
  });
  print.addEventListener("click", () => {
    more.close();
    requestAnimationFrame(() => window.print());
  });

  function drawMore() {
    write(testsText, words().tests);
    tests.checked = one("tests") === "1";
    write(zoneText, words().zone);
    zone.value = one("tz");
    if (!zones.childElementCount) {
      zones.append(...Intl.supportedValuesOf("timeZone").map((name) => {
        const option = make("option");
        option.value = name;
        return option;
      }));
    }
    write(ownZone, words().browser_zone.replace("{}", own));
    write(languageText, words().language);
    language.value = one("locale");
    write(speedText, words().every);
    speed.replaceChildren(
      ...model.get("speeds").map(([value, text]) => {
        const option = make("option", "", text);
        option.value = String(value);
        return option;
      }),
    );
    speed.value = one("every");
    write(csv, words().csv);
    write(print, words().print);
    // In Lab and Notebook the browser would print the whole application.
    print.hidden = !inVoila();
    write(save, words()[model.get("saving") === "busy" ? "saving" : "save"]);
    save.disabled = model.get("saving") === "busy";
    save.hidden = !model.get("saving");
    write(kept, words().snapshots);
    kept.hidden = !model.get("snapshots").startsWith("/");
    if (!kept.hidden) kept.href = `${model.get("snapshots")}?locale=${model.get("locale")}`;
    write(said, "");
  }

  function chip(text, title, changes) {
    const item = make("li");
    const button = makeButton("clw-chip");
    const cross = make("span", "clw-chip-x", "×");
    cross.setAttribute("aria-hidden", "true");
    button.append(make("bdi", "clw-chip-text", text), cross);
    button.title = title || text;
    button.setAttribute("aria-label", words().take_off.replace("{}", () => text));
    button.addEventListener("click", () => change(changes));
    item.append(button);
    return item;
  }

  /** One chip for each filter in use; many of one kind are told by their button alone. */
  function drawChips() {
    const found = [];
    const isDetail = one("detail") !== "";
    const each = (key, rows) => {
      const names = new Map(rows.map(([id, name]) => [id, name || id]));
      const ids = several(key);
      for (const id of ids.slice(0, CHIPS_AT_MOST)) {
        const others = ids.filter((other) => other !== id);
        found.push(chip(names.get(id) ?? id, id, { [key]: others.length ? others : [""] }));
      }
      if (ids.length > CHIPS_AT_MOST) {
        found.push(chip(`+ ${ids.length - CHIPS_AT_MOST}`, "", { [key]: ids.slice(0, CHIPS_AT_MOST) }));
      }
    };
    const [minutes, end] = model.get("stands");
    if (one("from")) {
      found.push(chip(minutes ?? "", "", { from: [], to: [], at: ["now"], window: ["24h"] }));
    } else if (end) {
      found.push(chip(end[0].toLocaleUpperCase() + end.slice(1), "", { at: ["now"] }));
    }
    if (!isDetail) each("message", model.get("messages"));
    each("execution", model.get("executions"));
    if (one("tests") === "1") found.push(chip(words().with_tests, "", { tests: ["0"] }));
    const had = chips.contains(document.activeElement);
    chips.replaceChildren(...found);
    chips.hidden = !found.length;
    if (had) (chips.querySelector("button") ?? messages.button).focus();
  }

  const count = (chosen, all, word) =>
    chosen ? words().some.replace("{}", chosen).replace("{}", Math.max(all, chosen)) : word;

  function draw() {
    const [id, name] = model.get("campaign");
    const isDetail = one("detail") !== "";
    row.setAttribute("aria-label", words().filters);
    chips.setAttribute("aria-label", words().chips);
    campaign.say(words().campaign, name || id);
    const length = model.get("windows").find(([value]) => value === one("window"));
    const [minutes, end] = model.get("stands");
    const told = length ? (end ? `${length[2]} ${end}` : length[1]) : one("window");
    span.say(words().window, one("from") ? (minutes ?? "") : told);
    const ids = model.get("messages");
    messages.say(words().messages, count(several("message").length, ids.length, words().all));
    messages.button.hidden = isDetail || !ids.length;
    const runs = model.get("executions");
    const chosen = several("execution").length;
    executions.say(words().executions, count(chosen, runs.length, words().all_executions));
    executions.button.hidden = !runs.length;
    more.say(words().more, "");
    write(legend, words().span);
    write(endTexts.from, words().from);
    write(endTexts.to, words().to);
    write(clock, words().clock.replace("{}", one("tz")));
    write(apply, words().apply);
    if (span.isOpen()) drawLengths();
    if (more.isOpen()) drawMore();
    drawChips();
  }

  const hear = (message) => {
    if (message?.type === "answered") {
      clearTimeout(waiting);
      el.removeAttribute("aria-busy");
      writeAddress(message.address);
      if (more.isOpen()) drawMore();
    }
    if (message?.type === "choices") {
      choices = message;
      if (campaign.isOpen()) fillCampaigns();
      if (span.isOpen()) fillSpan();
    }
  };
  draw();
  follow(model, "msg:custom", hear, life.signal);
  for (const name of ["asked", "campaign", "windows", "stands", "messages", "executions", "words"]) {
    follow(model, `change:${name}`, draw, life.signal);
  }
  follow(model, "change:saving change:snapshots", () => more.isOpen() && drawMore(), life.signal);
  life.signal.addEventListener("abort", () => clearTimeout(waiting));
  return () => life.abort();
}
