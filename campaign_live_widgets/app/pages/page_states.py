"""The widgets of a page as JSON in its HTML, so that its browser does not have to ask for them."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ipywidgets import Layout
from ipywidgets.widgets.widget import _remove_buffers

from campaign_live_widgets.app.pages.shared_files import IN_FILE
from campaign_live_widgets.rendering.html.templates import json_in_script
from campaign_live_widgets.widgets.base.assets import Library

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign_live_widgets.app.pages.virtual_kernel import VirtualKernel


def page_states(kernel: VirtualKernel) -> str:
    """Return the state of every widget of a page, as JSON for a script element.

    ``models`` are as the widgets' control protocol has them, by model id; ``buffers`` are binary
    values: model id, path in the state, and Base64. ``library`` is the id of the model whose
    scripts and labels are in the file of :mod:`~campaign_live_widgets.app.pages.shared_files`.
    """
    states, paths, buffers = _remove_buffers(kernel.hand_over())
    library = ""
    for model_id, one in kernel.widgets.items():
        if isinstance(one, Library):
            library = model_id
            _drop(states[model_id]["state"], IN_FILE)
        elif isinstance(one, Layout):  # what it does not set is null in the browser, too
            state = states[model_id]["state"]
            _drop(state, [name for name, value in state.items() if value is None])
    values: dict[str, Any] = {
        "library": library,
        "models": states,
        "buffers": [
            [path[0], path[2:], b64encode(buffer).decode()]
            for path, buffer in zip(paths, buffers, strict=True)
        ],
    }
    return json_in_script(values)


def _drop(state: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        state.pop(name, None)
