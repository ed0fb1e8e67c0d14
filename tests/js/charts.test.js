import assert from "node:assert/strict";
import { test } from "node:test";

import { sliceAt } from "../../campaign_live_widgets/widgets/views/donut.js";
import {
  clocks,
  dashes,
  niceStep,
  timeTicks,
  wallClock,
} from "../../campaign_live_widgets/widgets/views/lines.js";

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
    const ticks = timeTicks(times, 6, clocks("en", zone), wallClock(zone));
    assert.deepEqual(
      ticks.values.map((date) => ticks.labels[String(date)]),
      labels,
    );
  });
}

test("ticks after a change of the clocks stay on local hours", () => {
  const start = Date.UTC(2026, 9, 24, 22); // midnight in Paris; the clocks go back in the night after
  const times = Array.from({ length: 49 }, (_, i) => new Date(start + i * 3_600_000));
  const wall = wallClock("Europe/Paris");
  const { values } = timeTicks(times, 6, clocks("en", "Europe/Paris"), wall);
  assert.deepEqual(
    values.map((date) => (wall(date) / 3600) % 24),
    [0, 12, 0, 12],
  );
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
