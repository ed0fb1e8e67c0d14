/**
 * The page's pulse towards Python, and the judgement whether the report can go on.
 *
 * Messages out: hello {search}, ack {tick}, visible {visible}, ping, bye; each carries the id of
 * this view, so that Python can tell two pages of one report apart.
 * Messages in: beat {as_of, time_zone}.
 */

import { freshId, make, makeButton, write } from "../../rendering/html/dom.js";
import { age } from "../../widgets/base/format.js";
import { follow, inVoila, lifetime } from "../../widgets/base/widget.js";

const PING_MS = 15_000;
/** Beats that may fail to come: one may be late. A busy kernel is given more time: a cell can
 * keep every thread of it from running, and the server would tell of a dead one. */
const MISSED = 3;
const MISSED_BUSY = 15;
/** How long the front end may take to connect again without a word about it. */
const CUT_MS = 4000;
/** Longest stretch between two looks that counts as waiting; the rest was sleep. */
const STRETCH_MS = 2000;
const RETRY_MS = 2000;
/** How long an attempt to connect is given before the next. */
const ATTEMPT_MS = 10_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
/** Tell Python who looks and what has been painted. */
function talk(model, signal) {
  const viewer = freshId();
  const send = (type, more = {}) => {
    try {
      model.send({ type, viewer, visible: !document.hidden, ...more });
    } catch {
      // A dead kernel takes no message; the watch below says so.
    }
  };
  const hello = () => send("hello", { search: inVoila() ? window.location.search : "" });
  const tell = () => send("visible", { tick: model.get("tick") });
  const acknowledge = () => send("ack", { tick: model.get("tick") });
  // A hidden page draws no frames: it must not wait for one.
  const painted = () =>
    document.hidden ? setTimeout(acknowledge) : requestAnimationFrame(() => setTimeout(acknowledge));
  document.addEventListener("visibilitychange", tell, { signal });
  window.addEventListener("pagehide", () => send("bye"), { signal });
  const shown = (event) => {
    if (!event.persisted) return;
    // Voilà ended the kernel when the page was left.
    if (inVoila()) window.location.reload();
    else hello();
  };
  window.addEventListener("pageshow", shown, { signal });
  const timer = setInterval(() => send("ping"), PING_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    send("bye");
  });
  return { hello, tell, painted };
}

/**
 * Watch the kernel through what the front end knows of it, and through its beats.
 *
 * `changed(kind, since)` is called with "", "kernel" (it has ended, and this page's widgets with
 * it), "socket" (no connection) or "silent" (connected, but nothing comes).
 */
function watch(model, changed, signal) {
  const manager = model.widget_manager;
  let kernel = /** @type {Kernel | null} */ (null);
  let id = /** @type {string | null} */ (null);
  let ended = 0;
  let silent = 0;
  let cut = 0;
  let asking = false;
  let attempted = 0;
  let looked = Date.now();
  let heard = looked;
  let kind = "";

  const onStatus = (_, status) => {
    if (ended || !["restarting", "autorestarting", "terminating", "dead"].includes(status)) return;
    ended = Date.now();
    judge();
  };
  const meet = (met) => {
    kernel?.statusChanged?.disconnect(onStatus);
    met?.statusChanged?.connect(onStatus);
    kernel = met;
  };
  // The front end waits up to half a minute between two attempts; the server may long be back.
  const ask = async () => {
    if (asking || !kernel?.serverSettings || Date.now() - attempted < ATTEMPT_MS) return;
    asking = true;
    const { baseUrl } = kernel.serverSettings;
    const answer = await reach(new URL(`api/kernels/${encodeURIComponent(kernel.id)}`, baseUrl));
    if (answer && cut && !ended) {
      attempted = Date.now();
      kernel.reconnect().catch(() => {});
    } else await pause(RETRY_MS);
    asking = false;
  };
  const look = () => {
    const now = Date.now();
    const stretch = Math.min(now - looked, STRETCH_MS);
    looked = now;
    const met = manager.kernel ?? null;
    if (met && met !== kernel) meet(met);
    id ??= kernel?.id ?? null;
    // Another kernel, or none where there was one: the widgets of this page went with theirs.
    if (id && !ended && (!met || met.isDisposed || met.id !== id)) ended = now;
    if (kind === "socket") ask();
    silent = document.hidden ? 0 : silent + stretch;
    cut = !kernel || kernel.connectionStatus === "connected" ? 0 : cut + stretch;
    judge();
  };
  const judge = () => {
    // Behind Voilà there is no cell to run; "busy" may be all that came before the network stood still.
    const missed = kernel?.status === "busy" && !inVoila() ? MISSED_BUSY : MISSED;
    const limit = model.get("within") * 1000 * missed;
    let found = "";
    if (ended) found = "kernel";
    else if (cut > CUT_MS) found = "socket";
    else if (kernel && limit && silent > limit) found = "silent";
    if (found === kind) return;
    kind = found;
    changed(kind, kind === "kernel" ? ended : kind === "socket" ? Date.now() - cut : heard);
  };
  const hear = () => {
    heard = Date.now();
    silent = 0;
    judge();
  };
  document.addEventListener(
    "visibilitychange",
    () => {
      silent = 0;
    },
    { signal },
  );
  const timer = setInterval(look, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    meet(null);
  });
  look();
  return { hear, kernel: () => kernel };
}

