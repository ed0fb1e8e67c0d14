// The saved page's own data and its fixed elements, as page.js and charts.js use them.

export const data = JSON.parse(document.getElementById("clw-page-data")?.textContent ?? "{}");
export const root = document.documentElement;
export const narrow = matchMedia("(max-width: 720px)");

/** @type {(selector: string, within?: ParentNode) => any[]} */
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const panels = all(".clw-panel");
