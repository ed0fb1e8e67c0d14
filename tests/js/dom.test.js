import assert from "node:assert/strict";
import { test } from "node:test";

import { boxBeside, freshId, shorten } from "../../campaign_live_widgets/rendering/html/dom.js";

const PAGE = { width: 1000, height: 800 };
const PANEL = { width: 300, height: 200 };

test("a panel opens below its button and keeps to the button's right edge", () => {
  const button = { top: 100, bottom: 124, left: 500, right: 560 };
  const { left, width, below, edge } = boxBeside(button, PANEL, PAGE);
  assert.deepEqual([left, width, below, edge], [260, 300, true, 128]);
});

test("a panel with align start keeps to the button's left edge", () => {
  const button = { top: 100, bottom: 124, left: 500, right: 560 };
  assert.equal(boxBeside(button, PANEL, PAGE, "start").left, 500);
});

test("a panel stays inside the page at both sides", () => {
  const atLeft = { top: 0, bottom: 24, left: 10, right: 40 };
  const atRight = { top: 0, bottom: 24, left: 960, right: 999 };
  for (const align of /** @type {const} */ (["start", "end"])) {
    for (const button of [atLeft, atRight]) {
      const { left } = boxBeside(button, PANEL, PAGE, align);
      assert.ok(left >= 8 && left + PANEL.width <= PAGE.width - 8, `${align}: ${left}`);
    }
  }
});

test("a panel opens above where it does not fit below and there is more room above", () => {
  const button = { top: 700, bottom: 724, left: 500, right: 560 };
  const { below, edge, room } = boxBeside(button, PANEL, PAGE);
  assert.deepEqual([below, edge, room], [false, 104, 684]);
});

test("a panel that fits nowhere opens on the larger side", () => {
  const button = { top: 300, bottom: 324, left: 500, right: 560 };
  assert.equal(boxBeside(button, { width: 300, height: 900 }, PAGE).below, true);
});

test("a panel is never wider than a narrow page", () => {
  const button = { top: 0, bottom: 24, left: 300, right: 330 };
  const { left, width } = boxBeside(button, { width: 480, height: 0 }, { width: 340, height: 600 });
  assert.deepEqual([left, width], [8, 324]);
});

test("a tooltip's text is cut after 300 characters", () => {
  assert.equal(shorten("x".repeat(300)), "x".repeat(300));
  assert.equal(shorten("x".repeat(301)), `${"x".repeat(300)}…`);
});

test("ids are never repeated", () => {
  assert.equal(new Set(Array.from({ length: 100 }, freshId)).size, 100);
});
