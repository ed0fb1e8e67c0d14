"""Invariants of one report: equal sums of its tables, shares, the order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import (
    BOUNCE_TYPES,
    CHANNELS,
    METRICS,
    OTHER_DOMAINS,
    TABS,
    TILES,
    Count,
    rate,
    tiles_of,
)
from campaign_live_widgets.io.clock import parse_rfc3339
from campaign_live_widgets.snapshot import Window
from campaign_live_widgets.snapshots.report_reader import Numbers
from campaign_live_widgets.snapshots.verify import analysis_invariants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign_live_widgets.catalog import Tile

    Report = Mapping[str, Any]


_ADDED_LATER: Final = frozenset({"campaign.funnel", "campaign.summary"})
"""Widgets that reports of earlier versions do not have."""


def broken(report: Report) -> Iterator[str]:
    """Yield each contradiction in a report, in words."""
    numbers, is_first = Numbers(report), report["schema_version"] == 1
    for tile in tiles_of(report.get("basis", "default")).values():
        if tile.id not in numbers:
            if tile.id not in _ADDED_LATER and not (tile.fields and is_first):
                yield f"the widget {tile.id} is missing"
            continue
        widget = report["widgets"][tile.id]
        if not tile.has_columns(tuple(widget["columns"])):
            yield f"{tile.id} has the columns {', '.join(widget['columns'])}"
            continue
        yield from _wrong_values(tile, widget)
        yield from _wrong_order(tile, report)
        yield from _wrong_shares(tile, numbers)
    for tab in TABS:
        yield from _wrong_sums(tab, numbers)
    yield from _wrong_bounces(numbers)
    yield from analysis_invariants.broken(report, numbers)


def unusual(report: Report) -> Iterator[str]:
    """Yield what is right but unusual: parts that do not add up to a whole."""
    numbers = Numbers(report)
    totals = {tab: _total(tab, numbers) for tab in ("email", "push")}
    for tab, of in totals.items():
        sent, delivered, bounces = (of.get(m, 0) for m in ("sent", "delivered", "bounces"))
        if sent != delivered + bounces:
            yield (
                f"{tab}: sent {sent} is not delivered {delivered} + bounces {bounces}; "
                "they are equal if the result of each message is known and inside the window"
            )
    rows = numbers.rows("campaign.statistics")
    delivered = rows.get("delivered", {}).get("count", 0)
    counted = sum(of.get("delivered", 0) for of in totals.values())
    if delivered != counted:
        yield f"delivered {delivered} is not the {counted} of e-mail and push: other channels count"


def _wrong_values(tile: Tile, widget: Mapping[str, Any]) -> Iterator[str]:
    kinds = [tile.column(name).kind for name in widget["columns"]]
    for row in widget["rows"]:
        for column, kind, value in zip(widget["columns"], kinds, row, strict=True):
            if kind == "count" and type(value) is not int:
                yield f"{tile.id}: {row[0]}: {column} {value!r} is not a count"
            elif kind == "unique" and type(value) not in (int, type(None)):
                yield f"{tile.id}: {row[0]}: {column} {value!r} is not a number of people"
            elif kind == "ratio" and tile.fields and not (value is None or 0 <= value <= 1):
                yield f"{tile.id}: {row[0]}: {column} {value!r} is not a part of one"


def _wrong_order(tile: Tile, report: Report) -> Iterator[str]:
    rows = report["widgets"][tile.id]["rows"]
    names = [row[0] for row in rows]
    keys = {tuple(row[: tile.key]) for row in rows}
    if len(keys) != len(rows):
        yield f"{tile.id}: a row is repeated"
    if tile.by is None:
        expected = list(tile.metrics)
    elif tile.by == "bucket":
        window = report["window"]
        span = Window(parse_rfc3339(window["start"]), parse_rfc3339(window["end"]))
        if [parse_rfc3339(name) for name in names] != span.buckets():
            yield f"{tile.id}: the points in time are not those of the window"
        return
    elif tile.by == "bounce_type":
        expected = [*BOUNCE_TYPES, *(name for name in names if name not in BOUNCE_TYPES)]
    elif tile.by == "channel":
        expected = [channel for channel in CHANNELS if channel in names]
    elif tile.fields:
        expected = analysis_invariants.in_order(tile, report)
    else:
        by_count = sorted(rows, key=lambda row: (-row[1], row[0]))
        expected = [row[0] for row in sorted(by_count, key=lambda row: row[0] == OTHER_DOMAINS)]
    if names != expected:
        yield f"{tile.id}: the rows are not in their order"


def _wrong_shares(tile: Tile, numbers: Numbers) -> Iterator[str]:
    if tile.share_of is None:
        return
    whole = _whole(tile.tab, tile.share_of, numbers)
    for name, row in numbers.rows(tile.id).items():
        expected = rate(name, row["count"], tile.share_of, whole)
        if row["share"] != expected:
            yield (
                f"{tile.id}: {name}: share {row['share']} is not "
                f"{row['count']} of {whole} {tile.share_of}"
            )


def _whole(tab: str, metric: str, numbers: Numbers) -> int:
    """Return the count of what shares of a tab divide by."""
    totals = _total(tab, numbers)
    if metric == "decided":
        return totals.get("delivered", 0) + totals.get("bounces", 0)
    if metric == "targeted":
        return int(numbers.rows("campaign.funnel").get(tab, {}).get("targeted", 0))
    return totals.get(metric, 0)


def _wrong_sums(tab: str, numbers: Numbers) -> Iterator[str]:
    """Yield metrics that two widgets of one tab count differently."""
    known = {metric: (count, f"{tab}'s messages") for metric, count in _total(tab, numbers).items()}
    for tile in TILES.values():
        if tile.tab != tab or tile.fields or tile.id not in numbers:
            continue
        is_listed = tile.limit is not None or tile.where_positive is not None
        for metric, count in numbers.totals(tile.id).items():
            if not is_listed:
                whole, where = known.setdefault(metric, (count, tile.id))
                if count != whole:
                    yield f"{tile.id}: {metric} {count} is not {whole}, as in {where}"
            elif metric in known and isinstance(METRICS[metric].formula, Count):
                whole, where = known[metric]
                if count > whole:
                    yield f"{tile.id}: {metric} {count} is more than {whole}, as in {where}"


def _wrong_bounces(numbers: Numbers) -> Iterator[str]:
    by_message = numbers.totals("email.bounces_by_message")
    for kind in BOUNCE_TYPES:
        row = numbers.rows("email.bounce_categories").get(kind, {})
        one, other = row.get("bounces", 0), by_message.get(f"{kind}_bounces", 0)
        if one != other:
            yield f"email.bounce_categories: {kind} {one} is not {other}, the sum over messages"


def _total(tab: str, numbers: Numbers) -> dict[str, int]:
    tile_id = f"{tab}.metrics_by_message"
    return numbers.totals(tile_id) if tile_id in TILES else {}
