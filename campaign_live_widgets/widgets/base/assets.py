"""The browser's side: ES modules and style sheets beside the Python that uses them.

A page has some fifty of these widgets, and an anywidget sends its script with every model. So the
modules are sent once, in one library model, and each widget names its own.
"""

from __future__ import annotations

from dataclasses import astuple
from functools import cache
from hashlib import sha256
from threading import Lock
from typing import Any, ClassVar, Final
from weakref import WeakKeyDictionary, ref

import anywidget
import traitlets as t
from ipywidgets import Widget, widget_serialization
from ipywidgets.comm import get_comm_manager

from campaign_live_widgets.catalog import LOCALES, METRICS, meaning
from campaign_live_widgets.rendering.html.es_modules import modules, read
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.model.palette import palette_css
from campaign_live_widgets.widgets.base.joint_updates import Joint

_DIGITS: Final = 12
_PREFIX: Final = "clw:"
_STYLE_ORDER: Final = ("dashboard/page/header", "dashboard/", "widgets/base/", "widgets/views/")
"""Of rules of equal specificity the later one applies: first the page's, then its parts', then the
tile's, then the view's."""
_LOADER: Final = "widgets/base/loader.js"

_START: Final = """
async function load(model) {
  const library = await model.widget_manager.get_model(model.get("_library").slice(10));
  const source = () => new Blob([library.get("loader")], { type: "text/javascript" });
  const loader = await (library.campaignLiveLoader ??= import(URL.createObjectURL(source())));
  return { library, script: await loader.load(library, model.get("_script")) };
}
export default {
  async render({ model, el, signal }) {
    const { library, script } = await load(model);
    return script.render({ model, el, signal, library });
  },
"""
_END: Final = "};\n"
_INITIALIZE: Final = """
  initialize({ model, signal }) {
    load(model).then(({ script }) => script.initialize({ model, signal }));
  },
"""

_declared: Final[list[str]] = []
"""Paths of the modules that draw widgets."""
_lock: Final = Lock()
_libraries: Final[WeakKeyDictionary[object, ref[Library]]] = WeakKeyDictionary()
"""The library of each kernel, by its comm manager; the kernel's list of widgets keeps it."""


class Library(Widget):
    """What all widgets of one kernel share, sent once: scripts, style sheets and labels."""

    loader = t.Unicode().tag(sync=True)
    scripts = t.Dict().tag(sync=True)
    """Path of a module in the package → its source."""
    styles = t.Dict().tag(sync=True)
    """Path of a module → the style sheet beside it, in the order in which they apply."""
    version = t.Unicode().tag(sync=True)
    labels = t.Dict().tag(sync=True)
    """Locale → name → text of the labels that scripts show."""
    meanings = t.Dict().tag(sync=True)
    """Locale → metric id → label, definition, formula, rate."""

    _filled = 0

    def __init__(self) -> None:
        super().__init__(
            loader=read(_LOADER),
            labels=_labels(),
            meanings=_meanings(),
        )

    def fill(self) -> None:
        """Add the modules that have been declared since the last call."""
        if self._filled == len(_declared):
            return
        self._filled = len(_declared)
        with self.hold_sync():
            self.scripts, self.styles, self.version = _sources(self._filled)


@cache
def _sources(declared: int) -> tuple[dict[str, str], dict[str, str], str]:
    """Return the scripts and styles of the first *declared* modules, and their version."""
    scripts = modules(_declared[:declared], _PREFIX)
    styles = {"palette": palette_css(), "controls": read("rendering/html/controls.css")}
    for path in sorted(scripts, key=_style_rank):
        if style := read(path.removesuffix(".js") + ".css"):
            styles[path] = style
    digest = sha256(repr((scripts, styles)).encode()).hexdigest()
    return scripts, styles, digest[:_DIGITS]


@cache
def _labels() -> dict[str, dict[str, str]]:
    return {at: {name: text(at) for name, text in PAGE.items()} for at in LOCALES}


@cache
def _meanings() -> dict[str, dict[str, tuple[str, ...]]]:
    return {at: {m: astuple(meaning(m, at)) for m in METRICS} for at in LOCALES}


def library_source() -> dict[str, Any]:
    """Return what is in every kernel's library: scripts, styles, their version, and labels."""
    scripts, styles, version = _sources(len(_declared))
    return {
        "loader": read(_LOADER),
        "scripts": scripts,
        "styles": styles,
        "version": version,
        "labels": _labels(),
        "meanings": _meanings(),
    }


def declare(path: str) -> None:
    """Add a module, and what it imports, to the library.

    Parameters
    ----------
    path : str
        Relative to the package, such as ``"dashboard/header.js"``.
    """
    if path in _declared:
        message = f"the script {path!r} is already declared."
        raise TypeError(message)
    _declared.append(path)


def library() -> Library:
    """Return this kernel's library; it is created by the first call."""
    manager = get_comm_manager()
    with _lock:
        reference = _libraries.get(manager)
        one = None if reference is None else reference()
        if one is None or one.comm is None:
            one = Library()
            _libraries[manager] = ref(one)
        one.fill()
        return one


class Front(Joint, anywidget.AnyWidget):
    """A widget drawn by an ES module of this package.

    ``class Header(Front, script="header")`` is drawn by the function ``render`` that
    ``header.js`` exports, with the style of ``header.css`` where there is one, both beside the
    class's own module.
    """

    _esm = _START + _END
    """It loads the widget's own module from the library."""
    _library = t.Instance(Library).tag(sync=True, **widget_serialization)
    _script = t.Unicode().tag(sync=True)
    _script_path: ClassVar[str]

    def __init_subclass__(cls, *, script: str | None = None, **more: Any) -> None:  # noqa: ANN401 - passed on
        super().__init_subclass__(**more)
        if script is None:
            return
        folder = cls.__module__.split(".")[1:-1]
        cls._script_path = "/".join((*folder, f"{script}.js"))
        declare(cls._script_path)

    def __init__(self, **traits: Any) -> None:  # noqa: ANN401 - the traits of a subclass
        super().__init__(_library=library(), _script=self._script_path, **traits)


class FrontModel(Front):
    """A widget whose module also exports ``initialize``, which is called once for each page.

    Also where the page shows no view of it.
    """

    _esm = _START + _INITIALIZE + _END


class Overlay(Front):
    """The layer over a bqplot figure: labels, legend and tooltip, in the page's language.

    It reads the numbers from the bqplot models in the browser, so that an update of a chart is
    a single message.
    """

    figure = t.Instance(Widget).tag(sync=True, **widget_serialization)
    mark = t.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    axes: t.List[Any] = t.List().tag(sync=True, **widget_serialization)
    scale = t.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    options = t.Dict().tag(sync=True)


def _style_rank(path: str) -> int:
    ranks = (i for i, prefix in enumerate(_STYLE_ORDER) if path.startswith(prefix))
    return next(ranks, len(_STYLE_ORDER))
