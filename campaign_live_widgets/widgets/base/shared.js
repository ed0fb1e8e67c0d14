// Put before every module of the views (see front.py): what all of them need.

/** An element with a class and a text; text is never parsed as markup. */
function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

/** Write a text only where it differs, so that an unchanged cell stays untouched. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A name from outside, which may be endless, as a tooltip can hold it. */
function shorten(text) {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function hint(node, text) {
  const short = shorten(text);
  if (node.title !== short) node.title = short;
}

/** Counts and shares as the page's language writes them. */
function formats(locale) {
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const missing = (n) => n === null || n === undefined || Number.isNaN(n);
  return {
    count: (n) => (missing(n) ? "–" : count.format(n)),
    short: (n) => (n < 1e6 ? count : compact).format(n),
    share(s) {
      if (missing(s)) return "–";
      if (s > 0 && s < 0.0005) return "<" + percent.format(0.001);
      if (s >= 0.9995 && s < 1) return ">" + percent.format(0.999);
      return percent.format(s);
    },
  };
}

const ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float64: Float64Array,
};

/** A number array as the kernel sent it; copied, since views into a message are unaligned. */
function unpack(sent) {
  if (!sent || !sent.dtype) return [];
  const { buffer, byteOffset, byteLength } = sent.value;
  return new ARRAYS[sent.dtype](buffer.slice(byteOffset, byteOffset + byteLength));
}

/** The model behind one of the overlay's references. */
function linked(model, reference) {
  return model.widget_manager.get_model(reference.slice("IPY_MODEL_".length));
}

/** Listen to another widget's model for as long as the view lives. */
function follow(other, events, callback, signal) {
  other.on(events, callback);
  signal.addEventListener("abort", () => other.off(events, callback));
}

/** Call back with the element's size, at first and whenever it changes to something visible. */
function onResize(el, callback, signal) {
  const observer = new ResizeObserver(() => {
    if (el.clientWidth && el.clientHeight) callback(el.clientWidth, el.clientHeight);
  });
  observer.observe(el);
  signal.addEventListener("abort", () => observer.disconnect());
}

/** The bqplot figure that stands beside this overlay in the page. */
function figureBeside(el) {
  return el.parentElement ? el.parentElement.querySelector(":scope > .bqplot") : null;
}

/**
 * Let bqplot draw a figure before it is scrolled into sight; by itself it draws 0.3 s after,
 * and printed pages would miss what was never looked at.
 */
function drawUnseen(view) {
  if (view.intersectObserver) view.intersectObserver.disconnect();
  view.visible = true;
  view.relayout();
  // Before its first drawing is done, bqplot ignores the request.
  if (view.rendered === false && view.el.isConnected) setTimeout(drawUnseen, 100, view);
}

/** Put the figure's box here, and have bqplot draw at once what it would draw 0.3 s later. */
function place(figure, node, box) {
  if (!node) return;
  node.setAttribute("aria-hidden", "true");
  for (const side of ["left", "top", "width", "height"]) {
    node.style.setProperty(side, `${Math.max(0, Math.round(box[side]))}px`, "important");
  }
  for (const view of Object.values(figure.views || {})) view.then(drawUnseen);
}

/** One tooltip for an overlay: a heading and rows of [colour, name, value, remark]. */
function tooltip(signal) {
  const tip = make("div", "clw-tip");
  tip.setAttribute("role", "status");
  signal.addEventListener("abort", () => tip.remove());
  return {
    hide: () => tip.remove(),
    show(x, y, heading, rows) {
      const head = make("div", "clw-tip-head", shorten(heading));
      head.dir = "auto";
      tip.replaceChildren(head);
      const table = make("div", "clw-tip-rows");
      for (const [color, name, value, remark] of rows) {
        const swatch = make("i", "clw-swatch");
        swatch.style.background = color;
        const label = make("span", "clw-tip-name", shorten(name));
        label.dir = "auto";
        table.append(
          swatch,
          label,
          make("b", "", value),
          make("span", "clw-tip-remark", remark || ""),
        );
      }
      tip.append(table);
      if (!tip.isConnected) document.body.append(tip);
      const { offsetWidth: w, offsetHeight: h } = tip;
      const left = x + 16 + w > innerWidth ? x - 16 - w : x + 16;
      const top = y + 16 + h > innerHeight ? y - 16 - h : y + 16;
      tip.style.left = `${Math.max(4, left)}px`;
      tip.style.top = `${Math.max(4, top)}px`;
    },
  };
}

