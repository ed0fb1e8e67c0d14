// The address of the page in Voilà: it names what the page shows.

import { inVoila } from "../../widgets/base/widget.js";

const KEYS = [
  ...["campaign", "window", "from", "to", "at", "message", "execution", "tests"],
  ...["tz", "locale", "every", "tab", "detail"],
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
 * @param {(message: object) => void} send
 * @param {AbortSignal} signal
 * @returns {(address: string) => void}
 */
export function addressWriter(send, signal) {
  if (!inVoila()) return () => {};
  const detailOf = (params) => params.get("detail") ?? "";
  window.addEventListener("popstate", () => send({ type: "goto", address: location.search }), {
    signal,
  });
  return (address) => {
    const current = new URLSearchParams(location.search);
    const next = mergeAddress(location.search, address);
    if (next.toString() === current.toString()) return;
    const text = next.toString() ? `?${next}` : "";
    const url = `${location.pathname}${text}${location.hash}`;
    // The page of one message is an entry of the history: the browser's Back leaves it.
    if (detailOf(next) && !detailOf(current))
      history.pushState({ campaignLive: "detail" }, "", url);
    else history.replaceState(detailOf(next) ? history.state : null, "", url);
  };
}
