// What every widget needs: its lifetime, other models, its size, its words for screen readers.

import { freshId, make, write } from "../../rendering/html/dom.js";

/** A lifetime for a view's listeners: older front ends give none. */
export function lifetime(given) {
  const controller = new AbortController();
  if (given) given.addEventListener("abort", () => controller.abort());
  return controller;
}

/** Listen to another widget's model for as long as the view lives. */
export function follow(other, events, callback, signal) {
  other.on(events, callback);
  signal.addEventListener("abort", () => other.off(events, callback));
}

/** The model behind one of the overlay's references. */
export function linked(model, reference) {
  return model.widget_manager.get_model(reference.slice("IPY_MODEL_".length));
}

/** Call back with the element's size, at first and whenever it changes to something visible. */
export function onResize(el, callback, signal) {
  const observer = new ResizeObserver(() => {
    if (el.clientWidth && el.clientHeight) callback(el.clientWidth, el.clientHeight);
  });
  observer.observe(el);
  signal.addEventListener("abort", () => observer.disconnect());
}

/**
 * The sentence on what a view shows, for people who hear the page. It follows the data, and
 * is no live region: nobody is interrupted at every tick.
 */
export function spoken(el, source, signal) {
  const node = make("p", "clw-unseen");
  node.id = freshId();
  const say = () => write(node, source.get("summary") ?? "");
  say();
  follow(source, "change:summary", say, signal);
  el.prepend(node);
  return node;
}

/** A drawing that is heard as its sentence; the numbers one by one are in the table view. */
export function spokenImage(el, drawing, source, signal) {
  const node = spoken(el, source, signal);
  node.hidden = true;
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-labelledby", node.id);
}

/**
 * Let the keyboard scroll what overflows: a stop for Tab only while there is more to see.
 * Returns what to call after the content has changed.
 */
export function scrollable(node, signal) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  const check = () => {
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = node;
    if (scrollHeight > clientHeight + 1 || scrollWidth > clientWidth + 1) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  };
  onResize(node, check, signal);
  return check;
}

/** Show or hide the quiet sentence that stands where there is nothing to draw. */
export function emptiness(el, text) {
  const note = make("div", "clw-empty", text);
  return (empty) => {
    if (empty && !note.isConnected) el.append(note);
    if (!empty) note.remove();
    el.classList.toggle("clw-is-empty", empty);
    if (el.parentElement) el.parentElement.classList.toggle("clw-no-data", empty);
  };
}

/** Return whether this page is Voilà's and not a notebook's. */
export function inVoila() {
  return document.body.dataset.voila === "voila";
}
