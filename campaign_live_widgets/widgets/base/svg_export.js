// A picture of a tile as the page shows it: plain SVG with real text, and without a style sheet
// or a foreignObject, so that other programs can open it; and the same as PNG.

import {
  contextOf,
  cut,
  fontMetrics,
  isRightToLeft,
  LONGEST_TEXT,
  legal,
  linesOf,
  wrapped,
} from "./svg_text.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  path: ["d"],
  rect: ["x", "y", "width", "height", "rx", "ry"],
  line: ["x1", "y1", "x2", "y2"],
  circle: ["cx", "cy", "r"],
  ellipse: ["cx", "cy", "rx", "ry"],
  polygon: ["points"],
  polyline: ["points"],
  text: ["x", "y", "dx", "dy"],
};
const SKIPPED =
  "button.clw-tile-view, button.clw-tile-menu, .clw-pop, .clw-tile-status, .clw-unseen, " +
  ".clw-lines-cursor, .clw-lines-dot, .clw-tile-switch, script, style";
const POINTED = ".clw-bars-row, .clw-donut-row, .clw-intervals-row"; // their background follows the pointer
const LEFT =
  ".clw-donut-ring, .clw-donut-row, .clw-bars-list, .clw-lines-plot, .clw-intervals-list";
const ROWS = ".clw-table-grid > tbody > tr, .clw-bars-row, .clw-donut-row, .clw-intervals-row";

