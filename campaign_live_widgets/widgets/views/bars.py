"""Horizontal bars, one group for each row, the value at the end of each bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import traitlets as t
from bqplot import Bars as BarsMark
from bqplot import Figure, LinearScale, OrdinalScale
from ipywidgets import Box, Layout

from campaign_live_widgets.catalog import column_label, is_part
from campaign_live_widgets.rendering.html.geometry import GEOMETRY
from campaign_live_widgets.rendering.language.labels import nothing, share_of
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.model.columns import bar_metrics
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Overlay
from campaign_live_widgets.widgets.base.joint_updates import Joint
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable

PADDING: Final[float] = GEOMETRY["bars"]["between"]
"""Share of a row's height between its bars and those of the next row."""


class Rows(Joint, BarsMark):
    """Bars with a summary for screen readers."""

    starts = t.List(t.Int()).tag(sync=True)
    """Where each label differs from others that begin as it does; 0 for other labels."""
    summary = t.Unicode().tag(sync=True)


class BarsOverlay(Overlay, script="bars"):
    """Names, values, legend and tooltip of horizontal bars."""


class Bars(View, kind="bars"):
    """Draw a dimension and its metrics: a group of bars for each row, a bar for each metric."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics that are drawn."""
        return bar_metrics(self.tile)

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return row numbers, counts by metric and row, and the names of the rows.

        Rows are numbered, since two of them may have the same name.
        """
        y = compact(table.counts(self.metrics))
        return {
            "x": np.arange(len(table), dtype=np.uint16),
            "y": y if len(self.metrics) > 1 else y.ravel(),
            "labels": self.labels(table, names),
            "starts": self.starts(table, names),
        }

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the bars and the box that holds their figure and their labels."""
        tile, locale = self.tile, self.locale
        scale = LinearScale(min=0.0, allow_padding=False)
        mark = Rows(
            scales={"x": OrdinalScale(reverse=True, allow_padding=False), "y": scale},
            type="grouped",
            orientation="horizontal",
            colors=[palette.css_color(metric) for metric in self.metrics],
            color_mode="element" if len(self.metrics) > 1 else "no_group",
            padding=PADDING,
            stroke_width=0.0,
            enable_hover=False,
            interactions={},
            **state,
        )
        figure = Figure(
            marks=[mark],
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_y=0,
            display_toolbar=False,
            layout=Layout(min_width="0"),
        )
        options = {
            "locale": locale,
            "padding": PADDING,
            "metrics": [self._metric(metric) for metric in self.metrics],
            "rates": bool(tile.rates),
            "empty": nothing(self.metrics[0])(locale),
        }
        overlay = BarsOverlay(figure=figure, mark=mark, scale=scale, options=options)
        box = Box([figure, overlay])
        box.add_class("clw-view").add_class("clw-bars")
        return mark, box

    def _metric(self, metric_id: str) -> dict[str, Any]:
        metrics, rate_of = self.metrics, self.tile.rate_of(metric_id)
        return {
            "label": column_label(metric_id, self.locale),
            "color": palette.css_color(metric_id),
            "rateOf": metrics.index(rate_of) if rate_of else -1,
            "isPart": bool(self.tile.rates) and is_part(metric_id, rate_of),
            "rateLabel": share_of(rate_of)(self.locale) if rate_of else "",
        }
