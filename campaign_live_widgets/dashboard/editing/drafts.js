// The layout that a reader is editing: kept in the page until it is saved or cancelled.

import { freshId } from "../../rendering/html/dom.js";
import { inVoila } from "../../widgets/base/widget.js";

/**
 * @typedef {{ id: string, rows: number, columns: number, view: string, shown: boolean }} Place
 * @typedef {{ session: string, viewer: string, before: Place[], places: Place[],
 *   isOutdated: boolean }} Draft
 *   `session` is the kernel's report in which `viewer` began to edit, with the places `before`. A
 *   draft is outdated if another layout has been saved since it was begun.
 */

/**
 * Return the store of one draft. It outlives the view (a change of language creates the tiles
 * again), the kernel and a reload, but not the browser's tab.
 *
 * @param {string} name of the draft; without one it is kept nowhere
 */
export function draftStore(name) {
  // In JupyterLab the address is that of the active document, which may be another one.
  const key = `campaign-live-draft ${inVoila() ? location.pathname : ""} ${name}`;
  const holder = /** @type {any} */ (document);
  holder.campaignLiveDrafts ??= new Map();
  const inMemory = holder.campaignLiveDrafts;
  const attempt = (access) => {
    try {
      return access();
    } catch {
      return null; // storage is full, or the browser forbids it
    }
  };
  return {
    /** @returns {Draft | null} */
    read() {
      if (!name) return null;
      const stored = attempt(() => JSON.parse(sessionStorage.getItem(key) ?? "null"));
      return isDraft(stored) ? stored : (inMemory.get(key) ?? null);
    },
    /** @param {Draft} draft */
    write(draft) {
      if (!name) return;
      inMemory.set(key, draft);
      attempt(() => sessionStorage.setItem(key, JSON.stringify(draft)));
    },
    clear() {
      inMemory.delete(key);
      attempt(() => sessionStorage.removeItem(key));
    },
  };
}

function isDraft(value) {
  return [value?.before, value?.places].every(
    (list) => Array.isArray(list) && list.every((place) => typeof place?.id === "string"),
  );
}

/** Return whether a view of the page edits the layout of a name. */
export function isEdited(name) {
  const editors = [...document.querySelectorAll(".clw-editor.clw-on")];
  return editors.some((editor) => editor.getAttribute("data-draft") === name);
}

/**
 * Return how a new view goes on with a draft; null if it has been saved, and only the answer was lost.
 *
 * @param {Draft} draft
 * @param {string} session of the view's kernel
 * @param {Place[]} places of the kernel
 * @returns {Draft | null}
 */
export function resumed(draft, session, places) {
  const drafted = mergePlaces(draft.places, places);
  if (draft.session === session) return { ...draft, places: drafted };
  const isChanged = !isSamePlaces(draft.before, draft.places);
  if (isChanged && isSamePlaces(drafted, places)) return null;
  const isOutdated = draft.isOutdated || !isSamePlaces(draft.before, places);
  return { session, viewer: freshId(), before: places, places: drafted, isOutdated };
}

/**
 * Return the places of a draft for the tiles of this page: those of unknown tiles are dropped,
 * those of new tiles come last.
 *
 * @param {Place[]} drafted
 * @param {Place[]} current
 */
export function mergePlaces(drafted, current) {
  const ids = new Set(current.map(({ id }) => id));
  const known = drafted.filter(({ id }) => ids.delete(id));
  return [...known, ...current.filter(({ id }) => ids.has(id))];
}

/**
 * Return whether two lists have the same places in the same order.
 *
 * @param {Place[]} a
 * @param {Place[]} b
 */
export function isSamePlaces(a, b) {
  const texts = [a, b].map((list) =>
    JSON.stringify(list.map((p) => [p.id, p.rows, p.columns, p.view ?? "", p.shown])),
  );
  return texts[0] === texts[1];
}