/** A lifetime for a view's listeners: older front ends give none. */
function lifetime(given) {
  const controller = new AbortController();
  if (given) given.addEventListener("abort", () => controller.abort());
  return controller;
}

/**
 * The sentence on what a view shows, for people who hear the page. It follows the data, and
 * is no live region: nobody is interrupted at every tick.
 */
function spoken(el, source, signal) {
  const node = make("p", "clw-unseen");
  node.id = freshId();
  const say = () => write(node, source.get("summary") ?? "");
  say();
  follow(source, "change:summary", say, signal);
  el.prepend(node);
  return node;
}

/** A drawing that is heard as its sentence; the numbers one by one are in the table view. */
function spokenImage(el, drawing, source, signal) {
  const node = spoken(el, source, signal);
  node.hidden = true;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-labelledby", node.id);
}

/**
 * Let the keyboard scroll what overflows: a stop for Tab only while there is more to see.
 * Returns what to call after the content has changed.
 */
function scrollable(node, signal) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  const check = () => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = node;
    if (scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  };
  onResize(node, check, signal);
  return check;
}

/** Measure texts in the type of an element: width in px. */
function ruler(el) {
  const context = document.createElement("canvas").getContext("2d");
  const { fontSize, fontFamily } = getComputedStyle(el);
  context.font = `${fontSize} ${fontFamily}`;
  return (text) => Math.ceil(context.measureText(text).width) + 1;
}

/** Show or hide the quiet sentence that stands where there is nothing to draw. */
function emptiness(el, text) {
  const note = make("div", "clw-empty", text);
  return (empty) => {
    if (empty && !note.isConnected) el.append(note);
    if (!empty) note.remove();
    el.classList.toggle("clw-is-empty", empty);
    if (el.parentElement) el.parentElement.classList.toggle("clw-no-data", empty);
  };
}

/** An id that nothing else on the page has. */
function freshId() {
  globalThis.campaignLiveIds = (globalThis.campaignLiveIds ?? 0) + 1;
  return `clw-id-${globalThis.campaignLiveIds}`;
}

/** A button that takes its own keys: Lab and Notebook have shortcuts on bare letters. */
function makeButton(className, text = "") {
  const button = make("button", className, text);
  button.type = "button";
  button.setAttribute("data-lm-suppress-shortcuts", "true");
  return button;
}

/**
 * Ask the kernel for a file that its side offers (see files.py), and get {name, text,
 * media_type}; the promise fails where the kernel does not answer.
 */
function fetchFile(model, what, seconds = 20) {
  return new Promise((resolve, reject) => {
    const ask = freshId();
    const done = (settle, value) => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      settle(value);
    };
    const hear = (answer) => {
      if (answer?.type !== "file" || answer.ask !== ask) return;
      if (answer.error) done(reject, new Error(answer.error));
      else done(resolve, answer);
    };
    const timer = setTimeout(() => done(reject, new Error("")), seconds * 1000);
    model.on("msg:custom", hear);
    model.send({ type: "file", what, ask });
  });
}

/** Have the browser save a Blob under a name. */
function saveAs(name, blob) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Save a text file that the kernel makes; resolves with its name. */
async function download(model, what) {
  const { name, text, media_type: type } = await fetchFile(model, what);
  saveAs(name, new Blob([text], { type }));
  return name;
}
