/**
 * The fields for start and end of a window, in the page's time zone. The kernel knows the clocks:
 * it answers which moments a typed time names. An untouched field keeps its moment.
 *
 * Messages out: end {key, text}. Messages in: end {key, text, times, note}.
 */

import { freshId, keepKeys, make, makeButton, write } from "../../rendering/html/dom.js";

/**
 * @typedef {{ text: string, times: [string, string][], note: string, chosen?: string }} End
 * the local time, each moment that it names with its text, and why there is none
 */

/** One end: a field, a choice between two moments of one local time, and a note. */
function makeField(key, parent, send) {
  const box = make("div", "clw-filter-end");
  const label = make("label", "clw-filter-field");
  const name = make("span");
  const input = keepKeys(make("input"));
  input.type = "datetime-local";
  label.append(name, input);
  const which = make("label", "clw-filter-field");
  const whichName = make("span");
  const choice = keepKeys(make("select"));
  which.append(whichName, choice);
  const note = make("p", "clw-filter-note");
  note.id = freshId();
  note.setAttribute("role", "status");
  input.setAttribute("aria-describedby", note.id);
  box.append(label, which, note);
  parent.append(box);
  let isTyped = false;
  /** @type {End | null} null while the kernel has not answered */
  let end = null;

  function draw() {
    const times = end?.times ?? [];
    which.hidden = times.length < 2;
    choice.replaceChildren(
      ...times.map(([moment, text]) => {
        const option = make("option", "", text);
        option.value = moment;
        return option;
      }),
    );
    // A start is the first and an end the last of two moments, unless one is known.
    const [usual] = (key === "from" ? times[0] : times.at(-1)) ?? [""];
    choice.value = end?.chosen ?? usual;
    write(note, end?.note ?? "");
    input.setAttribute("aria-invalid", String(Boolean(end?.note)));
  }
  input.addEventListener("input", () => {
    isTyped = true;
    end = null;
    draw();
    if (input.value) send({ type: "end", key, text: input.value });
  });
  return {
    input,
    clear() {
      isTyped = false;
      end = null;
      input.value = "";
      draw();
    },
    /** Show the end of the window that is shown, unless another one is being typed. */
    fill(known) {
      if (isTyped || !known) return;
      end = known;
      input.value = known.text;
      draw();
    },
    answer(message) {
      if (message.text !== input.value) return;
      end = message;
      draw();
    },
    /** The chosen moment: null before the answer, and empty where there is none. */
    moment: () => end && (which.hidden ? (end.chosen ?? choice.value) : choice.value),
    setTexts(text, twice) {
      write(name, text);
      write(whichName, twice);
    },
  };
}

/**
 * Create the fields and their button.
 *
 * @param {HTMLElement} panel
 * @param {() => any} labels
 * @param {(message: any) => void} send
 * @param {(from: string, to: string) => void} apply
 */
export function exactWindow(panel, labels, send, apply) {
  const box = make("fieldset", "clw-filter-span");
  const legend = make("legend");
  box.append(legend);
  const fields = ["from", "to"].map((key) => makeField(key, box, send));
  const order = make("p", "clw-filter-note");
  order.setAttribute("role", "status");
  const clock = make("p", "clw-filter-rest");
  const button = makeButton("clw-button clw-filter-apply");
  box.append(order, clock, button);
  panel.append(box);
  let isWaiting = false;

  function tryToApply() {
    const [from, to] = fields.map((field) => field.moment());
    const missing = fields.find((field) => !field.input.value || field.moment() === "");
    isWaiting = !missing && (from === null || to === null);
    if (missing) missing.input.focus();
    if (missing || !from || !to) return;
    const isReversed = Date.parse(from) >= Date.parse(to);
    write(order, isReversed ? labels().reversed : "");
    if (isReversed) fields[1].input.focus();
    else apply(from, to);
  }
  button.addEventListener("click", tryToApply);
  for (const type of ["input", "change"]) {
    box.addEventListener(type, () => {
      isWaiting = false;
      write(order, "");
    });
  }
  return {
    clear() {
      isWaiting = false;
      write(order, "");
      for (const field of fields) field.clear();
    },
    fill: (span) => fields.forEach((field, i) => field.fill(span[i])),
    answer(message) {
      fields[message.key === "from" ? 0 : 1].answer(message);
      if (isWaiting) tryToApply();
    },
    draw(timeZone) {
      write(legend, labels().span);
      fields.forEach((field, i) => field.setTexts(labels()[i ? "to" : "from"], labels().twice));
      write(clock, labels().clock.replace("{}", timeZone));
      write(button, labels().apply);
    },
  };
}
