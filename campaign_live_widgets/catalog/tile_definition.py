"""What a tile is: what it counts, of which events, and how it can be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign_live_widgets.catalog.columns import Column
from campaign_live_widgets.catalog.formula import Distinct
from campaign_live_widgets.catalog.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.catalog.columns import Kind
    from campaign_live_widgets.catalog.i18n import Text

Need: TypeAlias = Literal["nothing", "email", "engagement", "link"]
"""What a campaign must have for a tile to be on its page."""


@dataclass(frozen=True)
class Tile:
    """The definition of one tile.

    Attributes
    ----------
    id : str
        ``tab.name``; also its key in layouts, CSV and JSON.
    title : Text
    metrics : tuple of str
        Metric ids, in column order.
    by : str or None
        The dimension of the rows: ``message_id``, ``bucket``, ``reason``, ``bounce_type``,
        ``domain``, ``platform``, ``channel``; ``None`` where each metric is a separate row.
    channel : str or None
        Only events of this channel; ``None`` for the whole campaign.
    views : tuple of str
        Ways to draw it, the default first: ``kpi``, ``donut``, ``bars``, ``lines``, ``table``.
    share_of : str or None
        For a tile of metrics: the metric whose count every share divides by.
    listed : tuple of str
        Rows that are always shown, in this order, even if zero.
    where_positive : str or None
        Keep only rows in which this metric is above zero.
    limit : int or None
        Maximum number of rows.
    rates : tuple of pairs
        Metric id and id of its divisor, where the rate in this tile differs from the metric's own.
        A tile with such rates also lists its rates as text.
    fields : tuple of Column
        The columns of its frame, where they are not just ``by`` and the metrics.
    further : Column or None
        For a frame with a further column for each of some values of a dimension, which differ from
        report to report: what such a column is; its id is empty.
    key : int
        How many first columns identify a row.
    needs : str
        What a campaign must have for the tile to be on its page: ``nothing``; ``email``, messages
        by e-mail; ``engagement``, an open or a click of one; ``link``, a click with a link.
    starts_shown : bool
        Whether it is on the page until the reader removes it; else the reader may add it.
    """

    id: str
    title: Text
    metrics: tuple[str, ...]
    views: tuple[str, ...]
    by: str | None = None
    channel: str | None = None
    share_of: str | None = None
    listed: tuple[str, ...] = ()
    where_positive: str | None = None
    limit: int | None = None
    rates: tuple[tuple[str, str], ...] = ()
    fields: tuple[Column, ...] = ()
    further: Column | None = None
    key: int = 1
    needs: Need = "nothing"
    starts_shown: bool = True

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def tab(self) -> str:
        """Return the tab that contains the tile."""
        return self.id.partition(".")[0]

    @property
    def css_class(self) -> str:
        """Return the tile's stable CSS class."""
        return "clw-" + self.id.replace(".", "-").replace("_", "-")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of view a reader may choose: every chart can be read as a table."""
        return self.views if "table" in self.views else (*self.views, "table")

    def rate_of(self, metric_id: str) -> str | None:
        """Return the metric of this tile that a metric's rate divides by, if there is one."""
        known = METRICS.get(metric_id)
        whole = dict(self.rates).get(metric_id, known.rate_of if known else None)
        return whole if whole in self.metrics else None

    @cached_property
    def typed(self) -> tuple[Column, ...]:
        """Return the columns of the tile's frame, without those that :attr:`further` describes."""
        if self.fields:
            return self.fields
        if self.by is None:
            share = (Column("share", "ratio", of=self.share_of),) if self.share_of else ()
            return (Column("metric", "text"), Column("count"), *share)
        first = Column(self.by, "time" if self.by == "bucket" else "text")
        return (first, *(Column(metric, _kind(metric)) for metric in self.metrics))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the names of :attr:`typed`."""
        return tuple(column.id for column in self.typed)

    @property
    def counts(self) -> tuple[str, ...]:
        """Return the columns whose rows may be summed."""
        return tuple(c.id for c in self.typed[1:] if c.kind == "count")

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        KeyError
            If a frame of the tile cannot have it.
        """
        column = self._by_name.get(name)
        if column is not None:
            return column
        if self.further is None:
            raise KeyError(name)
        return replace(self.further, id=name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.id: column for column in self.typed}

    def has_columns(self, names: Sequence[str]) -> bool:
        """Return whether a frame of the tile may have these columns, in this order."""
        known = self.columns
        if self.further is None:
            return tuple(names) == known
        return tuple(names[: len(known)]) == known and len(set(names)) == len(names)


def _kind(metric_id: str) -> Kind:
    known = METRICS.get(metric_id)
    return "unique" if known and isinstance(known.formula, Distinct) else "count"
