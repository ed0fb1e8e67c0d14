// Applies the changes of many models in one task, so that one frame shows all of them.

/**
 * Apply a message of the kernel's `JointUpdates`.
 *
 * All models are resolved and all values deserialised first. Then the models are set one after
 * another, without a pause in which the page could be painted. What bqplot draws in the next
 * animation frame is painted with the rest, because that frame is the first one after this task;
 * so the task must not be a callback of an animation frame itself.
 *
 * A model takes its updates in the order in which they were sent, these and its own. A model that
 * the page does not have is left out: the kernel sends its values when it is created.
 *
 * @param {WidgetManager} manager
 * @param {{ states: Record<string, Record<string, unknown>>, paths: (string | number)[][] }} message
 * @param {(ArrayBuffer | ArrayBufferView<ArrayBuffer>)[]} buffers
 */
export async function apply(manager, { states, paths }, buffers) {
  paths.forEach((path, i) => {
    const parent = path
      .slice(0, -1)
      .reduce((value, key) => value[key], /** @type {any} */ (states));
    parent[/** @type {string | number} */ (path.at(-1))] = bytes(buffers[i]);
  });
  let finish = () => {};
  const isDone = new Promise((resolve) => {
    finish = () => resolve(undefined);
  });
  const ids = Object.keys(states).filter((id) => manager.has_model(id));
  const parts = ids.map((id) => hold(manager, id, states[id], isDone));
  try {
    const ready = await Promise.all(parts);
    await nextTask();
    for (const set of ready) set();
  } finally {
    finish();
  }
}

/**
 * Hold back the later updates of a model until *isDone*; return what sets its values, once the
 * earlier ones are set.
 *
 * @param {WidgetManager} manager
 * @param {string} id
 * @param {Record<string, unknown>} state
 * @param {Promise<unknown>} isDone
 * @returns {Promise<() => void>}
 */
async function hold(manager, id, state, isDone) {
  try {
    const model = await manager.get_model(id);
    const earlier = model.state_change;
    model.state_change = earlier.then(() => isDone);
    const [values] = await Promise.all([
      model.constructor._deserialize_state(state, manager),
      earlier.catch(() => {}),
    ]);
    return () => model.set_state(values);
  } catch (error) {
    console.error("A part of the report cannot be updated", error);
    return () => {};
  }
}

/** @param {ArrayBuffer | ArrayBufferView<ArrayBuffer>} buffer */
function bytes(buffer) {
  if (buffer instanceof ArrayBuffer) return new DataView(buffer);
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Wait for another task; a hidden page delays timers, but no messages. */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(0);
  });
}
