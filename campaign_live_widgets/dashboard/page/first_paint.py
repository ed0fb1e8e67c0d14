"""The first paint of a page: what its widgets show, as HTML for a browser that has none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from campaign_live_widgets.dashboard.editing.editor import LABELS
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.layouts.needed import is_question
from campaign_live_widgets.rendering.first_paint import (
    FirstPaint,
    PagePart,
    TilePart,
    ViewPart,
    paint,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ipywidgets import Widget

    from campaign_live_widgets.dashboard.page.dashboard import Dashboard
    from campaign_live_widgets.layouts.places import Place
    from campaign_live_widgets.widgets import TileWidget

_HEADER = (
    *("state", "note", "live", "campaign_id", "campaign_name", "campaign", "window", "window_note"),
    *("scope", "detail", "as_of", "newest", "refreshed", "health", "gone", "labels", "notices"),
)
_FILTERS = (
    *("query", "campaign", "windows", "fixed_window", "messages", "executions", "switches"),
    "labels",
)


def first_paint(
    page: Dashboard, now: datetime | None = None, *, address: str = "", awaits_live: bool = False
) -> FirstPaint:
    """Return what *page* shows, with its open tab.

    Parameters
    ----------
    page : Dashboard
    now : datetime, optional
        The current time, up to which ages are counted; by default the clock's.
    address : str
        The query string that the page was asked for with: its tabs are links, which keep it.
    awaits_live : bool
        Whether a live page takes the place of this one as soon as its scripts have come.
    """
    now = now or utc_now()
    tab = page.grids.open_tab or page.grids.visible[0]
    titles = zip(page.grids.visible, page.tabs.titles, strict=True)
    header = _traits(page.header, _HEADER)
    if awaits_live:
        header |= {"state": "loading", "live": True}
    return paint(
        PagePart(
            now=now,
            locale=page.locale,
            time_zone=page.time_zone,
            header=header,
            filters=_traits(page.filters, _FILTERS),
            facts=_traits(page.facts, ("terms", "values")) if tab == "campaign" else None,
            tabs=[(tab_id, title, _with(address, tab=tab_id)) for tab_id, title in titles],
            campaign_address=_with(address, detail=None),
            open_tab=tab,
            tiles=[
                _tile(page.tile(place.tile_id), place)
                for place in page.grids[tab].available_places()
                if place.shown
            ],
            texts={key: text(page.locale) for key, text in LABELS.items()},
            questions=sum(map(is_question, page.grids.visible)),
            is_single_tab="clw-one-tab" in page._dom_classes,  # noqa: SLF001 - of every widget
        )
    )


def _with(address: str, **changes: str | None) -> str:
    """Return the address with other values of some keys; without a key that is ``None``.

    The token that let a browser in is not repeated in a page.
    """
    dropped = {*changes, "token"}
    pairs = [(k, v) for k, v in parse_qsl(address, keep_blank_values=True) if k not in dropped]
    return f"?{urlencode([*pairs, *((k, v) for k, v in changes.items() if v is not None)])}"


def _traits(widget: Widget, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(widget, name) for name in names}


def _tile(widget: TileWidget, place: Place) -> TilePart:
    view = widget.current_view
    return TilePart(
        place=place,
        css_class=widget.tile.css_class,
        title=widget.tile.title(widget.locale),
        kinds=widget.tile.kinds,
        view=ViewPart(
            view.kind,
            {**view.values, "opens": getattr(view.widget, "opens", False)},
            view.options,
        ),
        error=widget.error,
    )
