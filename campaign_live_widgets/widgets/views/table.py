"""A table: a bold total on top, sortable columns, cells edited in place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import traitlets as t
from bqplot.traits import array_serialization
from traittypes import Array

from campaign_live_widgets.catalog import METRICS, TOTAL, Distinct, column_label
from campaign_live_widgets.rendering.language.labels import (
    NO_DATA,
    SORT,
    UNFINISHED,
    nothing,
    share_of,
)
from campaign_live_widgets.rendering.language.times import clock_steps
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Front
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable


_NEVER: Final = 2**53
"""A time that does not come; exact in the page."""


class Grid(Front, script="table"):
    """Rows by name and one array of counts by row for each column."""

    rows: t.List[Any] = t.List().tag(sync=True)
    counts = Array(dtype=None).tag(sync=True, **array_serialization)
    shares: t.List[Any] = t.List().tag(sync=True)
    total: t.List[Any] = t.List().tag(sync=True)
    finished = t.Int().tag(sync=True)
    """Seconds since the epoch, where rows are times: from then on, they are not over yet."""
    clock: t.List[Any] = t.List().tag(sync=True)
    """How the page writes the rows, where they are times; see :func:`times.clock_steps`."""
    ids = t.List(t.Unicode()).tag(sync=True)
    """Message id of each row, if rows are messages; two may have the same name."""
    alike = t.Dict().tag(sync=True)
    """Rows whose names begin as others do: number of the row → its name, which is not cut off."""
    summary = t.Unicode().tag(sync=True)
    opens = t.Bool(default_value=False).tag(sync=True)
    """Whether names of messages are buttons."""
    options = t.Dict().tag(sync=True)


class Table(View, kind="table"):
    """Draw any tile's frame: the first column names the rows, the others are numbers."""

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return row names, counts (column after column), shares and the total row."""
        counted = [c for c in self.tile.columns[1:] if c != "share"]
        counts = table.counts((*counted,), unknown=math.nan)
        rows: list[Any]
        alike: dict[str, str] = {}
        clock: list[Any] = []
        if self.tile.by == "bucket":
            moments = table.moments()
            rows = [int(m.timestamp()) for m in moments]
            clock = clock_steps(moments, self.time_zone)
        else:
            distinct_names, codes = self.names(table, names), table.codes()
            rows = [distinct_names[code] for code in codes]
            alike = {
                str(i): text
                for i, code in enumerate(codes)
                if (text := distinct_names.in_lines(code))
            }
        return {
            "ids": table.codes() if self.tile.by == "message_id" else [],
            "rows": rows,
            "alike": alike,
            "clock": clock,
            "finished": _NEVER if self.unfinished is None else int(self.unfinished.timestamp()),
            "counts": compact(counts.ravel()),
            "shares": [None if s is None else round(s, 5) for s in table.shares()],
            "total": self._total(table, counted),
        }

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the table, which is target and widget in one."""
        locale, tile = self.locale, self.tile
        counted = [c for c in tile.columns[1:] if c != "share"]
        options = {
            "locale": locale,
            "first": column_label(tile.columns[0], locale),
            "total": TOTAL(locale),
            "isTime": tile.by == "bucket",
            "columns": [self._column(c, counted) for c in counted],
            "share": f"{column_label('share', locale)} {share_of(tile.share_of)(locale)}"
            if tile.share_of
            else "",
            "empty": (nothing(tile.metrics[0]) if tile.by else NO_DATA)(locale),
            "sort": SORT(locale),
            "unfinished": UNFINISHED(locale),
        }
        grid = Grid(options=options, **state)
        grid.add_class("clw-view").add_class("clw-table")
        grid.on_msg(self._on_message)
        return grid, grid

    def on_open(self, callback: Callable[[str], object]) -> None:
        """Make names of messages buttons; call *callback* with the id of the clicked one."""
        super().on_open(callback)
        self._target.opens = self.tile.by == "message_id"

    def _on_message(self, _grid: Grid, message: Mapping[str, Any], _buffers: object) -> None:
        message_id = message.get("id")
        is_known = message.get("type") == "open" and message_id in self._shown["ids"]
        if is_known and self._opener is not None:
            self._opener(str(message_id))

    def _column(self, column: str, counted: list[str]) -> dict[str, Any]:
        metric = METRICS.get(column)
        rate_of = self.tile.rate_of(column)
        return {
            "id": column,
            "label": column_label(column, self.locale),
            "definition": metric.definition(self.locale) if metric else "",
            "rateOf": counted.index(rate_of) if rate_of else -1,
            "rateLabel": column_label(rate_of, self.locale) if rate_of else "",
        }

    def _total(self, table: TileTable, counted: list[str]) -> list[int]:
        """Return the sum of each column; empty if the rows are different metrics."""
        additive = not any(isinstance(METRICS[m].formula, Distinct) for m in self.tile.metrics)
        if self.tile.by is None or not len(table) or not additive:
            return []
        return [int(sum(n for n in table.numbers(c) if n is not None)) for c in counted]
