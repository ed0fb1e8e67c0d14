/**
 * The connection between this page and its kernel, and the banner shown when it is lost.
 *
 * Messages out: hello {search}, ack {tick}, visible {visible}, ping, bye; each has the id of this
 * view, so that the kernel can distinguish two pages of one report. And repeat, of the model.
 * Messages in: update {states, paths}, heartbeat {as_of, clock}.
 */

import { freshId, make, makeButton, write } from "../../rendering/html/dom.js";
import { clocks } from "../../widgets/base/clock.js";
import { age } from "../../widgets/base/format.js";
import { apply } from "../../widgets/base/joint_updates.js";
import { follow, inVoila, lifetime } from "../../widgets/base/widget.js";

const PING_MS = 15_000;
/** Longest time between two checks that counts as waiting; the computer slept for the rest. */
const LONGEST_CHECK_MS = 2000;
const RETRY_MS = 2000;
/** Status of the answer about a page that does not exist. */
const GONE = 404;
/** Time in which a page that is left waits for the next one; it ends its kernel before. */
const LEAVING_MS = 30_000;
/** Timeout of an attempt to reconnect. */
const ATTEMPT_MS = 10_000;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Send the kernel messages about this view and what it has painted. */
function messages(model, signal) {
  const viewer = freshId();
  const send = (type, more = {}) => {
    try {
      model.send({ type, viewer, visible: !document.hidden, ...more });
    } catch {
      // A dead kernel receives no message; `watch` detects it.
    }
  };
  const hello = () => send("hello", { search: inVoila() ? window.location.search : "" });
  const sendVisible = () => send("visible", { tick: model.get("tick") });
  const acknowledge = () => send("ack", { tick: model.get("tick") });
  // A hidden page has no animation frames: it must not wait for one.
  const acknowledgeOncePainted = () =>
    document.hidden
      ? setTimeout(acknowledge)
      : requestAnimationFrame(() => setTimeout(acknowledge));
  document.addEventListener("visibilitychange", sendVisible, { signal });
  window.addEventListener("pagehide", () => send("bye"), { signal });
  const onPageShow = (event) => {
    if (!event.persisted) return;
    // Voilà has ended the kernel when the page was left.
    if (inVoila()) window.location.reload();
    else hello();
  };
  window.addEventListener("pageshow", onPageShow, { signal });
  const timer = setInterval(() => send("ping"), PING_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    send("bye");
  });
  return { hello, sendVisible, acknowledgeOncePainted };
}

/**
 * Watch the kernel: its status in the front end, and its heartbeats.
 *
 * `changed(loss, since)` is called with "" (connected), "kernel" (the kernel has ended, and this
 * page's widgets with it), "socket" (no connection) or "silent" (connected, but no heartbeats).
 */
