/** A line of facts: each of `terms` ([label, meaning]) with its value. Text only. */

import { make, write } from "../../rendering/html/dom.js";
import { follow, lifetime } from "../../widgets/base/widget.js";

/** @param {RenderProps} props */
export function render({ model, el, signal }) {
  const life = lifetime(signal);
  const list = make("dl");
  el.append(list);
  let cells = [];
  const drawTerms = () => {
    cells = model.get("terms").map(() => make("dd"));
    list.replaceChildren(
      ...model.get("terms").map(([label, meaning], i) => {
        const fact = make("div");
        if (meaning) fact.title = meaning;
        fact.append(make("dt", "", label), cells[i]);
        return fact;
      }),
    );
    drawValues();
  };
  const drawValues = () => {
    const values = model.get("values");
    cells.forEach((cell, i) => {
      write(cell, values[i] ?? "");
    });
  };
  drawTerms();
  follow(model, "change:terms", drawTerms, life.signal);
  follow(model, "change:values", drawValues, life.signal);
  return () => life.abort();
}
