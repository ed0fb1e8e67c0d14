"""A ring: its slices, their sum in the middle, and a legend with name, count and share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import traitlets as t
from bqplot import Figure, Pie
from ipywidgets import Box, Layout

from campaign_live_widgets.catalog import OTHERS, TOTAL, UNKNOWN, column_label
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.labels import (
    NO_DATA,
    nothing,
    share_of,
)
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Overlay
from campaign_live_widgets.widgets.base.joint_updates import Joint
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable

_RING: Final = GEOMETRY["donut"]
SIDE: Final[int] = _RING["side"]
"""Width and height of the figure in px; the page scales it to the available space."""

MOST_SLICES: Final = 9


class Ring(Joint, Pie):
    """A pie with a summary for screen readers."""

    starts = t.List(t.Int()).tag(sync=True)
    """Where each label differs from others that begin as it does; 0 for other labels."""
    summary = t.Unicode().tag(sync=True)


class DonutOverlay(Overlay, script="donut"):
    """Sum, legend and tooltip of a ring."""


class Donut(View, kind="donut"):
    """Draw one number for each row: ``metric``/``count``, or a dimension and its first metric.

    Beyond nine rows the smallest are drawn as one slice; the table has them all.
    """

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return sizes, labels and colours of the slices."""
        codes = table.codes()
        sizes = table.counts(self.tile.columns[1:2])[0]
        labels, starts = self.labels(table, names), self.starts(table, names)
        colors = [self._color(code, rank) for rank, code in enumerate(codes)]
        if len(codes) > MOST_SLICES:
            largest = MOST_SLICES - 1
            labels = [*labels[:largest], f"{OTHERS(self.locale)} ({len(codes) - largest})"]
            starts = [*starts[:largest], 0]
            colors = [*colors[:largest], palette.css_color("rest")]
            sizes = np.append(sizes[:largest], sizes[largest:].sum())
        return {"sizes": compact(sizes), "labels": labels, "starts": starts, "colors": colors}

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the pie and the box that holds its figure and its legend."""
        pie = Ring(
            radius=SIDE / 2 - _RING["rim"],
            inner_radius=SIDE / 2 * _RING["hole"],
            display_labels="none",
            stroke="var(--jp-layout-color1, #fff)",
            enable_hover=False,
            interactions={},
            **state,
        )
        figure = Figure(
            marks=[pie],
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_y=0,
            display_toolbar=False,
            layout=Layout(width=f"{SIDE}px", height=f"{SIDE}px", min_width="0"),
        )
        tile, locale = self.tile, self.locale
        whole = tile.metrics[0] if tile.by else None
        options = {
            "locale": locale,
            "side": SIDE,
            "whole": column_label(whole, locale) if whole else TOTAL(locale),
            "shareOf": share_of(whole)(locale),
            "empty": (nothing(whole) if whole else NO_DATA)(locale),
        }
        overlay = DonutOverlay(figure=figure, mark=pie, options=options)
        box = Box([figure, overlay])
        box.add_class("clw-view").add_class("clw-donut")
        return pie, box

    def _color(self, code: str, rank: int) -> str:
        if code == UNKNOWN:
            return palette.css_color("other")
        if self.tile.by is None:
            return palette.css_color(code)
        if self.tile.by == "bounce_type":
            return palette.bounce_type_color(code)
        return palette.ramp(self.tile.metrics[0], rank)
