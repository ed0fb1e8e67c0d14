// Loads the ES modules that the kernel's library holds, each once in a page.
//
// A module is a blob URL: imports of "clw:PATH" are replaced by the URL of the module they name.
// Modules and style sheets are kept by version, for a page may show the widgets of two kernels.

/** @type {Map<string, string>} version and path → blob URL */
const urls = globalThis.campaignLiveModules ?? new Map();
globalThis.campaignLiveModules = urls;

/**
 * Import a module of the library, with all style sheets in the page.
 *
 * @param {Model} library
 * @param {string} path
 */
export function load(library, path) {
  addStyles(library);
  return import(urlOf(library, path));
}

/**
 * @param {Model} library
 * @param {string} path
 * @returns {string}
 */
function urlOf(library, path) {
  const key = `${library.get("version")}/${path}`;
  let url = urls.get(key);
  if (!url) {
    const source = library.get("scripts")[path];
    const linked = source.replace(/"clw:([^"]+)"/g, (_, name) => `"${urlOf(library, name)}"`);
    url = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
    urls.set(key, url);
  }
  return url;
}

/** @param {Model} library */
function addStyles(library) {
  const id = "clw-styles";
  const version = library.get("version");
  let sheet = document.getElementById(id);
  if (sheet?.dataset.version === version) return;
  sheet?.remove();
  sheet = document.createElement("style");
  sheet.id = id;
  sheet.dataset.version = version;
  sheet.textContent = Object.values(library.get("styles")).join("\n");
  document.head.append(sheet);
}
