import assert from "node:assert/strict";
import { test } from "node:test";

import { age, formats } from "../../campaign_live_widgets/widgets/base/format.js";

test("counts are written exactly, and shortened only on request", () => {
  const { count, short } = formats("en");
  assert.equal(count(3 * 2 ** 40), "3,298,534,883,328");
  assert.equal(short(999_999), "999,999");
  assert.equal(short(1_250_000), "1.3M");
});

test("a missing number is a dash", () => {
  const { count, share } = formats("fr");
  for (const missing of [null, undefined, Number.NaN]) {
    assert.equal(count(missing), "–");
    assert.equal(share(missing), "–");
  }
});

test("a share is not rounded to none or all unless it is", () => {
  const { share } = formats("en");
  const shares = [0, 0.0004, 0.0005, 0.5, 0.9994, 0.9996, 1, 2.5];
  assert.deepEqual(shares.map(share), [
    ...["0.0%", "<0.1%", "0.1%", "50.0%", "99.9%", ">99.9%", "100.0%", "250.0%"],
  ]);
});

test("an age is in the largest unit that it fills", () => {
  const words = { second: "s", minute: "min", hour: "h", day: "d" };
  const seconds = [-5, 0, 59.9, 60, 3599, 3600, 172_799, 172_800];
  const texts = ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "47 h", "2 d"];
  assert.deepEqual(
    seconds.map((s) => age(s * 1000, words)),
    texts,
  );
});
