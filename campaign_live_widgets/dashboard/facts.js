/** A line of facts: `rows` of [label, value, meaning]. Text only, built again when it changes. */
function render({ model, el }) {
  const list = document.createElement("dl");
  el.append(list);
  const draw = () => {
    list.replaceChildren(
      ...model.get("rows").map(([label, value, meaning]) => {
        const fact = document.createElement("div");
        const term = document.createElement("dt");
        const text = document.createElement("dd");
        term.textContent = label;
        text.textContent = value;
        if (meaning) fact.title = meaning;
        fact.append(term, text);
        return fact;
      }),
    );
  };
  draw();
  model.on("change:rows", draw);
}

export default { render };
