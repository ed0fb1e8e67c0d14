// Files that the kernel makes and the browser saves.

import { freshId, saveAs } from "../../rendering/html/dom.js";

/**
 * Ask the kernel for a file that its side offers (see files.py), and get {name, text,
 * media_type}; the promise fails where the kernel does not answer.
 */
export function fetchFile(model, what, seconds = 20) {
  return new Promise((resolve, reject) => {
    const ask = freshId();
    const done = (settle, value) => {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      settle(value);
    };
    const hear = (answer) => {
      if (answer?.type !== "file" || answer.ask !== ask) return;
      if (answer.error) done(reject, new Error(answer.error));
      else done(resolve, answer);
    };
    const timer = setTimeout(() => done(reject, new Error("")), seconds * 1000);
    model.on("msg:custom", hear);
    model.send({ type: "file", what, ask });
  });
}

/** Save a text file that the kernel makes; resolves with its name. */
export async function download(model, what) {
  const { name, text, media_type: type } = await fetchFile(model, what);
  saveAs(name, new Blob([text], { type }));
  return name;
}
