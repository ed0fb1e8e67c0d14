"""Invariants of the tiles on providers, causes, codes, links and machines."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import OTHERS_ROW, TILES
from campaign_live_widgets.catalog.lines import COMPLAINTS_NOT_REPORTED
from campaign_live_widgets.report import LAST_PROVIDERS
from campaign_live_widgets.report.statistics import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshots.report_reader import Numbers

_PROVIDERS: Final = "deliverability.providers"
_MACHINES: Final = "email.machine_reasons"
_LINKS: Final = "email.links"
_WHOLE: Final = ("email.metrics_by_message", "email.bounces_by_message")
"""Widgets that count all e-mails."""


def broken(report: Mapping[str, Any], numbers: Numbers) -> Iterator[str]:
    """Yield each contradiction in these widgets, and between them and others, in words."""
    yield from _wrong_sums(numbers)
    yield from _wrong_causes(report, numbers)
    for name, row in numbers.rows(_PROVIDERS).items():
        yield from _wrong_rates(name, row)
    clicks = numbers.totals(_LINKS)["clicks"] if _LINKS in numbers else 0
    for name, row in numbers.rows(_LINKS).items():
        if not _are_equal(row["share"], row["clicks"] / clicks if clicks else None):
            yield f"{_LINKS}: {name}: share {row['share']} is not {row['clicks']} of {clicks}"


def in_order(tile: Tile, report: Mapping[str, Any]) -> list[str]:
    """Return the first cells of a widget's rows in their right order."""
    rows = report["widgets"][tile.id]["rows"]
    if tile.by == "provider":
        # A provider without a failure is not in every widget.
        of = report["widgets"].get(_PROVIDERS, {"rows": rows})["rows"]
        sent = {row[0]: row[1] for row in of}
        return sorted((row[0] for row in rows), key=lambda name: _provider_order(name, sent))
    ranks = len(tile.metrics) if tile.key > 1 else 1
    places = [tile.columns.index(metric) for metric in tile.metrics[:ranks]]

    def order(row: Sequence[Any]) -> tuple[Any, ...]:
        return (
            row[0] == OTHERS_ROW and tile.limit is not None,
            *(-row[place] for place in places),
            *map(str, row[: tile.key]),
        )

    return [row[0] for row in sorted(rows, key=order)]


def _provider_order(name: str, sent: Mapping[str, int]) -> tuple[int, int, str]:
    last = LAST_PROVIDERS.index(name) + 1 if name in LAST_PROVIDERS else 0
    return last, -sent.get(name, 0), name


def _wrong_sums(numbers: Numbers) -> Iterator[str]:
    known = {
        metric: (count, tile_id)
        for tile_id in _WHOLE
        if tile_id in numbers
        for metric, count in numbers.totals(tile_id).items()
    }
    for tile in TILES.values():
        if not tile.fields or tile.channel != "email" or tile.id not in numbers:
            continue
        for metric, count in numbers.totals(tile.id).items():
            if metric not in tile.metrics:
                continue
            whole, where = known.setdefault(metric, (count, tile.id))
            if tile.id == _MACHINES and count > whole:
                yield f"{tile.id}: {metric} {count} is more than {whole}, as in {where}"
            elif tile.id != _MACHINES and count != whole:
                yield f"{tile.id}: {metric} {count} is not {whole}, as in {where}"


def _wrong_causes(report: Mapping[str, Any], numbers: Numbers) -> Iterator[str]:
    """Yield classes that the providers' bounces do not add up to."""
    causes, classes = "deliverability.causes_by_provider", "deliverability.bounce_classes"
    if causes not in report["widgets"] or classes not in report["widgets"]:
        return
    rows = numbers.rows(classes)
    for name, count in numbers.totals(causes).items():
        whole = rows.get(name, {}).get("bounces", 0)
        if count != whole:
            yield f"{causes}: {name} {count} is not {whole}, as in {classes}"


def _wrong_rates(name: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield rates of a provider that its counts do not give."""
    complaints = wilson(row["spam_complaints"], row["delivered"])
    if name in COMPLAINTS_NOT_REPORTED:
        complaints = None
    expected: dict[str, float | None] = {
        f"complaint_{part}": None if complaints is None else value
        for part, value in zip(("rate", "low", "high"), complaints or (0, 0, 0), strict=True)
    }
    expected["retries_per_sent"] = row["retries"] / row["sent"] if row["sent"] > 0 else None
    # Failures are not among the counts, but messages with a known result are.
    decided = row["sent"] - row["pending"]
    if row["failure_rate"] is not None and decided > 0:
        failures = wilson(round(row["failure_rate"] * decided), decided)
        for part, right in zip(("rate", "low", "high"), failures or (), strict=False):
            expected[f"failure_{part}"] = right
    for column, value in expected.items():
        if not _are_equal(row[column], value):
            yield f"{_PROVIDERS}: {name}: {column} {row[column]} is not {value}"


def _are_equal(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
