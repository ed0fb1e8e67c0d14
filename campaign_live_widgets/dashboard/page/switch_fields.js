// The switches of the filters: which part of the numbers is counted, or how it is shown.

import { make, write } from "../../rendering/html/dom.js";

/**
 * Make a field for each switch: a list of its options.
 *
 * @param {any} model with the trait "switches": key, label, options (value, text, text of its chip)
 * @param {(control: HTMLElement) => HTMLElement} field puts a control into the panel
 * @param {(changes: Record<string, string[]>) => void} change
 */
export function switchFields(model, field, change) {
  const fields = new Map();
  for (const [key] of model.get("switches")) {
    const select = make("select", `clw-switch-${key}`);
    const text = field(select);
    select.addEventListener("change", () => change({ [key]: [select.value] }));
    fields.set(key, { select, text });
  }

  /** Show the value of each. @param {(key: string) => string} chosenValue */
  function draw(chosenValue) {
    for (const [key, label, options] of model.get("switches")) {
      const { select, text } = fields.get(key);
      write(text, label);
      select.replaceChildren(
        ...options.map(([value, name]) => {
          const option = make("option", "", name);
          option.value = value;
          return option;
        }),
      );
      select.value = chosenValue(key);
    }
  }

  /** Return text and removal of a chip for each that is not at its default. @param {(key: string) => string} chosenValue */
  function chips(chosenValue) {
    const made = [];
    for (const [key, , options] of model.get("switches")) {
      const chosen = options.find(([value]) => value === chosenValue(key));
      if (chosen?.[2]) made.push([chosen[2], { [key]: [options[0][0]] }]);
    }
    return made;
  }

  return { draw, chips };
}