/** Any CSS colour as [#rrggbb, opacity], the way every program reads it. */
const colors = new Map();
function plainColor(css) {
  if (!colors.has(css)) {
    const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = contextOf(pixel, { willReadFrequently: true });
    context.fillStyle = css;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    const hex = [r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("");
    colors.set(css, [`#${hex}`, a / 255]);
  }
  return colors.get(css);
}

const round = (n) => String(Math.round(n * 100) / 100);
const overlap = (a, b) => ({
  left: Math.max(a.left, b.left),
  top: Math.max(a.top, b.top),
  right: Math.min(a.right, b.right),
  bottom: Math.min(a.bottom, b.bottom),
});
const isEmpty = (box) => box.right - box.left < 0.5 || box.bottom - box.top < 0.5;
const inside = (box, clip) =>
  box.left >= clip.left - 0.5 &&
  box.right <= clip.right + 0.5 &&
  box.top >= clip.top - 0.5 &&
  box.bottom <= clip.bottom + 0.5;

class Drawing {
  constructor(tile) {
    this.origin = tile.getBoundingClientRect();
    this.document = document.implementation.createDocument(SVG, "svg");
    this.root = this.document.documentElement;
    this.clips = 0;
  }

  add(parent, tag, attributes, text) {
    const node = this.document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== "" && value !== undefined) node.setAttribute(name, legal(String(value)));
    }
    if (text !== undefined) node.textContent = legal(text);
    parent.append(node);
    return node;
  }

  paint(css, kind = "fill") {
    const [color, opacity] = plainColor(css);
    return opacity < 1 ? { [kind]: color, [`${kind}-opacity`]: round(opacity) } : { [kind]: color };
  }

  box(parent, box, css, radius = 0) {
    if (plainColor(css)[1] === 0 || box.right <= box.left || box.bottom <= box.top) return;
    this.add(parent, "rect", {
      x: round(box.left - this.origin.left),
      y: round(box.top - this.origin.top),
      width: round(box.right - box.left),
      height: round(box.bottom - box.top),
      rx: radius ? round(radius) : "",
      ...this.paint(css),
    });
  }

  /** Add background and borders of an element. */
  background(parent, box, style, element) {
    const radius = Number.parseFloat(style.borderTopLeftRadius) || 0;
    if (!element.matches(POINTED)) this.box(parent, box, style.backgroundColor, radius);
    for (const side of ["Top", "Right", "Bottom", "Left"]) {
      const width = Number.parseFloat(style[`border${side}Width`]);
      if (!width || style[`border${side}Style`] === "none") continue;
      const edge = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
      if (side === "Top") edge.bottom = edge.top + width;
      if (side === "Bottom") edge.top = edge.bottom - width;
      if (side === "Left") edge.right = edge.left + width;
      if (side === "Right") edge.left = edge.right - width;
      this.box(parent, edge, style[`border${side}Color`]);
    }
  }

  /** Add a group that is clipped to a box. */
  clipped(parent, clip) {
    this.clips += 1;
    const id = `clip${this.clips}`;
    const path = this.add(parent, "clipPath", { id });
    this.box(path, clip, "#000");
    return this.add(parent, "g", { "clip-path": `url(#${id})` });
  }

  write(parent, text, x, y, style, more = {}) {
    const place = { x: round(x), y: round(y) };
    this.add(
      parent,
      "text",
      { ...place, ...this.font(style), ...this.paint(style.color), ...more },
      text,
    );
  }

  font(style) {
    return {
      "font-family": style.fontFamily,
      "font-size": style.fontSize,
      "font-weight": style.fontWeight === "400" ? "" : style.fontWeight,
      "font-style": style.fontStyle === "normal" ? "" : style.fontStyle,
      "letter-spacing": style.letterSpacing === "normal" ? "" : style.letterSpacing,
      style:
        style.fontVariantNumeric === "normal"
          ? ""
          : `font-variant-numeric: ${style.fontVariantNumeric}`,
    };
  }

  /** Add a text node, line by line, each at its position in the page. */
  text(parent, node, element, style, clip, decoration) {
    const backwards = isRightToLeft(node.data, style);
    const type = fontMetrics(style);
    const dots =
      style.textOverflow === "ellipsis" && style.overflowX !== "visible" ? type.width("…") : 0;
    const room = dots ? element.getBoundingClientRect() : null;
    const clamp = Number.parseInt(style.webkitLineClamp, 10) || 0;
    const lines = linesOf(node);
    lines.forEach((found, i) => {
      if (clamp && i >= clamp) return;
      let line = room ? cut(found, room, backwards, dots) : found;
      if (clamp && i === clamp - 1 && lines.length > clamp) {
        const box = element.getBoundingClientRect();
        const width = type.width("…");
        const tight = { left: box.left + width, right: box.right - width };
        const parts = line.parts.filter(
          (part) => part.left >= tight.left - width && part.right <= tight.right,
        );
        line = { ...line, parts: [...parts, { segment: "…" }] };
      }
      // A number that is cut off would be a wrong number.
      const broken = !room && element.closest("td") && line.right > clip.right + 1;
      if (broken) {
        const edge = Math.max(line.left, clip.left);
        line = { ...line, left: edge, right: edge + type.width("…"), parts: [{ segment: "…" }] };
      }
      const labels = line.parts
        .map(({ segment }) => segment)
        .join("")
        .replace(/[ \t\r\n]+/g, " ");
      if (!labels.trim() || isEmpty(overlap(line, clip))) return;
      const align = { right: "end", end: backwards ? "start" : "end", center: "middle" }[
        style.textAlign
      ];
      const anchor = align ?? (backwards ? "end" : "start");
      const at = { start: line.left, middle: (line.left + line.right) / 2, end: line.right }[
        anchor
      ];
      const flipped = { start: "end", end: "start", middle: "middle" };
      const svgAnchor = backwards ? flipped[anchor] : anchor;
      const content = line.bottom - line.top;
      const baseline = line.top + (content - type.up - type.down) / 2 + type.up;
      this.write(parent, labels.trim(), at - this.origin.left, baseline - this.origin.top, style, {
        "text-anchor": svgAnchor === "start" ? "" : svgAnchor,
        direction: backwards ? "rtl" : "",
        "text-decoration": decoration,
      });
    });
    return lines.at(-1);
  }

  /** Add the shapes of a chart, each with its colours and its position in the page. */
  chart(parent, svg, opacity) {
    for (const node of svg.children) {
      const style = getComputedStyle(node);
      const seen = opacity * Number.parseFloat(style.opacity);
      if (style.display === "none" || seen === 0 || ["defs", "clipPath"].includes(node.tagName))
        continue;
      const names = SHAPES[node.tagName];
      if (!names) this.chart(parent, node, seen);
      else if (style.visibility !== "hidden") this.shape(parent, node, names, style, seen);
    }
  }

  shape(parent, node, names, style, opacity) {
    const attributes = { opacity: opacity < 1 ? round(opacity) : "" };
    for (const kind of ["fill", "stroke"]) {
      const visible = style[kind] !== "none" && plainColor(style[kind])[1] > 0;
      if (!visible) attributes[kind] = "none";
      else Object.assign(attributes, this.paint(style[kind], kind));
      const through = Number.parseFloat(style[`${kind}Opacity`]);
      if (visible && through < 1) attributes[`${kind}-opacity`] = round(through);
    }
    if (attributes.fill === "none" && attributes.stroke === "none") return;
    if (attributes.stroke !== "none") {
      attributes["stroke-width"] = style.strokeWidth;
      attributes["stroke-linecap"] = style.strokeLinecap;
      attributes["stroke-linejoin"] = style.strokeLinejoin;
      attributes["shape-rendering"] = style.shapeRendering === "auto" ? "" : style.shapeRendering;
      if (style.strokeDasharray !== "none") attributes["stroke-dasharray"] = style.strokeDasharray;
    }
    const { a, b, c, d, e, f } = node.getScreenCTM();
    const place = [a, b, c, d, e - this.origin.left, f - this.origin.top];
    const geometry = Object.fromEntries(names.map((name) => [name, node.getAttribute(name) ?? ""]));
    const transform = `matrix(${place.map((n) => Math.round(n * 1e4) / 1e4).join(" ")})`;
    if (node.tagName !== "text")
      this.add(parent, node.tagName, { ...geometry, ...attributes, transform });
    else {
      const anchor = style.textAnchor === "start" ? "" : style.textAnchor;
      const type = { ...this.font(style), "text-anchor": anchor };
      this.add(
        parent,
        "text",
        { ...geometry, ...attributes, ...type, transform },
        node.textContent,
      );
    }
  }

  /** Add an element and everything in it, in the order in which a browser paints them. */
  element(parent, element, clip, opacity, decoration) {
    const style = getComputedStyle(element);
    if (style.display === "none" || element.matches(SKIPPED)) return;
    if (element instanceof SVGSVGElement) {
      if (style.visibility !== "hidden")
        this.chart(parent, element, opacity * Number.parseFloat(style.opacity));
      return;
    }
    const box = element.getBoundingClientRect();
    const seen = style.visibility !== "hidden";
    const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
    if (clips && isEmpty(overlap(box, clip))) return;
    const lines = [decoration, style.textDecorationLine].filter((line) => line && line !== "none");
    const own = Number.parseFloat(style.opacity);
    let target = own < 1 ? this.add(parent, "g", { opacity: round(own) }) : parent;
    if (seen && !isEmpty(overlap(box, clip))) this.background(target, box, style, element);
    let inner = clip;
    if (clips) {
      inner = overlap(box, clip);
      const content = {
        left: box.left,
        top: box.top,
        right: box.left + element.scrollWidth,
        bottom: box.top + element.scrollHeight,
      };
      if (!inside(content, { ...inner, right: inner.right + 1, bottom: inner.bottom + 1 }))
        target = this.clipped(target, inner);
    }
    const level = (node) =>
      (node instanceof Element && Number.parseInt(getComputedStyle(node).zIndex, 10)) || 0;
    const nodes = [...element.childNodes].map((node) => [level(node), node]);
    nodes.sort(([one], [other]) => one - other);
    let last = /** @type {any} */ (null);
    for (const [, node] of nodes) {
      if (node.nodeType === Node.ELEMENT_NODE)
        this.element(target, node, inner, opacity * own, lines.join(" "));
      else if (node.nodeType === Node.TEXT_NODE && seen && node.data.trim()) {
        last = this.text(target, node, element, style, inner, lines.join(" "));
      }
    }
    // The arrow of a sorted column follows the last line of its heading.
    const after = getComputedStyle(element, "::after").content.match(/^"(.*)"$/)?.[1];
    if (last && seen && after?.trim()) {
      const type = fontMetrics(style);
      this.write(
        target,
        after.trim(),
        last.right + type.width(" ") - this.origin.left,
        last.top + type.up - this.origin.top,
        style,
      );
    }
  }
}

