"""A dot and a whisker for each row: a rate, its interval, and the lines it is compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets as t
from bqplot import Figure, LinearScale
from bqplot import Lines as LinesMark
from bqplot import Scatter as ScatterMark
from bqplot.traits import array_serialization
from ipywidgets import Box, Layout, widget_serialization
from traittypes import Array

from campaign_live_widgets.catalog import column_label
from campaign_live_widgets.rendering.language.labels import INTERVAL, nothing
from campaign_live_widgets.rendering.language.verdicts import words
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.rendering.model.intervals import interval_rates, intervals, lines_of
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Overlay
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable


class IntervalsOverlay(Overlay, script="intervals"):
    """Names, numbers, rates and verdicts of rows; in the page it gives the marks their data."""

    labels = t.List(t.Unicode()).tag(sync=True)
    starts = t.List(t.Int()).tag(sync=True)
    """Where each label differs from others that begin as it does; 0 for other labels."""
    counts = Array(dtype=None).tag(sync=True, **array_serialization)
    spans = Array(dtype=None).tag(sync=True, **array_serialization)
    """Low, rate and high of each row, one after the other; NaN where there is no rate."""
    verdicts = t.List(t.Unicode()).tag(sync=True)
    ends = t.List(t.Float()).tag(sync=True)
    """Both ends of the scale."""
    summary = t.Unicode().tag(sync=True)
    marks: t.List[Any] = t.List().tag(sync=True, **widget_serialization)
    """Hair lines, whiskers and dots."""
    rows = t.Instance(LinearScale).tag(sync=True, **widget_serialization)


class IntervalRows(View, kind="intervals"):
    """Draw the first rate of a tile that has an interval: a dot, a whisker, and hair lines."""

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return the names of the rows, their numbers, rates and verdicts, and the scale."""
        first = table.first_rows(self.tile.by)[0]
        drawn = intervals(self.tile, first)
        spans = [
            math.nan if value is None else value
            for row in drawn.whiskers
            for value in (row.low, row.rate, row.high)
        ]
        return {
            "labels": self.labels(first, names),
            "starts": self.starts(first, names),
            "counts": compact([math.nan if w.count is None else w.count for w in drawn.whiskers]),
            "spans": np.array(spans, dtype=np.float64),
            "verdicts": [row.verdict for row in drawn.whiskers],
            "ends": [drawn.least, drawn.most],
        }

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the overlay and the box that holds it and the figure.

        The marks are empty: bqplot's own messages would be one for each of them.
        """
        tile, locale = self.tile, self.locale
        rate = interval_rates(tile)[0]
        lines = lines_of(tile, rate)
        scale = LinearScale(min=0.0, max=1.0, allow_padding=False)
        rows = LinearScale(min=0.0, max=1.0, reverse=True, allow_padding=False)
        shared = {
            "x": np.zeros(0),
            "y": np.zeros(0),
            "scales": {"x": scale, "y": rows},
            "enable_hover": False,
            "interactions": {},
            "apply_clip": False,
        }
        marks = [
            LinesMark(colors=[palette.paper("soft")], stroke_width=0.75, **shared),
            LinesMark(stroke_width=1.5, **shared),
            ScatterMark(default_size=40, **shared),
        ]
        figure = Figure(
            marks=marks,
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_x=0,
            padding_y=0,
            display_toolbar=False,
            layout=Layout(min_width="0"),
        )
        options = {
            "locale": locale,
            "first": column_label(tile.columns[0], locale),
            "number": column_label(tile.columns[1], locale),
            "rate": column_label(rate.id, locale),
            "verdict": column_label("verdict", locale),
            "interval": INTERVAL(locale),
            "lines": [lines.warning, lines.limit] if lines else [],
            "source": lines.source(locale) if lines else "",
            "words": words(locale),
            "colors": palette.verdict_colors(),
            "empty": nothing(tile.columns[1])(locale),
        }
        overlay = IntervalsOverlay(
            figure=figure, marks=marks, scale=scale, rows=rows, options=options, **state
        )
        box = Box([figure, overlay])
        box.add_class("clw-view").add_class("clw-intervals")
        return overlay, box
