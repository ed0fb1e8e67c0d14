"""Two reports compared: the value that :mod:`.model` defines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign_live_widgets.catalog import METRICS, TILES, WHOLE, rate
from campaign_live_widgets.snapshots.diff.model import (
    Change,
    Changes,
    Fact,
    Rate,
    RowChange,
    Side,
    TextChange,
    WidgetChange,
)
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
    from campaign_live_widgets.snapshots.diff.model import OnlyIn

    Report = Mapping[str, Any]


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
    for metric in (name,) if tile.by is None else _whole_numbers(tile):
        counts = [_count(tile, side, name, metric) for side in (before, after)]
        of = _whole_id(tile, metric)
        wholes = [_whole(tile, side, name, metric, of) if of else None for side in (before, after)]
        changes.append(_change(metric, counts, of, wholes))
    here = [name in side.rows(tile.id) for side in (before, after)]
    only: OnlyIn | None = None if all(here) else "before" if here[0] else "after"
    changes.extend(
        _ratio_change(tile, column, name, before, after) for column in _ratios(tile, before, after)
    )
    return RowChange(name, only, tuple(changes), () if only else _texts(tile, name, before, after))


def _whole_numbers(tile: Tile) -> tuple[str, ...]:
    return tuple(column.id for column in tile.typed[1:] if column.kind in WHOLE)


def _ratios(tile: Tile, before: Numbers, after: Numbers) -> list[str]:
    """Return the rates that are compared as they are: the report does not have their counts."""
    columns = dict.fromkeys([*before.columns(tile.id), *after.columns(tile.id)])
    known = [tile.column(name) for name in columns] if tile.fields else []
    return [
        column.id
        for column in known
        if column.kind == "ratio" and column.of is not None and column.of not in tile.metrics
    ]


def _ratio_change(tile: Tile, column: str, name: str, before: Numbers, after: Numbers) -> Change:
    values = [side.rows(tile.id).get(name, {}).get(column) for side in (before, after)]
    return Change(column, None, None, Rate(str(tile.column(column).of), *values))


def _texts(tile: Tile, name: str, before: Numbers, after: Numbers) -> tuple[TextChange, ...]:
    columns = [column.id for column in tile.typed[tile.key :] if column.kind == "text"]
    texts = [
        [side.rows(tile.id)[name].get(column) for side in (before, after)] for column in columns
    ]
    return tuple(
        TextChange(column, *pair)
        for column, pair in zip(columns, texts, strict=True)
        if pair[0] != pair[1]
    )


def _total(tile: Tile, before: Numbers, after: Numbers) -> RowChange | None:
    """Return the sums over all rows; none where only some rows are listed."""
    if tile.by is None or tile.limit is not None:
        return None
    changes = []
    for metric in tile.counts:
        counts = [
            side.totals(tile.id)[metric] if tile.id in side else None for side in (before, after)
        ]
        of = tile.rate_of(metric)
        if of is None and not tile.fields:
            of = METRICS[metric].rate_of
        wholes = [_sum(tile, side, of) if of else None for side in (before, after)]
        changes.append(_change(metric, counts, of, wholes))
    return RowChange("", None, tuple(changes)) if changes else None


def _change(
    metric: str, counts: list[int | None], of: str | None, wholes: list[int | None]
) -> Change:
    before, after = counts
    change = (
        Rate(of, rate(metric, before, of, wholes[0]), rate(metric, after, of, wholes[1]))
        if of
        else None
    )
    return Change(metric, before, after, change)


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
    if tile.fields:
        shares = {column.of for column in tile.typed if column.id == "share"}
        return metric if metric in shares else tile.rate_of(metric)
    if len(tile.metrics) == 1 and tile.by != "bucket":
        return metric  # a part of all bounces, of all errors
    return tile.rate_of(metric) or METRICS[metric].rate_of


def _whole(tile: Tile, side: Numbers, name: str, metric: str, of: str) -> int | None:
    """Return the count that a row's rate divides by."""
    if tile.by is None:
        return _sum(tile, side, of)
    if of == metric:
        return side.totals(tile.id)[of] if tile.id in side else None
    beside = tile if of in tile.metrics else _beside(tile, of)
    if beside is None:
        return None
    count: int | None = side.rows(beside.id).get(name, {}).get(of)
    return count


def _sum(tile: Tile, side: Numbers, of: str) -> int | None:
    """Return a count over the tile's whole channel, or over all of them."""
    for one in TILES.values():
        is_here = one.channel == tile.channel if tile.fields else one.tab == tile.tab
        fits = is_here and one.by == "message_id" and of in one.metrics
        if fits and one.id in side:
            return side.totals(one.id)[of]
    if tile.channel is None and of in tile.metrics and tile.id in side:
        return side.totals(tile.id)[of]
    return None


def _beside(tile: Tile, of: str) -> Tile | None:
    """Return the tile that counts *of* for the same rows."""
    for one in TILES.values():
        same = (
            one.by == tile.by
            and not one.fields
            and one.channel == tile.channel
            and one.limit is None
        )
        if same and of in one.metrics:
            return one
    return None
