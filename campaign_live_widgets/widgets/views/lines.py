"""A line for each metric over time, with one tooltip for all of them."""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import traitlets as t
from bqplot import Axis, DateScale, Figure, LinearScale
from bqplot import Lines as LinesMark
from ipywidgets import Box, Layout

from campaign_live_widgets.catalog import column_label
from campaign_live_widgets.rendering.language.counted import series_of
from campaign_live_widgets.rendering.language.labels import NO_DATA, SHOW_HIDE, UNFINISHED
from campaign_live_widgets.rendering.language.times import clock_steps
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Overlay
from campaign_live_widgets.widgets.base.joint_updates import Joint
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable


BEHIND: Final = (math.nan, 0.0)
"""What follows the last point of a line of rates; the page does not show it."""


class Series(Joint, LinesMark):
    """Lines with a summary for screen readers."""

    summary = t.Unicode().tag(sync=True)
    finished = t.Int().tag(sync=True)
    """How many of the buckets are over; the line to the next one is dashed."""
    names = t.List(t.Unicode()).tag(sync=True)
    """What the lines are called, where that depends on the rows; else it is in the options."""
    clock: t.List[Any] = t.List().tag(sync=True)
    """How the page writes the times of the buckets; see :func:`times.clock_steps`."""


class LinesOverlay(Overlay, script="lines"):
    """Legend, ticks, crosshair and tooltip of a time series."""


class Lines(View, kind="lines"):
    """Draw ``bucket`` (UTC, in time order) and a count for each metric.

    All metrics are rows of one two-dimensional mark: one message moves them all.
    """

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 (times have no display names)
        """Return times (``datetime64[ms]``, UTC) and counts by metric and time.

        Rates are in percent, with gaps where there is none.
        """
        drawn = series_of(self.tile, table)
        is_rate = self.tile.further is not None
        counts = table.counts(drawn, unknown=math.nan if is_rate else 0.0)
        counts = counts * 100 if is_rate else counts
        x = np.asarray(table["bucket"]).astype("datetime64[ms]")
        finished = len(x)
        if self.unfinished is not None:
            start = np.datetime64(self.unfinished.astimezone(UTC).replace(tzinfo=None), "ms")
            finished = int(np.searchsorted(x, start))
        if len(x) == 1:
            # bqplot squeezes a single column into one series, and a line needs two points.
            x = np.append(x, x + np.timedelta64(1, "m"))
            counts = np.repeat(counts, 2, axis=1)
            finished *= 2
        if is_rate and len(x):
            # bqplot places a label at the last point, which must not be a gap: it is behind one.
            x = np.append(x, [x[-1]] * len(BEHIND))
            counts = np.hstack([counts, np.tile(BEHIND, (len(drawn), 1))])
        y = compact(counts if len(drawn) > 1 else counts.ravel())
        clock = clock_steps(table.moments(), self.time_zone, self.locale)
        labels = {}
        if is_rate:
            labels["names"] = [column_label(name, self.locale, self.tile) for name in drawn]
        return {"x": x, "y": y, "finished": finished, "clock": clock, **labels}

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the lines and the box that holds their figure and their legend."""
        tile, locale = self.tile, self.locale
        x_scale = DateScale(allow_padding=False)
        y_scale = LinearScale(min=0.0, allow_padding=False)
        is_rate = tile.further is not None
        colors = (
            palette.series_colors()
            if is_rate
            else [palette.css_color(metric) for metric in tile.metrics]
        )
        mark = Series(
            scales={"x": x_scale, "y": y_scale},
            colors=colors,
            stroke_width=1.5,
            apply_clip=False,
            enable_hover=False,
            interactions={},
            **state,
        )
        axes = [
            Axis(scale=x_scale, side="bottom", grid_lines="none"),
            Axis(scale=y_scale, side="left", grid_lines="solid"),
        ]
        figure = Figure(
            marks=[mark],
            axes=axes,
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_y=0,
            display_toolbar=False,
            layout=Layout(min_width="0"),
        )
        options = {
            "locale": locale,
            "labels": [column_label(metric, locale) for metric in tile.metrics],
            "colors": colors,
            "isRate": is_rate,
            "empty": NO_DATA(locale),
            "toggle": SHOW_HIDE(locale),
            "unfinished": UNFINISHED(locale),
        }
        overlay = LinesOverlay(figure=figure, mark=mark, axes=axes, scale=y_scale, options=options)
        box = Box([figure, overlay])
        box.add_class("clw-view").add_class("clw-lines")
        return mark, box
