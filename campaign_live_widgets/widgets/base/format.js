// Numbers and times as texts.

/** Counts and shares as the page's language writes them. */
export function formats(locale) {
  const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const percent = new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const fine = new Intl.NumberFormat(locale, {
    style: "percent",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  const number = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const missing = (n) => n === null || n === undefined || Number.isNaN(n);
  function share(s) {
    if (missing(s)) return "–";
    if (s > 0 && s < 0.0005) return `<${percent.format(0.001)}`;
    if (s >= 0.9995 && s < 1) return `>${percent.format(0.999)}`;
    return percent.format(s);
  }
  return {
    count: (n) => (missing(n) ? "–" : count.format(n)),
    short: (n) => (n < 1e6 ? count : compact).format(n),
    number: (n) => (missing(n) ? "–" : number.format(n)),
    share,
    /** A rate that is compared with a line: below 1 % with two decimals. */
    rate(s) {
      if (missing(s) || s <= 0 || s >= 0.01) return share(s);
      return s < 0.00005 ? `<${fine.format(0.0001)}` : fine.format(s);
    },
  };
}

/**
 * Write how long ago something happened, in the largest unit that it fills.
 *
 * @param {number} ms
 * @param {{ second: string, minute: string, hour: string, day: string }} words
 */
export function age(ms, words) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} ${words.second}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${words.minute}`;
  if (s < 172_800) return `${Math.floor(s / 3600)} ${words.hour}`;
  return `${Math.floor(s / 86_400)} ${words.day}`;
}
