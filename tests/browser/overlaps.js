/**
 * Texts of tiles that lie over each other, or are cut where nothing scrolls: [what, where].
 * A text is as high as its letters: 0.85 of their size above the baseline and 0.25 below it.
 * The box that the browser reports is the font's own, up to 1.4 of the size.
 */
function overlaps() {
  const context = document.createElement("canvas").getContext("2d");
  const heights = new Map();
  const letters = (box, { fontSize, fontWeight, fontFamily }) => {
    const font = `${fontWeight} ${fontSize} ${fontFamily}`;
    if (!heights.has(font)) {
      context.font = font;
      heights.set(font, context.measureText("x"));
    }
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = heights.get(font);
    const scale = (box.bottom - box.top) / (up + down);
    const baseline = box.top + up * scale;
    const size = Number.parseFloat(fontSize) * scale;
    return { left: box.left, right: box.right, top: baseline - 0.85 * size, bottom: baseline + 0.25 * size };
  };
  const common = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  /** What the columns that stay in their place leave of a text that lies below them. */
  const uncovered = (box, element) => {
    const cell = element.closest(".clw-table-grid > * > tr > *");
    const staying = cell && getComputedStyle(cell).position !== "sticky" ? cell.parentElement.children : [];
    const seen = { ...box };
    for (const other of staying) {
      if (getComputedStyle(other).position !== "sticky") continue;
      const { left, right } = other.getBoundingClientRect();
      if (other.cellIndex < cell.cellIndex) seen.left = Math.max(seen.left, right);
      else seen.right = Math.min(seen.right, left);
    }
    return seen;
  };
  const found = [];
  for (const tile of document.querySelectorAll(".clw-tile")) {
    const where = [...tile.classList].find((name) => /^clw-(campaign|email|push|deliverability)-/.test(name));
    const texts = [];
    const visit = (element, clip, cuts) => {
      const style = getComputedStyle(element);
      if (style.display === "none" || style.opacity === "0" || element.matches(".clw-unseen, .clw-pop, .clw-tile-status")) return;
      let [inner, may] = [clip, cuts];
      if (style.overflowX !== "visible" || style.overflowY !== "visible") {
        inner = common(clip, element.getBoundingClientRect());
        may ||= /auto|scroll/.test(style.overflowX + style.overflowY);
        may ||= style.textOverflow === "ellipsis" || Number(style.webkitLineClamp) > 0;
      }
      for (const node of element.childNodes) {
        if (node.nodeType === Node.ELEMENT_NODE) visit(node, inner, may);
        if (node.nodeType !== Node.TEXT_NODE || !node.data.trim() || style.visibility === "hidden") continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const text = node.data.trim().slice(0, 24);
        for (const reported of range.getClientRects()) {
          const box = letters(reported, style);
          const seen = common(uncovered(box, element), inner);
          const lost = box.bottom - box.top - (seen.bottom - seen.top);
          const beyond = box.right - box.left - (seen.right - seen.left);
          if (!may && (lost > 1 || beyond > 2)) found.push([`cut: ${text}`, where]);
          if (seen.right - seen.left > 1 && seen.bottom - seen.top > 1) texts.push({ text, element, ...seen });
        }
      }
    };
    visit(tile, tile.getBoundingClientRect(), false);
    texts.forEach((one, i) => {
      for (const other of texts.slice(i + 1)) {
        if (one.element === other.element) continue; // an ellipsis leaves what it hides behind
        const both = common(one, other);
        const over = both.right - both.left > 1 && both.bottom - both.top > 1;
        if (over) found.push([`over: ${one.text} / ${other.text}`, where]);
      }
    });
  }
  return found;
}