function watch(model, changed, signal) {
  const manager = model.widget_manager;
  let kernel = /** @type {Kernel | null} */ (null);
  let id = /** @type {string | null} */ (null);
  let endedAt = 0;
  let silentMs = 0;
  let disconnectedMs = 0;
  let reconnecting = false;
  let attemptedAt = 0;
  let leftAt = 0;
  let checkedAt = Date.now();
  let heartbeatAt = checkedAt;
  let loss = "";

  const onStatus = (_, status) => {
    if (endedAt || !["restarting", "autorestarting", "terminating", "dead"].includes(status))
      return;
    endedAt = Date.now();
    report();
  };
  const setKernel = (next) => {
    kernel?.statusChanged?.disconnect(onStatus);
    next?.statusChanged?.connect(onStatus);
    kernel = next;
  };
  const isLeaving = () => Date.now() - leftAt < LEAVING_MS;
  const isConnected = () => !kernel || kernel.connectionStatus === "connected";
  // The front end waits up to half a minute between two attempts; the server may be back earlier.
  const reconnect = async () => {
    if (reconnecting || !kernel?.serverSettings || Date.now() - attemptedAt < ATTEMPT_MS) return;
    reconnecting = true;
    const { baseUrl } = kernel.serverSettings;
    const status = await statusOf(new URL(`api/kernels/${encodeURIComponent(kernel.id)}`, baseUrl));
    if (status === GONE && model.get("reopens") && !isLeaving()) {
      // All that the page shows is in its address.
      window.location.reload();
      return;
    }
    if (answers(status) && disconnectedMs && !endedAt) {
      attemptedAt = Date.now();
      kernel.reconnect().catch(() => {});
    } else await pause(RETRY_MS);
    reconnecting = false;
  };
  const check = () => {
    const now = Date.now();
    const elapsed = Math.min(now - checkedAt, LONGEST_CHECK_MS);
    checkedAt = now;
    const current = manager.kernel ?? null;
    if (current && current !== kernel) setKernel(current);
    id ??= kernel?.id ?? null;
    // With another kernel, or with none any more, the widgets of this page are gone.
    if (id && !endedAt && (!current || current.isDisposed || current.id !== id)) endedAt = now;
    const mayBeGone = model.get("reopens") && !isLeaving() && (endedAt || !isConnected());
    if (loss === "socket" || mayBeGone) reconnect();
    silentMs = document.hidden ? 0 : silentMs + elapsed;
    disconnectedMs = isConnected() ? 0 : disconnectedMs + elapsed;
    report();
  };
  const report = () => {
    // In Voilà no cell runs: "busy" may be the last status before the network failed.
    const isBusy = kernel?.status === "busy" && !inVoila();
    const next = lossOf({
      ended: endedAt > 0,
      disconnectedMs,
      silentMs: kernel ? silentMs : 0,
      heartbeatMs: model.get("heartbeat_seconds") * 1000,
      isBusy,
      limits: model.get("limits"),
    });
    if (next === loss) return;
    loss = next;
    const since = { kernel: endedAt, socket: Date.now() - disconnectedMs }[loss] ?? heartbeatAt;
    changed(loss, since);
  };
  const onHeartbeat = () => {
    heartbeatAt = Date.now();
    silentMs = 0;
    report();
  };
  document.addEventListener(
    "visibilitychange",
    () => {
      silentMs = 0;
    },
    { signal },
  );
  const onLeave = () => {
    leftAt = Date.now();
  };
  window.addEventListener("beforeunload", onLeave, { signal });
  const timer = setInterval(check, 1000);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    setKernel(null);
  });
  check();
  return { onHeartbeat, kernel: () => kernel };
}

/**
 * Return what is lost: the kernel, the connection ("socket"), its heartbeats ("silent"), or "".
 *
 * A busy kernel may miss more heartbeats: a cell can block all its threads, and the server reports
 * a dead kernel itself.
 *
 * @param {{ ended: boolean, disconnectedMs: number, silentMs: number, heartbeatMs: number, isBusy: boolean,
 *   limits: { missed: number, missed_while_busy: number, reconnect_seconds: number } }} state
 *   `heartbeatMs` is the time between two heartbeats, or zero if there are none.
 */
export function lossOf({ ended, disconnectedMs, silentMs, heartbeatMs, isBusy, limits }) {
  if (ended) return "kernel";
  if (disconnectedMs > limits.reconnect_seconds * 1000) return "socket";
  const limit = heartbeatMs * (isBusy ? limits.missed_while_busy : limits.missed);
  return limit && silentMs > limit ? "silent" : "";
}

/** Return the status of a server's answer at an address; 0 without one. */
async function statusOf(url) {
  const answer = await fetch(url, { cache: "no-store" }).catch(() => null);
  return answer?.status ?? 0;
}

const answers = (status) => status > 0 && status < 500;

/** Wait until the server answers, then reload the page. */
async function reload(showStep, signal) {
  const ready = new URL(
    "ready",
    new URL(document.body.dataset.baseUrl ?? "/voila/", document.baseURI),
  );
  while (!signal.aborted) {
    if (answers(await statusOf(ready))) {
      window.location.reload();
      return;
    }
    showStep("no_server");
    await pause(RETRY_MS);
  }
}

/** Wait while the server restarts the kernel itself: two restarts at once would fail. */
async function untilSettled(kernel) {
  const isOver = () => ["idle", "busy", "dead", undefined].includes(kernel()?.status);
  for (let end = Date.now() + ATTEMPT_MS; !isOver() && Date.now() < end; ) await pause(200);
}

/** Press the notebook's own button that restarts the kernel; return whether there is one. */
function restart(el) {
  const panel = el.closest(".jp-NotebookPanel, .jp-Document");
  const button = panel?.querySelector('[data-command="notebook:restart-run-all"]');
  if (!button) return false;
  // The toolbar reacts to mouse events, not to a click.
  button.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0 }));
  button.dispatchEvent(new MouseEvent("mouseup", { bubbles: true, cancelable: true, button: 0 }));
  button.click();
  return true;
}

