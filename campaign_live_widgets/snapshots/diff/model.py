"""What changed between two snapshots: each count, each rate in points, and what they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from campaign_live_widgets.catalog import TILES

SCHEMA_VERSION: Final = 1
OnlyIn = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole, before and after; ``None`` where the whole is nothing or not known."""

    of: str
    """The metric it divides by."""
    before: float | None
    after: float | None

    @property
    def points(self) -> float | None:
        """Return the change in percentage points."""
        if self.before is None or self.after is None:
            return None
        return 100 * (self.after - self.before)


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text before and after, such as a verdict; ``None`` where there is none."""

    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One count before and after; ``None`` where it is not known, which is not zero.

    A rate whose counts are not in the report has no counts.
    """

    metric: str
    before: int | None
    after: int | None
    rate: Rate | None

    @property
    def change(self) -> int | None:
        """Return by how much the count has grown."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def is_change(self) -> bool:
        """Return whether anything differs, be it the rate alone."""
        rate = self.rate
        return self.before != self.after or bool(
            rate and (rate.points or (self.before is None and rate.before != rate.after))
        )


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a widget; ``only_in`` names the side of a row that the other side lacks."""

    name: str
    only_in: OnlyIn | None
    changes: tuple[Change, ...]
    texts: tuple[TextChange, ...] = ()
    """The texts that differ in a row that both sides have."""

    @property
    def is_change(self) -> bool:
        """Return whether anything in the row differs."""
        has_texts = bool(self.texts)
        return self.only_in is not None or has_texts or any(one.is_change for one in self.changes)


@dataclass(frozen=True, slots=True)
class WidgetChange:
    """The rows of one widget, and their sums where rows may be added up."""

    widget: str
    rows: tuple[RowChange, ...]
    total: RowChange | None

    @property
    def is_change(self) -> bool:
        """Return whether anything in the widget differs.

        Of a series it is the points in time that both have: windows that end at two times have
        others besides.
        """
        rows = self.rows
        if TILES[self.widget].by == "bucket":
            rows = tuple(row for row in rows if row.only_in is None)
            if self.total is not None and self.total.is_change:
                return True
        return any(row.is_change for row in rows)


@dataclass(frozen=True, slots=True)
class Fact:
    """What else differs, by a dotted name: ``window.end``, ``health.rejected``."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two snapshots."""

    path: str
    campaign_id: str
    campaign_name: str | None
    start: str
    end: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs between two snapshots."""

    before: Side
    after: Side
    facts: tuple[Fact, ...]
    widgets: tuple[WidgetChange, ...]

    @property
    def is_change(self) -> bool:
        """Return whether any number of any widget differs."""
        return any(widget.is_change for widget in self.widgets)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as one JSON object (schema version 1); unchanged rows are in it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "changed": self.is_change,
            **{side: _side_json(getattr(self, side)) for side in ("before", "after")},
            "facts": {fact.name: [fact.before, fact.after] for fact in self.facts},
            "widgets": {
                one.widget: {
                    "changed": one.is_change,
                    "rows": [_row_json(row) for row in one.rows],
                    "total": _row_json(one.total)["metrics"] if one.total else None,
                }
                for one in self.widgets
            },
        }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "path": side.path,
        "campaign_id": side.campaign_id,
        "campaign_name": side.campaign_name,
        "window": {"start": side.start, "end": side.end},
    }


def _row_json(row: RowChange) -> dict[str, Any]:
    return {
        "name": row.name,
        "only_in": row.only_in,
        "metrics": {
            one.metric: {
                "before": one.before,
                "after": one.after,
                "change": one.change,
                "rate": {
                    "of": one.rate.of,
                    "before": one.rate.before,
                    "after": one.rate.after,
                    "points": one.rate.points,
                }
                if one.rate
                else None,
            }
            for one in row.changes
        },
        "texts": {one.column: [one.before, one.after] for one in row.texts},
    }
