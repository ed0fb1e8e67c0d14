import assert from "node:assert/strict";
import { test } from "node:test";
import { fitName } from "../../campaign_live_widgets/widgets/base/chart.js";
import { clocks } from "../../campaign_live_widgets/widgets/base/clock.js";
import { sliceAt } from "../../campaign_live_widgets/widgets/views/donut.js";
import {
  dashes,
  niceStep,
  overhang,
  timeTicks,
} from "../../campaign_live_widgets/widgets/views/lines.js";

const AHEAD = { UTC: 0, "Europe/Paris": 3600, "Asia/Kolkata": 19_800 };
const TICKS = [
  ["UTC", 15, 96, ["16:00", "20:00", "Nov 23", "04:00", "08:00", "12:00"]],
  ["Europe/Paris", 15, 96, ["16:00", "20:00", "Nov 23", "04:00", "08:00", "12:00"]],
  ["Asia/Kolkata", 60, 24, ["20:30", "Nov 23", "04:30", "08:30", "12:30", "16:30"]],
  ["Europe/Paris", 1440, 6, ["Nov 23", "Nov 24", "Nov 25", "Nov 26", "Nov 27"]],
  ["UTC", 15, 0, []],
];

for (const [zone, minutes, buckets, labels] of /** @type {any[]} */ (TICKS)) {
  test(`ticks fall on local hours and name the day: ${zone}, ${buckets} × ${minutes} min`, () => {
    const start = Date.UTC(2026, 10, 22, 13);
    const times = Array.from({ length: buckets }, (_, i) => new Date(start + i * minutes * 60_000));
    const ticks = timeTicks(times, 6, clocks("en")([[0, AHEAD[zone], ""]]));
    assert.deepEqual(
      ticks.values.map((date) => ticks.labels[String(date)]),
      labels,
    );
  });
}

/** The clocks of Paris on 25 October 2026, set back from 03:00 to 02:00. */
const SET_BACK = /** @type {[number, number, string][]} */ ([
  [0, 7200, ""],
  [Date.UTC(2026, 9, 25, 0) / 1000, 7200, "UTC+2"],
  [Date.UTC(2026, 9, 25, 1) / 1000, 3600, "UTC+1"],
  [Date.UTC(2026, 9, 25, 2) / 1000, 3600, ""],
]);

/** The labels of an axis in that night, from an hour of UTC. */
function labelsAround(hour, count, minutes, room) {
  const start = Date.UTC(2026, 9, 25, hour);
  const times = Array.from({ length: count }, (_, i) => new Date(start + i * minutes * 60_000));
  const { values, labels } = timeTicks(times, room, clocks("en")(SET_BACK));
  return values.map((date) => labels[String(date)]);
}

test("ticks after a change of the clocks stay on local hours", () => {
  assert.deepEqual(labelsAround(-2, 49, 60, 6), ["Oct 25", "12:00", "Oct 26", "12:00"]);
});

test("an hour that comes twice has two ticks with their offsets, and no other has one", () => {
  assert.deepEqual(labelsAround(-1, 25, 15, 12), [
    ...["01:00", "02:00 UTC+2", "02:00 UTC+1", "03:00", "04:00", "05:00", "06:00"],
  ]);
});

test("ticks with offsets get more room", () => {
  assert.deepEqual(labelsAround(-1, 25, 15, 7), ["02:00 UTC+2", "04:00", "06:00"]);
});

test("an hour that begins and ends at the same local time has ticks all along", () => {
  assert.deepEqual(labelsAround(0, 13, 5, 6), [...["02:00 UTC+2", "02:30 UTC+2", "02:00 UTC+1"]]);
});

test("labels at the ends of an axis get the room by which they reach beyond it", () => {
  const times = [0, 30, 60].map((minutes) => new Date(minutes * 60_000));
  const ticks = timeTicks(times, 2, clocks("en")([[0, 0, ""]]));
  const room = overhang(ticks, times, 600, (text) => 10 * text.length);
  assert.deepEqual(Object.values(ticks.labels), ["Jan 1", "00:30", "01:00"]);
  assert.deepEqual(room, [25, 25]);
  assert.deepEqual(
    overhang({ values: [], labels: {} }, [], 600, () => 1),
    [0, 0],
  );
});

test("times are written alike but for the year and the repeated hour", () => {
  const dates = [new Date(Date.UTC(2025, 0, 1, 5)), new Date(Date.UTC(2026, 9, 25, 1, 30))];
  const short = clocks("en")(SET_BACK);
  assert.deepEqual(dates.map(short.moment), ["Jan 1, 07:00", "Oct 25, 02:30 UTC+1"]);
  assert.equal(short.both(dates[1]), "Sun, Oct 25, 02:30 UTC+1");
  const long = clocks("fr")(SET_BACK, dates);
  assert.deepEqual(dates.map(long.moment), ["1 janv. 2025, 07:00", "25 oct. 2026, 02:30 UTC+1"]);
});

test("steps of a value axis are round whole numbers", () => {
  const steps = [0, 3, 10, 11, 999, 1000, 3_200_000].map((most) => niceStep(most, 4));
  assert.deepEqual(steps, [1, 1, 5, 5, 500, 500, 1_000_000]);
});

test("a point of a ring belongs to the slice at its angle, clockwise from the top", () => {
  const sizes = [1, 1, 2];
  const at = (dx, dy) => sliceAt(dx, dy, 100, sizes, 4);
  assert.equal(at(60, -60), 0); // half past one
  assert.equal(at(60, 60), 1);
  assert.equal(at(-60, 60), 2);
  assert.equal(at(-60, -60), 2);
});

test("the hole, the outside and an empty ring have no slice", () => {
  assert.equal(sliceAt(0, -50, 100, [1], 1), -1);
  assert.equal(sliceAt(0, -101, 100, [1], 1), -1);
  assert.equal(sliceAt(0, -90, 100, [0], 0), -1);
});

test("a line is dashed from the last bucket that is over", () => {
  assert.equal(dashes([0, 30, 60], [40, 0, 0], 2), "50.0 3 4 3 4 3 4 3 4 3 4 3 4 3");
});

test("a line whose buckets are all over is whole", () => {
  assert.equal(dashes([0, 30], [0, 40], 2), "none");
});

test("a line of which no bucket is over is dashed from its start", () => {
  assert.equal(dashes([0, 7], [0, 0], 0), "4 3 4 3");
});

test("a shortened name keeps the part in which it differs", () => {
  const width = (text) => text.length;
  assert.equal(fitName("Newsletter for March", 0, 12, width), "Newsletter for March");
  assert.equal(fitName("Newsletter for March", 15, 20, width), "Newsletter for March");
  assert.equal(fitName("Newsletter for March", 15, 16, width), "Newsletter…March");
  assert.equal(fitName("Newsletter for\n 🎈 friends", 15, 10, width), "Ne…🎈 fri…");
});
