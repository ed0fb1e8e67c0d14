"""The browser's side of a view: plain ES modules beside the Python that uses them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import anywidget
import traitlets as t
from ipywidgets import Widget, widget_serialization

_PACKAGE: Final = "campaign_live_widgets.widgets"


@cache
def script(name: str) -> str:
    """Return an ES module with the functions that all of them share put before it."""
    root = files(_PACKAGE)
    shared = root.joinpath("_kit", "shared.js").read_text(encoding="utf-8")
    return shared + root.joinpath(name).read_text(encoding="utf-8")


@cache
def style(name: str) -> str:
    """Return a style sheet of this folder."""
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


class Overlay(anywidget.AnyWidget):
    """What lies over a bqplot figure: labels, legend and tooltip, in the page's language.

    It reads the numbers from the bqplot models in the browser, so that an update of a
    chart is the one message that carries its numbers.
    """

    figure = t.Instance(Widget).tag(sync=True, **widget_serialization)
    mark = t.Instance(Widget).tag(sync=True, **widget_serialization)
    axes: t.List[Any] = t.List().tag(sync=True, **widget_serialization)
    scale = t.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    options = t.Dict().tag(sync=True)
