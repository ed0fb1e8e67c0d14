// The address of the page in Voilà: it names what the page shows.

import { inVoila } from "../../widgets/base/widget.js";

const KEYS = [
  ...["campaign", "window", "from", "to", "at", "message", "execution", "tests"],
  ...["machines", "basis", "tz", "locale", "every", "tab", "detail"],
];

/**
 * Return a query string with the report's keys replaced; keys of others stay.
 *
 * @param {string} search the query string of the page
 * @param {string} address the report's keys and values
 */
export function mergeAddress(search, address) {
  const merged = new URLSearchParams(search);
  for (const key of KEYS) merged.delete(key);
  for (const [key, value] of new URLSearchParams(address)) merged.append(key, value);
  return merged;
}

/**
 * Return a function that writes what the page shows into its address.
 *
 * A choice of what is counted is an entry of the history: Back returns to what was counted before.
 * How it is shown (language, time zone, tab) replaces the address of the entry.
 *
 * @param {(message: object) => void} send
 * @param {AbortSignal} signal
 * @returns {(answer: { address: string, step: boolean, revisit: number }) => void}
 */
export function addressWriter(send, signal) {
  if (!inVoila()) return () => {};
  const detailOf = (params) => params.get("detail") ?? "";
  let visits = 0;
  window.addEventListener(
    "popstate",
    () => {
      visits += 1;
      send({ type: "revisit", address: location.search, n: visits });
    },
    { signal },
  );
  return ({ address, step, revisit }) => {
    // The answer to an earlier request does not belong to the entry that is open by now.
    if (revisit < visits) return;
    const current = new URLSearchParams(location.search);
    const next = mergeAddress(location.search, address);
    if (next.toString() === current.toString()) return;
    const text = next.toString() ? `?${next}` : "";
    const url = `${location.pathname}${text}${location.hash}`;
    const opened = detailOf(next) && !detailOf(current);
    if (step) history.pushState(opened ? { campaignLive: "detail" } : null, "", url);
    else history.replaceState(detailOf(next) ? history.state : null, "", url);
  };
}
