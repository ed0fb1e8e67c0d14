"""A table: a bold total on top, sortable columns, cells edited in place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import traitlets as t
from bqplot.traits import array_serialization
from traittypes import Array

from campaign_live_widgets.catalog import METRICS, TOTAL, column_label, is_part, value_label
from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.catalog.lines import COMPLAINTS_NOT_REPORTED
from campaign_live_widgets.rendering.language.advice import advice
from campaign_live_widgets.rendering.language.counted import nothing_in
from campaign_live_widgets.rendering.language.labels import (
    INTERVAL,
    NEGATIVE,
    SORT,
    UNFINISHED,
    others,
    share_of,
    why_no_rate,
)
from campaign_live_widgets.rendering.language.times import clock_steps
from campaign_live_widgets.rendering.language.verdicts import words
from campaign_live_widgets.rendering.model.columns import (
    cell_text,
    has_total,
    is_blind,
    is_tinted,
    shown_columns,
    unfolds,
)
from campaign_live_widgets.report.totals import VERDICT, cells, totals
from campaign_live_widgets.widgets.base.arrays import compact
from campaign_live_widgets.widgets.base.assets import Front
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.catalog import Column
    from campaign_live_widgets.report import TileTable


_NEVER: Final = 2**53
"""A time that does not come; exact in the page."""


class Grid(Front, script="table"):
    """Rows by name and one array of numbers by row for each column."""

    rows: t.List[Any] = t.List().tag(sync=True)
    columns: t.List[Any] = t.List().tag(sync=True)
    """What each column is; those that are not shown are the last: ends of intervals."""
    counts = Array(dtype=None).tag(sync=True, **array_serialization)
    """Column after column; zeros in a column of texts."""
    texts = t.Dict().tag(sync=True)
    """Number of a column → its texts, or the codes of verdicts."""
    shares: t.List[Any] = t.List().tag(sync=True)
    total: t.List[Any] = t.List().tag(sync=True)
    rest: t.List[Any] = t.List().tag(sync=True)
    """The name and the sums of the rows that are not there; empty if all are."""
    finished = t.Int().tag(sync=True)
    """Seconds since the epoch, where rows are times: from then on, they are not over yet."""
    clock: t.List[Any] = t.List().tag(sync=True)
    """How the page writes the rows, where they are times; see :func:`times.clock_steps`."""
    ids = t.List(t.Unicode()).tag(sync=True)
    """Code of each row, if rows are messages, which may share a name, or can be unfolded."""
    alike = t.Dict().tag(sync=True)
    """Rows whose names begin as others do: number of the row → its name, which is not cut off."""
    summary = t.Unicode().tag(sync=True)
    opens = t.Bool(default_value=False).tag(sync=True)
    """Whether names of messages are buttons."""
    options = t.Dict().tag(sync=True)


class Table(View, kind="table"):
    """Draw any tile's frame: the first column names the rows, the others are numbers."""

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:
        """Return row names, cells (column after column), shares and the total row."""
        columns = self._columns(table)
        ids = [column.id for column in columns]
        total = totals(self.tile, table) if has_total(self.tile, table) else {}
        table, further = table.first_rows(self.tile.by)
        rest = totals(self.tile, further, is_campaign=False) if further else {}
        numbers = [
            [0] * len(table) if c.kind == "text" else table.counts((c.id,), unknown=math.nan)[0]
            for c in columns
        ]
        rows: list[Any]
        alike: dict[str, str] = {}
        clock: list[Any] = []
        if self.tile.by == "bucket":
            moments = table.moments()
            rows = [int(m.timestamp()) for m in moments]
            clock = clock_steps(moments, self.time_zone, self.locale)
        else:
            distinct_names, codes = self.names(table, names), table.codes()
            rows = [distinct_names[code] for code in codes]
            alike = {
                str(i): text
                for i, code in enumerate(codes)
                if (text := distinct_names.in_lines(code))
            }
        return {
            "ids": table.codes() if self.tile.by == "message_id" or unfolds(self.tile) else [],
            "columns": [self._column(column, ids) for column in columns],
            "texts": {
                str(i): [self._text(column, value) for value in cells(table, column)]
                for i, column in enumerate(columns)
                if column.kind == "text"
            },
            "rows": rows,
            "alike": alike,
            "clock": clock,
            "finished": _NEVER if self.unfinished is None else int(self.unfinished.timestamp()),
            "counts": compact(np.array(numbers, dtype=np.float64).ravel()),
            "shares": [
                None if s is None else round(s, 5)
                for s in (table.shares() if self.tile.share_of else ())
            ],
            "total": [total[name] for name in ids] if total else [],
            "rest": [others(len(further), self.locale), *(rest[name] for name in ids)]
            if further
            else [],
        }

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the table, which is target and widget in one."""
        locale, tile = self.locale, self.tile
        options = {
            "locale": locale,
            "first": column_label(tile.columns[0], locale),
            "total": TOTAL(locale),
            "isTime": tile.by == "bucket",
            "interval": INTERVAL(locale),
            "words": words(locale),
            "advice": {code: advice(code, locale) for code in BOUNCE_CLASSES}
            if unfolds(tile)
            else {},
            "isTinted": is_tinted(tile),
            "share": f"{column_label('share', locale)} {share_of(tile.share_of)(locale)}"
            if tile.share_of
            else "",
            "empty": nothing_in(tile)(locale),
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

    def _columns(self, table: TileTable) -> list[Column]:
        """Return the columns in the order of the state: those that are shown, then ends."""
        readable = shown_columns(self.tile, table)
        ends = (end for column in readable for end in column.ends or ())
        return [*readable, *(self.tile.column(end) for end in ends)]

    def _text(self, column: Column, value: Any) -> str:  # noqa: ANN401 - a cell
        """Return the text of a cell; of a verdict its code, whose words the page knows."""
        if column.id == VERDICT:
            return str(value or "")
        return cell_text(column, value, self.locale)

    def _column(self, column: Column, ids: list[str]) -> dict[str, Any]:
        metric = METRICS.get(column.id) if column.dimension is None else None
        rate_of = self.tile.rate_of(column.id)
        blind = [code for code in COMPLAINTS_NOT_REPORTED if is_blind(self.tile, column, code)]
        return {
            "id": column.id,
            "kind": VERDICT if column.id == VERDICT else column.kind,
            "label": column_label(column.id, self.locale, self.tile),
            "definition": metric.definition(self.locale) if metric else "",
            "isShown": all(column.id not in (c.ends or ()) for c in self.tile.typed),
            "ends": [ids.index(end) for end in column.ends or ()],
            "blind": [value_label(str(self.tile.by), code, self.locale) for code in blind],
            "rateOf": ids.index(rate_of) if rate_of else -1,
            "isPart": is_part(column.id, rate_of),
            "tooMany": why_no_rate(1, rate_of, self.locale) if rate_of else "",
            "negative": NEGATIVE(self.locale),
            "rateLabel": column_label(rate_of, self.locale) if rate_of else "",
        }
