// Files that the kernel creates and the browser saves (see downloads.py).

import { freshId, saveAs } from "../../rendering/html/dom.js";

/**
 * Request a file from the kernel; the promise is rejected if it does not answer.
 *
 * @param {Model} model
 * @param {string} what
 * @param {number} [seconds] timeout
 * @returns {Promise<{ name: string, text: string, media_type: string }>}
 */
export function fetchFile(model, what, seconds = 20) {
  return new Promise((resolve, reject) => {
    const request = freshId();
    const done = (settle, value) => {
      clearTimeout(timer);
      model.off("msg:custom", onAnswer);
      settle(value);
    };
    const onAnswer = (answer) => {
      if (answer?.type !== "file" || answer.request !== request) return;
      if (answer.error) done(reject, new Error(answer.error));
      else done(resolve, answer);
    };
    const timer = setTimeout(() => done(reject, new Error("")), seconds * 1000);
    model.on("msg:custom", onAnswer);
    model.send({ type: "file", what, request });
  });
}

/**
 * Save a text file that the kernel creates; resolves with its name.
 *
 * @param {Model} model
 * @param {string} what
 */
export async function download(model, what) {
  const { name, text, media_type: type } = await fetchFile(model, what);
  saveAs(name, new Blob([text], { type }));
  return name;
}