/** Return "rows 1 to 8 of 40" if a list or table scrolls; empty if all of it is visible. */
function rowsShown(tile, labels) {
  const rows = [...tile.querySelectorAll(ROWS)].filter((row) => row.getClientRects().length);
  if (!rows.length) return "";
  let scroller = rows[0].parentElement;
  while (scroller !== tile && getComputedStyle(scroller).overflowY === "visible")
    scroller = scroller.parentElement;
  const { top, bottom } = scroller.getBoundingClientRect();
  const head = scroller.querySelector("thead")?.getBoundingClientRect().bottom ?? top;
  const seen = rows
    .map((row, i) => {
      const box = row.getBoundingClientRect();
      const middle = (box.top + box.bottom) / 2;
      return middle > head && middle < bottom ? i + 1 : 0;
    })
    .filter(Boolean);
  if (seen.length === rows.length || !seen.length) return "";
  return [seen[0], seen.at(-1), rows.length].reduce(
    (text, n) => text.replace("{}", n),
    labels.rowsShown,
  );
}

function draw(tile, { caption, labels }) {
  // The pointer is where the menu was; what it happens to highlight is not part of the picture.
  for (const node of tile.querySelectorAll(LEFT))
    node.dispatchEvent(new PointerEvent("pointerleave"));
  const drawing = new Drawing(tile);
  const { width, height } = drawing.origin;
  const style = getComputedStyle(tile);
  const { fontFamily, fontStyle, fontWeight, letterSpacing, fontVariantNumeric } = style;
  const color = style.getPropertyValue("--clw-soft");
  const small = {
    fontFamily,
    fontStyle,
    fontWeight,
    letterSpacing,
    fontVariantNumeric,
    fontSize: "11px",
    color,
  };
  const note = [rowsShown(tile, labels), caption].filter(Boolean).join(" · ");
  const lines = note
    ? wrapped(note.slice(0, LONGEST_TEXT), width - 16, fontMetrics(small).width)
    : [];
  const whole = Math.ceil(height + (lines.length ? 8 + 16 * lines.length : 0));
  const size = { width: Math.ceil(width), height: whole };
  const { root } = drawing;
  root.setAttribute("width", String(size.width));
  root.setAttribute("height", String(size.height));
  root.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  const { left, top } = drawing.origin;
  drawing.box(
    root,
    { left, top, right: left + size.width, bottom: top + size.height },
    style.getPropertyValue("--clw-ground"),
  );
  const full = drawing.origin;
  drawing.background(root, full, style, tile);
  for (const part of tile.children) {
    if (part.matches(".clw-tile-head, .clw-view")) drawing.element(root, part, full, 1, "");
  }
  lines.forEach((line, i) => drawing.write(root, line, 8, height + 11 + 16 * i, small));
  return { text: new XMLSerializer().serializeToString(drawing.document), ...size };
}

const asFile = (text) => new Blob([text], { type: "image/svg+xml" });

export async function png(tile, options) {
  const { text, width, height } = draw(tile, options);
  const url = URL.createObjectURL(asFile(text));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), {
      width: 2 * width,
      height: 2 * height,
    });
    contextOf(canvas).drawImage(image, 0, 0, 2 * width, 2 * height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("PNG"))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function svg(tile, options) {
  return asFile(draw(tile, options).text);
}
