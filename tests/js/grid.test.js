import assert from "node:assert/strict";
import { test } from "node:test";

import {
  boxes,
  clamp,
  landings,
  nearest,
  pack,
} from "../../campaign_live_widgets/dashboard/editing/drag.js";

const ROOM = {
  width: 1184,
  single: false,
  columns: 12,
  pitchX: 100,
  pitchY: 50,
  gutter: 16,
  gap: 8,
  stack: 24,
  high: (rows) => rows * 50 - 8,
};
const tile = (id, columns, rows) => ({ id, columns, rows, shown: true });

test("a number is kept between two limits", () => {
  assert.deepEqual(
    [-1, 5, 20].map((n) => clamp(n, 0, 12)),
    [0, 5, 12],
  );
});

test("tiles fill the first hole that takes them, as CSS row dense does", () => {
  const places = [tile("a", 8, 2), tile("b", 6, 1), tile("c", 4, 1), tile("d", 4, 1)];
  assert.deepEqual(
    pack(places, 12).map(({ row, column }) => [row, column]),
    [
      [0, 0],
      [2, 0],
      [0, 8],
      [1, 8],
    ],
  );
});

test("a tile wider than the grid takes its whole width", () => {
  assert.equal(pack([tile("a", 20, 1)], 12)[0].columns, 12);
});

test("boxes leave out the gaps between tiles", () => {
  const found = boxes([tile("a", 6, 2), tile("b", 6, 2)], ROOM, new Map());
  assert.deepEqual(found.get("b"), { left: 600, top: 0, width: 584, height: 92 });
});

test("in one column, tiles are stacked with the heights that they have", () => {
  const heights = new Map([
    ["a", 300],
    ["b", 200],
  ]);
  const found = boxes([tile("a", 6, 2), tile("b", 6, 2)], { ...ROOM, single: true }, heights);
  assert.deepEqual(found.get("b"), { left: 0, top: 324, width: 1184, height: 200 });
});

test("a tile lands at the position nearest to where it is held", () => {
  const places = [tile("a", 6, 2), tile("b", 6, 2), tile("c", 6, 2)];
  const options = landings(places, "a", ROOM, new Map());
  assert.equal(nearest(options, 0, 590, 10), 1);
  assert.deepEqual(
    options[1].order.map(({ id }) => id),
    ["b", "a", "c"],
  );
});

test("of landings with one box, a tile takes the one nearest to its old position", () => {
  const box = { left: 0, top: 0, width: 1, height: 1 };
  const options = Array.from({ length: 4 }, () => ({ box }));
  assert.equal(nearest(options, 2, 0, 0), 2);
});