/** The banner: what is lost, since when, the time of the numbers, and a button to reconnect. */
function makeBanner(el, model, recover, signal) {
  el.classList.add("clw-pulse");
  el.hidden = true;
  const box = make("div", "clw-lost");
  const message = make("p", "clw-lost-message");
  message.setAttribute("role", "alert");
  const since = make("span", "clw-lost-since");
  const button = makeButton("clw-button clw-lost-back");
  const help = make("p", "clw-lost-help");
  help.setAttribute("role", "status");
  box.append(message, since, button, help);
  el.append(box);
  let loss = "";
  let start = 0;
  let asOf = "";
  let clock = [];
  let step = "";

  const labels = () => model.get("labels");
  const draw = () => {
    el.hidden = !loss;
    if (!loss) {
      write(message, "");
      return;
    }
    const time = clocks(model.get("locale"))(clock).second(new Date(start));
    const parts = [labels()[loss].replace("{}", time)];
    if (asOf) parts.push(labels().as_of.replace("{}", asOf));
    write(message, parts.join(" "));
    write(since, labels().ago.replace("{}", age(Date.now() - start, labels())));
    write(button, labels()[step === "trying" ? "trying" : "back"]);
    button.setAttribute("aria-disabled", String(step === "trying" || step === "no_server"));
    write(help, step && step !== "trying" ? labels()[step] : "");
  };
  const showStep = (next) => {
    step = next;
    draw();
  };
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    showStep("trying");
    await recover(loss, showStep);
    if (step === "trying") showStep("");
  });
  const timer = setInterval(draw, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  return {
    draw,
    show(next, since) {
      if (next !== loss) step = "";
      loss = next;
      start = since;
      draw();
    },
    setAsOf(heartbeat) {
      asOf = heartbeat.as_of || asOf;
      clock = heartbeat.clock;
    },
  };
}

/**
 * Apply the kernel's updates to the models of this page, also while it shows no view of them.
 *
 * @param {{ model: Model, signal?: AbortSignal }} props
 */
export function initialize({ model, signal }) {
  const onMessage = (message, buffers) => {
    if (message?.type === "update") apply(model.widget_manager, message, buffers);
  };
  follow(model, "msg:custom", onMessage, lifetime(signal).signal);
  try {
    model.send({ type: "repeat" });
  } catch {
    // The kernel has gone; `watch` detects it.
  }
}

/** @param {RenderProps} props */
export function render({ model, el, signal: given }) {
  const life = lifetime(given);
  const { signal } = life;
  const { hello, sendVisible, acknowledgeOncePainted } = messages(model, signal);
  let root = /** @type {HTMLElement | null} */ (null);
  let lost = "";

  const markRoot = () => {
    if (!root || (root.dataset.lost ?? "") === lost) return;
    if (lost) root.dataset.lost = lost;
    else delete root.dataset.lost;
    root.dispatchEvent(new CustomEvent("clw-lost"));
  };
  const recover = async (loss, showStep) => {
    if (inVoila()) {
      await reload(showStep, signal);
      return;
    }
    const kernel = connection.kernel();
    if (loss !== "kernel" && kernel) {
      await kernel.reconnect().catch(() => {});
      sendVisible();
      await pause(RETRY_MS);
      if (!lost) return;
    }
    if (loss === "socket") showStep("no_server");
    else {
      await untilSettled(connection.kernel);
      if (!restart(el)) showStep("by_hand");
    }
  };
  const banner = makeBanner(el, model, recover, signal);
  const connection = watch(
    model,
    (loss, since) => {
      // The kernel may have taken this page for closed; it also needs to know what is painted.
      if (lost && !loss) sendVisible();
      lost = loss;
      banner.show(loss, since);
      markRoot();
    },
    signal,
  );
  const drawTick = () => {
    if (root) root.dataset.tick = model.get("tick");
  };
  // The view may be drawn before it is attached to the page.
  const findRoot = () => {
    if (signal.aborted) return;
    root = el.closest(".clw-report");
    if (!root) setTimeout(findRoot, 20);
    drawTick();
    markRoot();
  };
  const onMessage = (message) => {
    if (message?.type !== "heartbeat") return;
    banner.setAsOf(message);
    connection.onHeartbeat();
  };
  const onTick = () => {
    connection.onHeartbeat();
    drawTick();
    acknowledgeOncePainted();
  };
  follow(model, "msg:custom", onMessage, signal);
  follow(model, "change:tick", onTick, signal);
  follow(model, "change:heartbeat_seconds", connection.onHeartbeat, signal);
  follow(model, "change:labels", banner.draw, signal);
  findRoot();
  hello();
  acknowledgeOncePainted();
  return () => life.abort();
}
