import assert from "node:assert/strict";
import { test } from "node:test";

import { mergePlaces, resumed } from "../../campaign_live_widgets/dashboard/editing/drafts.js";
import { lossOf } from "../../campaign_live_widgets/dashboard/live/connection_monitor.js";
import { mergeAddress } from "../../campaign_live_widgets/dashboard/page/address.js";
import { matching } from "../../campaign_live_widgets/dashboard/page/pick_list.js";
import { itemFor } from "../../campaign_live_widgets/widgets/base/menu.js";

const CONNECTED = {
  ended: false,
  disconnectedMs: 0,
  silentMs: 0,
  heartbeatMs: 4000,
  isBusy: false,
  limits: { missed: 3, missed_while_busy: 15, reconnect_seconds: 4 },
};

test("nothing is lost while heartbeats arrive", () => {
  assert.equal(lossOf({ ...CONNECTED, silentMs: 12_000 }), "");
});

test("a kernel is silent after three missed heartbeats, and later if it is busy", () => {
  assert.equal(lossOf({ ...CONNECTED, silentMs: 12_001 }), "silent");
  assert.equal(lossOf({ ...CONNECTED, silentMs: 12_001, isBusy: true }), "");
  assert.equal(lossOf({ ...CONNECTED, silentMs: 60_001, isBusy: true }), "silent");
});

test("a report without heartbeats is never silent", () => {
  assert.equal(lossOf({ ...CONNECTED, heartbeatMs: 0, silentMs: 1e9 }), "");
});

test("a lost connection is reported after its limit, and before a silent kernel", () => {
  assert.equal(lossOf({ ...CONNECTED, disconnectedMs: 4000 }), "");
  assert.equal(lossOf({ ...CONNECTED, disconnectedMs: 4001, silentMs: 1e6 }), "socket");
});

test("a kernel that has ended is reported before anything else", () => {
  assert.equal(lossOf({ ...CONNECTED, ended: true, disconnectedMs: 1e6 }), "kernel");
});

test("an address gets the report's values and keeps the keys of others", () => {
  const merged = mergeAddress("?theme=dark&tab=push&message=a&message=b", "?tab=email&message=c");
  assert.equal(merged.toString(), "theme=dark&tab=email&message=c");
});

test("an empty address removes the report's keys only", () => {
  assert.equal(mergeAddress("?token=x&campaign=spring", "").toString(), "token=x");
});

test("a search finds a term in any case, and everything without a term", () => {
  const items = [{ text: "Été 2026" }, { text: "Spring sale" }];
  assert.deepEqual(matching(items, " été "), [items[0]]);
  assert.deepEqual(matching(items, ""), items);
  assert.deepEqual(matching(items, "winter"), []);
});

const ITEMS = ["Donut", "Table", "Download CSV", "Download PNG"];

test("arrow keys move through a menu and wrap at its ends", () => {
  assert.equal(itemFor("ArrowDown", 0, ITEMS), 1);
  assert.equal(itemFor("ArrowDown", 3, ITEMS), 0);
  assert.equal(itemFor("ArrowUp", 0, ITEMS), 3);
  assert.equal(itemFor("ArrowUp", -1, ITEMS), 3);
  assert.equal(itemFor("Home", 2, ITEMS), 0);
  assert.equal(itemFor("End", 2, ITEMS), 3);
});

test("a letter moves to the next menu item that begins with it", () => {
  assert.equal(itemFor("d", 0, ITEMS), 2);
  assert.equal(itemFor("D", 3, ITEMS), 0);
  assert.equal(itemFor("t", 1, ITEMS), 1);
});

test("other keys do not move in a menu", () => {
  for (const key of ["x", " ", "Tab", "Enter"]) assert.equal(itemFor(key, 0, ITEMS), -1);
});

const place = (id, columns = 4) => ({ id, rows: 5, columns, view: "", shown: true });
const draft = {
  session: "s",
  viewer: "v",
  before: [place("a"), place("b")],
  places: [place("b"), place("a", 6)],
  isOutdated: false,
};

test("places of a draft are those of the page's tiles: new ones are last", () => {
  const current = [place("a"), place("c"), place("b")];
  assert.deepEqual(mergePlaces([place("x"), place("b", 8), place("a")], current), [
    place("b", 8),
    place("a"),
    place("c"),
  ]);
});

test("a draft goes on in the same report, and in that of another kernel", () => {
  assert.equal(resumed(draft, "t", draft.places), null, "it is saved");
  const same = resumed(draft, "s", draft.places);
  assert.deepEqual([same?.viewer, same?.before, same?.isOutdated], ["v", draft.before, false]);
  const reloaded = resumed(draft, "t", draft.before);
  assert.notEqual(reloaded?.viewer, "v");
  assert.deepEqual([reloaded?.places, reloaded?.isOutdated], [draft.places, false]);
  const saved = [place("b", 3), place("a")];
  const outdated = resumed(draft, "t", saved);
  assert.deepEqual([outdated?.before, outdated?.isOutdated], [saved, true]);
  assert.equal(resumed({ ...draft, isOutdated: true }, "s", draft.places)?.isOutdated, true);
});
