import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cut,
  isRightToLeft,
  legal,
  wrapped,
} from "../../campaign_live_widgets/widgets/base/svg_text.js";

const letters = (text) =>
  [...text].map((segment, i) => ({ segment, left: 10 * i, right: 10 * (i + 1) }));
const line = (text) => ({
  left: 0,
  right: 10 * text.length,
  top: 0,
  bottom: 16,
  parts: letters(text),
});
const textOf = ({ parts }) => parts.map(({ segment }) => segment).join("");

test("a line that fits its box is not cut", () => {
  const whole = line("abcde");
  assert.equal(cut(whole, { left: 0, right: 50 }, false, 8), whole);
});

test("a line that is too long ends with an ellipsis inside its box", () => {
  const short = cut(line("abcdefgh"), { left: 0, right: 50 }, false, 8);
  assert.equal(textOf(short), "abcd…");
  assert.ok(short.right <= 50);
});

test("words are wrapped to a width, and a word that is too long has its own line", () => {
  const measure = (text) => text.length;
  assert.deepEqual(wrapped("one two three", 7, measure), ["one two", "three"]);
  assert.deepEqual(wrapped("incomprehensible it is", 7, measure), ["incomprehensible", "it is"]);
});

test("characters that XML does not allow are replaced", () => {
  assert.equal(legal("a\u0000b\u001bc\ud800d"), "a\ufffdb\ufffdc\ufffdd");
  assert.equal(legal("tab\tline\n😀 é"), "tab\tline\n😀 é");
});

test("the first letter with a direction gives the direction of a text", () => {
  const style = /** @type {any} */ ({ unicodeBidi: "plaintext", direction: "ltr" });
  assert.equal(isRightToLeft("12 שלום abc", style), true);
  assert.equal(isRightToLeft("12 abc שלום", style), false);
  assert.equal(isRightToLeft("12", style), false);
});

test("without plain text, the style gives the direction", () => {
  const style = /** @type {any} */ ({ unicodeBidi: "normal", direction: "rtl" });
  assert.equal(isRightToLeft("abc", style), true);
});
