import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../../campaign_live_widgets/widgets/base/joint_updates.js";

/** A front end with models that are made by `add`, and the order in which they are set. */
function frontEnd() {
  const log = [];
  const models = new Map();
  class FakeModel {
    static async _deserialize_state(state) {
      return state;
    }
    constructor(id) {
      this.model_id = id;
      this.state_change = Promise.resolve();
    }
    set_state(values) {
      log.push([this.model_id, values]);
    }
    /** As ipywidgets handles a message of this model alone. */
    receive(values) {
      this.state_change = this.state_change.then(() => this.set_state(values));
    }
  }
  return {
    log,
    manager: {
      kernel: null,
      has_model: (id) => models.has(id),
      get_model: async (id) => models.get(id),
    },
    add: (id) => models.set(id, new FakeModel(id)).get(id),
    addLater: (id, promise) =>
      models.set(
        id,
        promise.then(() => new FakeModel(id)),
      ),
  };
}

const message = (states, paths = []) => ({ type: "update", states, paths });

test("all models are set in one task, binary values in their places", async () => {
  const { manager, add, log } = frontEnd();
  add("a");
  add("b");
  const states = { a: { y: { value: null, dtype: "uint8" } }, b: { n: 1 } };
  const bytes = new Uint8Array([0, 7, 9]).subarray(1);
  const done = apply(manager, message(states, [["a", "y", "value"]]), [bytes]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(log.length === 0 || log.length === 2);
  await done;
  assert.deepEqual(
    log.map(([id]) => id),
    ["a", "b"],
  );
  const view = log[0][1].y.value;
  assert.deepEqual([view.getUint8(0), view.getUint8(1), view.byteLength], [7, 9, 2]);
});

test("a model's own messages keep their order", async () => {
  const { manager, add, log } = frontEnd();
  const model = add("a");
  model.receive({ n: 1 });
  const done = apply(manager, message({ a: { n: 2 } }), []);
  await null;
  await null;
  model.receive({ n: 3 });
  apply(manager, message({ a: { n: 4 } }), []);
  await done;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(
    log.map(([, { n }]) => n),
    [1, 2, 3, 4],
  );
});

test("models that the page does not have, or cannot make, hold nothing back", async () => {
  const { manager, add, addLater, log } = frontEnd();
  add("a");
  addLater("broken", Promise.reject(new Error("no such class")));
  addLater("slow", new Promise((resolve) => setTimeout(resolve, 30)));
  const error = console.error;
  console.error = () => {};
  const states = { unknown: { n: 1 }, broken: { n: 1 }, slow: { n: 1 }, a: { n: 1 } };
  await apply(manager, message(states), []);
  console.error = error;
  assert.deepEqual(log.map(([id]) => id).sort(), ["a", "slow"]);
});