/** Return whether a server answers at an address; what it says is another matter. */
async function reach(url) {
  const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
  return Boolean(answer && answer.status < 500);
}

/** Wait until the server answers, then load the page anew at the address it has. */
async function reload(say, signal) {
  const ready = new URL("ready", new URL(document.body.dataset.baseUrl ?? "/voila/", document.baseURI));
  while (!signal.aborted) {
    if (await reach(ready)) {
      window.location.reload();
      return;
    }
    say("no_server");
    await pause(RETRY_MS);
  }
}

/** Wait while the server starts the kernel anew by itself: two starts at once go wrong. */
async function settled(kernel) {
  const isOver = () => ["idle", "busy", "dead", undefined].includes(kernel()?.status);
  for (let end = Date.now() + ATTEMPT_MS; !isOver() && Date.now() < end; ) await pause(200);
}

/** Press the notebook's own button that starts the kernel anew; return whether there is one. */
function restart(el) {
  const panel = el.closest(".jp-NotebookPanel, .jp-Document");
  const button = panel?.querySelector('[data-command="notebook:restart-run-all"]');
  if (!button) return false;
  // The toolbar acts on the press, as with a mouse.
  button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0 }));
  button.dispatchEvent(new MouseEvent("mouseup", { bubbles: true, cancelable: true, button: 0 }));
  button.click();
  return true;
}

/** A time as the report's own times are written. */
const clock = (moment, locale, timeZone) =>
  new Date(moment).toLocaleTimeString(locale, { hourCycle: "h23", timeZoneName: "short", timeZone });

/** The banner: what happened, since when, as of when the numbers are, and the way back. */
function banner(el, model, act, signal) {
  el.classList.add("clw-pulse");
  el.hidden = true;
  const box = make("div", "clw-lost");
  const told = make("p", "clw-lost-told");
  told.setAttribute("role", "alert");
  const since = make("span", "clw-lost-since");
  const button = makeButton("clw-button clw-lost-back");
  const help = make("p", "clw-lost-help");
  help.setAttribute("role", "status");
  box.append(told, since, button, help);
  el.append(box);
  let kind = "";
  let start = 0;
  let asOf = "";
  let timeZone;
  let step = "";

  const words = () => model.get("words");
  const draw = () => {
    el.hidden = !kind;
    if (!kind) {
      write(told, "");
      return;
    }
    const parts = [words()[kind].replace("{}", clock(start, model.get("locale"), timeZone))];
    if (asOf) parts.push(words().as_of.replace("{}", asOf));
    write(told, parts.join(" "));
    write(since, words().ago.replace("{}", age(Date.now() - start, words())));
    write(button, words()[step === "trying" ? "trying" : "back"]);
    button.setAttribute("aria-disabled", String(step === "trying" || step === "no_server"));
    write(help, step && step !== "trying" ? words()[step] : "");
  };
  const say = (next) => {
    step = next;
    draw();
  };
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    say("trying");
    await act(kind, say);
    if (step === "trying") say("");
  });
  const timer = setInterval(draw, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return {
    draw,
    show(found, moment) {
      if (found !== kind) step = "";
      kind = found;
      start = moment;
      draw();
    },
    note(message) {
      asOf = message.as_of || asOf;
      timeZone = message.time_zone;
    },
  };
}

/** @param {RenderProps} props */
export function render({ model, el, signal: given }) {
  const life = lifetime(given);
  const { signal } = life;
  const { hello, tell, painted } = talk(model, signal);
  let root = /** @type {HTMLElement | null} */ (null);
  let lost = "";

  const mark = () => {
    if (!root || (root.dataset.lost ?? "") === lost) return;
    if (lost) root.dataset.lost = lost;
    else delete root.dataset.lost;
    root.dispatchEvent(new CustomEvent("clw-lost"));
  };
  const bringBack = async (kind, say) => {
    if (inVoila()) {
      await reload(say, signal);
      return;
    }
    const kernel = pulse.kernel();
    if (kind !== "kernel" && kernel) {
      await kernel.reconnect().catch(() => {});
      tell();
      await pause(RETRY_MS);
      if (!lost) return;
    }
    if (kind === "socket") say("no_server");
    else {
      await settled(pulse.kernel);
      if (!restart(el)) say("by_hand");
    }
  };
  const head = banner(el, model, bringBack, signal);
  const pulse = watch(
    model,
    (kind, since) => {
      // Python may have taken this page for closed; it also learns what has been painted.
      if (lost && !kind) tell();
      lost = kind;
      head.show(kind, since);
      mark();
    },
    signal,
  );
  const drawTick = () => {
    if (root) root.dataset.tick = model.get("tick");
  };
  // The view may be drawn before it hangs in the page.
  const findRoot = () => {
    if (signal.aborted) return;
    root = el.closest(".clw-report");
    if (!root) setTimeout(findRoot, 20);
    drawTick();
    mark();
  };
  const onMessage = (message) => {
    if (message?.type !== "beat") return;
    head.note(message);
    pulse.hear();
  };
  const onTick = () => {
    pulse.hear();
    drawTick();
    painted();
  };
  follow(model, "msg:custom", onMessage, signal);
  follow(model, "change:tick", onTick, signal);
  follow(model, "change:within", pulse.hear, signal);
  follow(model, "change:words", head.draw, signal);
  findRoot();
  hello();
  painted();
  return () => life.abort();
}
