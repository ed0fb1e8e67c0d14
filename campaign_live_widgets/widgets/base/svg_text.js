// Texts of a picture: lines as the page lays them out, and the fonts they are measured with.

/** More characters than any line of a tile can show. */
export const LONGEST_TEXT = 1000;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}]/u;

/** @returns {CanvasRenderingContext2D} */
export const contextOf = (canvas, options) => canvas.getContext("2d", options);

/** Replace the characters that XML does not allow. */
export function legal(text) {
  return text.replace(/[^\t\n\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd");
}

const metrics = new Map();

/** Return ascent and descent of a font, and a function that measures the width of texts. */
export function fontMetrics(style) {
  const font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  if (!metrics.has(font)) {
    const context = contextOf(document.createElement("canvas"));
    context.font = font;
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = context.measureText("x");
    metrics.set(font, {
      up,
      down,
      width: (text) => {
        context.font = font;
        return context.measureText(text).width;
      },
    });
  }
  return metrics.get(font);
}

/** Return the direction of a text: of its first letter with a direction, as for dir="auto". */
export function isRightToLeft(text, style) {
  if (!style.unicodeBidi.includes("plaintext")) return style.direction === "rtl";
  const first = [...text].find((letter) => RIGHT_TO_LEFT.test(letter) || /\p{L}/u.test(letter));
  return first !== undefined && RIGHT_TO_LEFT.test(first);
}

/** Return the lines of a text node as laid out: [{parts, left, right, top, bottom}]. */
export function linesOf(node) {
  const text = node.data.slice(0, LONGEST_TEXT);
  const range = document.createRange();
  const lines = [];
  let from = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const to = from + segment.length;
    range.setStart(node, from);
    range.setEnd(node, to);
    from = to;
    const boxes = range.getClientRects();
    const box = boxes[boxes.length - 1];
    if (!box) continue;
    const last = lines.at(-1);
    const part = { segment, left: box.left, right: box.right };
    if (last && Math.abs(last.top - box.top) < box.height / 2) {
      last.left = Math.min(last.left, box.left);
      last.right = Math.max(last.right, box.right);
      last.parts.push(part);
    } else {
      lines.push({
        left: box.left,
        right: box.right,
        top: box.top,
        bottom: box.bottom,
        parts: [part],
      });
    }
  }
  return lines;
}

/** Cut a line to the width of a box with `text-overflow: ellipsis`. */
export function cut(line, room, backwards, dots) {
  const over = backwards ? line.left < room.left - 0.5 : line.right > room.right + 0.5;
  if (!over) return line;
  const fits = (part) =>
    backwards ? part.left >= room.left + dots : part.right <= room.right - dots;
  const end = line.parts.findIndex((part) => !fits(part));
  const parts = line.parts.slice(0, end);
  const edge = backwards
    ? { left: Math.min(line.right, ...parts.map((part) => part.left)) - dots }
    : { right: Math.max(line.left, ...parts.map((part) => part.right)) + dots };
  return { ...line, ...edge, parts: [...parts, { segment: "…" }] };
}

/** Break a text into lines of a width; a longer word has its own line. */
export function wrapped(text, width, measure) {
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
