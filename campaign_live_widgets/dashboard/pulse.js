/**
 * The page's pulse towards Python, and the judgement whether the kernel still answers.
 *
 * Messages out: hello {search}, ack {tick}, visible {visible}, ping, bye; each carries the id of
 * this view, so that Python can tell two pages of one report apart.
 * Messages in: beat {within}: the next one comes within so many seconds.
 */
const PING_MS = 15_000;
const MISSED = 3;

/** Tell Python who looks and what has been painted; return what to call for each tick. */
function talk(model, signal) {
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
  return { hello, painted };
}

function age(ms, words) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} ${words.second}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${words.minute}`;
  if (s < 172_800) return `${Math.floor(s / 3600)} ${words.hour}`;
  return `${Math.floor(s / 86_400)} ${words.day}`;
}

function render({ model, el, signal }) {
  const { hello, painted } = talk(model, signal);
  let heard = Date.now();
  let within = 0;
  let root = null;
  el.classList.add("clw-pulse");
  el.setAttribute("role", "alert");

  const draw = () => {
    const silent = Date.now() - heard;
    const lost = within > 0 && !document.hidden && silent > MISSED * within * 1000;
    const text = lost ? model.get("words").lost.replace("{}", age(silent, model.get("words"))) : "";
    if (el.textContent !== text) el.textContent = text;
    el.hidden = !lost;
    if (!root || "lost" in root.dataset === lost) return;
    if (lost) root.dataset.lost = "silent";
    else delete root.dataset.lost;
    root.dispatchEvent(new CustomEvent("clw-lost"));
  };
  const hear = () => {
    heard = Date.now();
    draw();
  };
  const drawTick = () => {
    if (root) root.dataset.tick = model.get("tick");
  };
  // The view may be drawn before it hangs in the page.
  const findRoot = () => {
    if (signal.aborted) return;
    root = el.closest(".clw-report");
    if (!root) setTimeout(findRoot, 20);
    drawTick();
  };

  const onMessage = (message) => {
    if (message?.type !== "beat") return;
    within = message.within;
    hear();
  };
  const onTick = () => {
    hear();
    drawTick();
    painted();
  };
  model.on("msg:custom", onMessage);
  model.on("change:tick", onTick);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", onMessage);
    model.off("change:tick", onTick);
  });
  document.addEventListener("visibilitychange", hear, { signal });
  const timer = setInterval(draw, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
  draw();
  findRoot();
  hello();
  painted();
}

export default { render };
