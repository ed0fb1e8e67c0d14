"""The browser's side: plain ES modules and style sheets beside the Python that uses them.

A page holds some fifty of these widgets, and a widget that carries its own script sends it
with every model. So the scripts travel once, in one library model; each widget names its own.
"""

from __future__ import annotations

from dataclasses import astuple
from functools import cache
from hashlib import sha256
from importlib.resources import files
from threading import Lock
from typing import Any, ClassVar, Final

import anywidget
import traitlets as t
from ipywidgets import Widget, widget_serialization

from campaign_live_widgets.catalog import LOCALES, METRICS, meaning
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.model.palette import palette_css

_SHARED: Final = "campaign_live_widgets.widgets.base"
_DIGITS: Final = 12

_LOADER: Final = """
const loaded = (globalThis.campaignLiveScripts ??= new Map());
const dressed = (library, name) => {
  const id = `clw-style-${name}`;
  const version = library.get("version");
  let sheet = document.getElementById(id);
  if (sheet?.dataset.version === version) return;
  sheet?.remove();
  sheet = document.createElement("style");
  sheet.id = id;
  sheet.dataset.version = version;
  sheet.textContent = library.get("styles")[name] ?? "";
  document.head.append(sheet);
};
const fetched = async (library, name) => {
  const key = `${library.get("version")}/${name}`;
  if (!loaded.has(key)) {
    const parts = [library.get("scripts").shared, library.get("scripts")[name]];
    const url = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
    loaded.set(key, import(url));
  }
  dressed(library, "shared");
  dressed(library, name);
  return (await loaded.get(key)).default;
};
export default {
  async render({ model, el, signal }) {
    const library = await model.widget_manager.get_model(model.get("_library").slice(10));
    const load = (name) => fetched(library, name);
    return (await load(model.get("_script"))).render({ model, el, signal, library, load });
  },
};
"""
"""What each widget carries: it finds its script in the library, and runs it once loaded.

A script is given the library model, and ``load(name)`` for a script that is needed only now
and then.
"""

_places: Final[dict[str, tuple[str, str]]] = {
    "menu": (_SHARED, "menu"),
    "picture": (_SHARED, "picture"),
}
"""Name of a script → the package and the stem of its files."""
_lock: Final = Lock()
_library: Library | None = None


class Library(Widget):
    """What all widgets of one kernel share, sent once: scripts, style sheets and words."""

    scripts = t.Dict().tag(sync=True)
    styles = t.Dict().tag(sync=True)
    version = t.Unicode().tag(sync=True)
    words = t.Dict().tag(sync=True)
    """Locale → name → text of the words that scripts put on the page."""
    meanings = t.Dict().tag(sync=True)
    """Locale → metric id → label, definition, formula, rate."""

    def __init__(self) -> None:
        super().__init__(
            words={at: {name: text(at) for name, text in PAGE.items()} for at in LOCALES},
            meanings={at: {m: astuple(meaning(m, at)) for m in METRICS} for at in LOCALES},
        )

    def fill(self) -> None:
        """Take in what has been declared since."""
        if len(self.scripts) == len(_places) + 1:
            return
        scripts = {"shared": _text(_SHARED, "shared.js")}
        styles = {"shared": palette_css()}
        for name, (package, stem) in _places.items():
            scripts[name] = _text(package, f"{stem}.js")
            styles[name] = _text(package, f"{stem}.css")
        digest = sha256(repr((scripts, styles)).encode()).hexdigest()
        with self.hold_sync():
            self.scripts, self.styles, self.version = scripts, styles, digest[:_DIGITS]


def declare(script: str, package: str) -> None:
    """Add a script of a package to the library, for others to load when they need it."""
    if script in _places:
        message = f"The script {script!r} is already declared by {_places[script][0]}."
        raise TypeError(message)
    _places[script] = (package, script)


def library() -> Library:
    """Return this kernel's library, made when first asked for."""
    global _library  # noqa: PLW0603 - one for each kernel is the point of it
    with _lock:
        if _library is None or _library.comm is None:
            _library = Library()
        _library.fill()
        return _library


class Front(anywidget.AnyWidget):
    """A widget drawn by an ES module of this package.

    ``class Header(Front, script="header")`` is drawn by ``header.js``, with the style of
    ``header.css`` where there is one, both beside the class's own module. The functions of
    ``shared.js`` stand before every script.
    """

    _esm = _LOADER
    _library = t.Instance(Library).tag(sync=True, **widget_serialization)
    _script = t.Unicode().tag(sync=True)
    _script_name: ClassVar[str]

    def __init_subclass__(cls, *, script: str | None = None, **more: Any) -> None:  # noqa: ANN401 - passed on
        super().__init_subclass__(**more)
        if script is None:
            return
        declare(script, cls.__module__.rpartition(".")[0])
        cls._script_name = script

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401 - the traits of a subclass
        super().__init__(_library=library(), _script=self._script_name, **traits)


class Overlay(Front):
    """What lies over a bqplot figure: labels, legend and tooltip, in the page's language.

    It reads the numbers from the bqplot models in the browser, so that an update of a
    chart is the one message that carries its numbers.
    """

    figure = t.Instance(Widget).tag(sync=True, **widget_serialization)
    mark = t.Instance(Widget).tag(sync=True, **widget_serialization)
    axes: t.List[Any] = t.List().tag(sync=True, **widget_serialization)
    scale = t.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    options = t.Dict().tag(sync=True)


def script(name: str) -> str:
    """Return a declared script as the browser runs it."""
    package, stem = _places[name]
    return _text(_SHARED, "shared.js") + _text(package, f"{stem}.js")


@cache
def _text(package: str, name: str) -> str:
    """Return a file beside a package's modules; empty where there is none."""
    file = files(package).joinpath(name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
