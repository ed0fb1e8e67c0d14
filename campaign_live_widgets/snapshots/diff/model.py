"""What changed between two snapshots: each count, each rate in points, and what they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from campaign_live_widgets.catalog import METRICS, TILES
from campaign_live_widgets.snapshots.manifest import Manifest
from campaign_live_widgets.snapshots.paths import MANIFEST
from campaign_live_widgets.snapshots.report_reader import (
    HEALTH,
    HEALTH_ADDED,
    Numbers,
    read_report,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from campaign_live_widgets.catalog import Tile

    Report = Mapping[str, Any]

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
class Change:
    """One count before and after; ``None`` where it is not known, which is not zero."""

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
        return self.before != self.after or bool(self.rate and self.rate.points)


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a widget; ``only_in`` names the side of a row that the other side lacks."""

    name: str
    only_in: OnlyIn | None
    changes: tuple[Change, ...]

    @property
    def is_change(self) -> bool:
        """Return whether anything in the row differs."""
        return self.only_in is not None or any(one.is_change for one in self.changes)


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


def changes(before: Path, after: Path) -> Changes:
    """Return what differs; see :func:`.difference.difference`."""
    reports = read_report(before), read_report(after)
    manifests = _manifest(before), _manifest(after)
    numbers = Numbers(reports[0]), Numbers(reports[1])
    return Changes(
        before=_side(before, reports[0], manifests[0]),
        after=_side(after, reports[1], manifests[1]),
        facts=tuple(_facts(reports, manifests)),
        widgets=tuple(
            _widget(tile, *numbers)
            for tile in TILES.values()
            if any(tile.id in side for side in numbers)
        ),
    )


def _side(path: Path, report: Report, manifest: Manifest | None) -> Side:
    return Side(
        path=str(path),
        campaign_id=report["campaign_id"],
        campaign_name=report["campaign_name"],
        start=report["window"]["start"],
        end=report["window"]["end"],
        time_zone=manifest.time_zone if manifest else "UTC",
    )


def _manifest(path: Path) -> Manifest | None:
    return Manifest.read(path) if (path / MANIFEST).exists() else None


def _facts(
    reports: tuple[Report, Report], manifests: tuple[Manifest | None, Manifest | None]
) -> Iterator[Fact]:
    before, after = (dict(_named(*pair)) for pair in zip(reports, manifests, strict=True))
    for name in dict.fromkeys([*before, *after]):
        # Facts that only a manifest has are compared if both sides have one.
        known = name in before and name in after
        if (known or all(manifests)) and before.get(name) != after.get(name):
            yield Fact(name, before.get(name), after.get(name))


def _named(report: Report, manifest: Manifest | None) -> Iterator[tuple[str, object]]:
    yield from ((name, report[name]) for name in ("campaign_id", "campaign_name"))
    yield from ((f"window.{name}", report["window"].get(name)) for name in ("start", "end"))
    yield "newest_event", report["newest_event"]
    yield from (
        (f"health.{name}", report["health"].get(name, 0)) for name in (*HEALTH, *HEALTH_ADDED)
    )
    for widget in TILES:
        yield f"widget.{widget}", widget in report["widgets"]
    if manifest:
        yield "locale", manifest.locale
        yield "time_zone", manifest.time_zone
        yield from ((f"parameters.{name}", of) for name, of in manifest.parameters.items())
        yield from ((f"versions.{name}", of) for name, of in manifest.versions.items())


def _widget(tile: Tile, before: Numbers, after: Numbers) -> WidgetChange:
    sides = before.rows(tile.id), after.rows(tile.id)
    # In time order where rows are times, else as they are in the later one.
    names = sorted({*sides[0], *sides[1]}) if tile.by == "bucket" else [*sides[1], *sides[0]]
    rows = tuple(_row(tile, name, before, after) for name in dict.fromkeys(names))
    return WidgetChange(tile.id, rows, _total(tile, before, after))


def _row(tile: Tile, name: str, before: Numbers, after: Numbers) -> RowChange:
    changes = []
    for metric in (name,) if tile.by is None else tile.metrics:
        counts = [_count(tile, side, name, metric) for side in (before, after)]
        of = _whole_id(tile, metric)
        wholes = [_whole(tile, side, name, of) if of else None for side in (before, after)]
        changes.append(_change(metric, counts, of, wholes))
    here = [name in side.rows(tile.id) for side in (before, after)]
    only: OnlyIn | None = None if all(here) else "before" if here[0] else "after"
    return RowChange(name, only, tuple(changes))


def _total(tile: Tile, before: Numbers, after: Numbers) -> RowChange | None:
    """Return the sums over all rows; none where only some rows are listed."""
    if tile.by is None or tile.limit is not None:
        return None
    changes = []
    for metric in tile.metrics:
        counts = [
            side.totals(tile.id)[metric] if tile.id in side else None for side in (before, after)
        ]
        of = tile.rate_of(metric) or METRICS[metric].rate_of
        wholes = [_sum(tile, side, of) if of else None for side in (before, after)]
        changes.append(_change(metric, counts, of, wholes))
    return RowChange("", None, tuple(changes))


def _change(
    metric: str, counts: list[int | None], of: str | None, wholes: list[int | None]
) -> Change:
    before, after = counts
    rate = Rate(of, _part(before, wholes[0]), _part(after, wholes[1])) if of else None
    return Change(metric, before, after, rate)


def _count(tile: Tile, side: Numbers, name: str, metric: str) -> int | None:
    """Return a count; zero for a row that is left out because it is all zero."""
    rows = side.rows(tile.id)
    if name in rows:
        value: int | None = rows[name].get("count" if tile.by is None else metric)
        return value
    is_zero = tile.id in side and tile.by not in {None, "bucket"}
    return 0 if is_zero and tile.limit is None and tile.where_positive is None else None


def _whole_id(tile: Tile, metric: str) -> str | None:
    """Return the metric that a row's rate divides by, as on the page."""
    if tile.by is None:
        return tile.share_of or (METRICS[metric].rate_of if tile.channel else None)
    if len(tile.metrics) == 1 and tile.by != "bucket":
        return metric  # a part of all bounces, of all errors
    return tile.rate_of(metric) or METRICS[metric].rate_of


def _whole(tile: Tile, side: Numbers, name: str, of: str) -> int | None:
    """Return the count that a row's rate divides by."""
    if tile.by is None:
        return _sum(tile, side, of)
    if tile.metrics == (of,):
        return side.totals(tile.id)[of]
    beside = tile if of in tile.metrics else _beside(tile, of)
    if beside is None:
        return None
    count: int | None = side.rows(beside.id).get(name, {}).get(of)
    return count


def _sum(tile: Tile, side: Numbers, of: str) -> int | None:
    """Return a count over the tile's whole channel, or over all of them."""
    for one in TILES.values():
        fits = one.tab == tile.tab and one.by == "message_id" and of in one.metrics
        if fits and one.id in side:
            return side.totals(one.id)[of]
    if tile.channel is None and of in tile.metrics and tile.id in side:
        return side.totals(tile.id)[of]
    return None


def _beside(tile: Tile, of: str) -> Tile | None:
    """Return the tile that counts *of* for the same rows."""
    for one in TILES.values():
        same = one.by == tile.by and one.channel == tile.channel and one.limit is None
        if same and of in one.metrics:
            return one
    return None


def _part(count: int | None, whole: int | None) -> float | None:
    return None if count is None or not whole else count / whole


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
    }
