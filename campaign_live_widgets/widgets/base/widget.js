// What every widget needs: its lifetime, other models, its size, its texts for screen readers.

import { freshId, keepKeys, make, write } from "../../rendering/html/dom.js";

/**
 * Return a controller that ends a view's listeners; older front ends give no signal.
 *
 * @param {AbortSignal} [given]
 */
export function lifetime(given) {
  const controller = new AbortController();
  if (given) given.addEventListener("abort", () => controller.abort());
  return controller;
}

/**
 * Listen to a model until the view is removed.
 *
 * @param {Model} model
 * @param {string} events such as "change:view"
 * @param {(...values: any[]) => void} callback
 * @param {AbortSignal} signal
 */
export function follow(model, events, callback, signal) {
  model.on(events, callback);
  signal.addEventListener("abort", () => model.off(events, callback));
}

/**
 * Return the model that another model refers to.
 *
 * @param {Model} model
 * @param {string} reference
 */
export function linked(model, reference) {
  return model.widget_manager.get_model(reference.slice("IPY_MODEL_".length));
}

/**
 * Call back with the element's size, at first and after each change, while it is visible.
 *
 * @param {Element} el
 * @param {(width: number, height: number) => void} callback
 * @param {AbortSignal} signal
 */
export function onResize(el, callback, signal) {
  const observer = new ResizeObserver(() => {
    if (el.clientWidth && el.clientHeight) callback(el.clientWidth, el.clientHeight);
  });
  observer.observe(el);
  signal.addEventListener("abort", () => observer.disconnect());
}

/**
 * Add the summary of a view's data for screen readers. It follows the data, and is no live
 * region, so that it does not interrupt at every tick.
 *
 * @param {HTMLElement} el
 * @param {Model} model of the widget that has the trait `summary`
 * @param {AbortSignal} signal
 */
export function addSummary(el, model, signal) {
  const node = make("p", "clw-unseen");
  node.id = freshId();
  const update = () => write(node, model.get("summary") ?? "");
  update();
  follow(model, "change:summary", update, signal);
  el.prepend(node);
  return node;
}

/**
 * Make a drawing an image with the summary as its name; the table view has the numbers.
 *
 * @param {HTMLElement} el
 * @param {Element} drawing
 * @param {Model} model
 * @param {AbortSignal} signal
 */
export function nameImage(el, drawing, model, signal) {
  const node = addSummary(el, model, signal);
  node.hidden = true;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-labelledby", node.id);
}

/**
 * Let the keyboard scroll a node: it is a tab stop only while its content overflows.
 *
 * @param {HTMLElement} node
 * @param {AbortSignal} signal
 * @returns {() => void} to call after the content has changed
 */
export function scrollable(node, signal) {
  keepKeys(node);
  const check = () => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = node;
    if (scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  };
  onResize(node, check, signal);
  return check;
}

/**
 * Return a function that shows or hides a text in place of a view without data.
 *
 * @param {HTMLElement} el
 * @param {string} text
 * @returns {(isEmpty: boolean) => void}
 */
export function emptyNote(el, text) {
  const note = make("div", "clw-empty", text);
  return (isEmpty) => {
    if (isEmpty && !note.isConnected) el.append(note);
    if (!isEmpty) note.remove();
    el.classList.toggle("clw-is-empty", isEmpty);
    if (el.parentElement) el.parentElement.classList.toggle("clw-no-data", isEmpty);
  };
}

/** Return whether this is a page of Voilà, and not a notebook. */
export function inVoila() {
  return document.body.dataset.voila === "voila";
}
