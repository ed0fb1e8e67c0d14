"""Charts as files: SVG, PNG, and the scripts that draw them in a page. No browser, no network.

Equal specifications give equal files, on the same machine with the same fonts.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from campaign_live_widgets.errors import MissingExtraError

if TYPE_CHECKING:
    from campaign_live_widgets.rendering.charts import Spec

_HEAD: Final = "<svg "
_NOTICE: Final = (
    "/*! Vega {}, Vega-Lite {}, Vega-Embed {}: copyright University of Washington Interactive "
    "Data Lab and contributors, BSD-3-Clause. With d3, copyright Mike Bostock, ISC. */\n"
)


def svg(spec: Spec) -> str:
    """Return a chart as an SVG document, its words as text and as its description.

    It holds no ids, so that many may be in one page, and asks for no other file.

    Raises
    ------
    MissingExtraError
        If vl-convert is not installed.
    """
    drawn: str = _converter().vegalite_to_svg(spec, allowed_base_urls=[])
    description = str(spec.get("description", ""))
    label = quoteattr(description, {"\n": " "})
    root = f'{_HEAD}role="img" aria-label={label} style="font-variant-numeric:tabular-nums" '
    head, end, rest = drawn.replace(_HEAD, root, 1).partition(">")
    return f"{head}{end}<desc>{escape(description)}</desc>{rest}"


def png(spec: Spec, *, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG, *scale* pixels for each px of the specification.

    Colours must be plain (``theme`` ``light`` or ``dark``): a picture knows no CSS variables.

    Raises
    ------
    MissingExtraError
        If vl-convert is not installed.
    """
    drawn: bytes = _converter().vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return drawn


@cache
def page_scripts() -> str:
    """Return the script that gives a page ``vegaEmbed``, for a ``<script>`` element.

    With the option ``ast``, ``vegaEmbed`` needs no ``unsafe-eval``.

    Raises
    ------
    MissingExtraError
        If vl-convert is not installed.
    """
    converter = _converter()
    versions = (
        converter.get_vega_version(),
        converter.get_vegalite_versions()[-1],
        converter.get_vega_embed_version(),
    )
    # Only what this line needs is taken in.
    script: str = converter.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # Its own names stay its own, and nothing in it ends the element or begins a comment.
    script = script.replace("</script", r"<\/script").replace("<!--", r"<\!--")
    return f"{_NOTICE.format(*versions)}(() => {{{script}\n}})();\n"


@cache
def _converter() -> Any:  # noqa: ANN401 - a module without types
    try:
        return import_module("vl_convert")
    except ImportError:
        raise MissingExtraError("pictures") from None
