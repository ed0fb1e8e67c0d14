// Local times. The kernel sends how the clocks go (`clock_steps` in times.py), so that the page
// and its files show the same, whatever this browser knows of time zones.

/**
 * Return what writes times in a language.
 *
 * @param {string} locale
 */
export function clocks(locale) {
  const format = (options) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", hourCycle: "h23", ...options });
  const year = { year: "numeric" };
  const day = { month: "short", day: "numeric" };
  const time = { hour: "2-digit", minute: "2-digit" };
  const patterns = {
    day: format(day),
    time: format(time),
    second: format({ ...time, second: "2-digit" }),
    moment: [format({ ...day, ...time }), format({ ...year, ...day, ...time })],
    both: [
      format({ weekday: "short", ...day, ...time }),
      format({ weekday: "short", ...year, ...day, ...time }),
    ],
  };

  /**
   * Return the times of a zone.
   *
   * @param {[number, number, string][]} steps first second, seconds ahead of UTC, offset as text
   *   where the clocks show the times twice; the first step also applies before
   * @param {Date[]} dates first and last of the times that are shown: they decide about the year
   */
  return (steps, dates = []) => {
    const step = (seconds) => steps.findLast(([from], i) => !i || from <= seconds) ?? [0, 0, ""];
    const ahead = (date) => step(+date / 1000)[1];
    const wall = (date) => +date / 1000 + ahead(date);
    const local = (date) => new Date(wall(date) * 1000);
    const repeated = (date) => step(+date / 1000)[2];
    const write = (pattern, date) => [pattern.format(local(date)), repeated(date)].join(" ").trim();
    const years = new Set(dates.map((date) => local(date).getUTCFullYear()));
    const which = years.size > 1 ? 1 : 0;
    return {
      wall,
      ahead,
      repeated,
      day: (date) => patterns.day.format(local(date)),
      time: (date) => write(patterns.time, date),
      second: (date) => write(patterns.second, date),
      moment: (date) => write(patterns.moment[which], date),
      both: (date) => write(patterns.both[which], date),
    };
  };
}
