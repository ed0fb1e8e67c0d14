"""The rows of the tiles on mailbox providers, causes of bounces, links and machines.

Domains are folded into families of providers when a snapshot is made, so that other families need
no new reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from campaign_live_widgets.catalog import (
    METRICS,
    OTHERS_ROW,
    UNKNOWN,
    WHOLE,
    Explained,
    Ratio,
    rate,
)
from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES, explain
from campaign_live_widgets.catalog.details import Click, MachineOpen, ProviderFailure, unpacked
from campaign_live_widgets.catalog.lines import COMPLAINTS_NOT_REPORTED, PROVIDER_LINES
from campaign_live_widgets.catalog.provider_names import OTHER
from campaign_live_widgets.report.count_tables import (
    bucket_starts,
    columns_of,
    evaluate,
    in_channel,
    summed,
)
from campaign_live_widgets.report.once import once_per_snapshot
from campaign_live_widgets.report.statistics import verdict, wilson, worst
from campaign_live_widgets.report.tile_table import TileTable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.report.tile_table import Column
    from campaign_live_widgets.snapshot import Snapshot

    Ints = NDArray[np.int64]

FEWEST_DECIDED: Final = 50
"""Messages with a known result below which a point in time has no failure rate."""
LAST_PROVIDERS: Final = (OTHER, UNKNOWN)
"""Families that are listed after all others, whatever their size."""


def analysis_table(tile: Tile, snapshot: Snapshot) -> TileTable:
    """Return the rows of a tile whose columns are not only metrics; see :func:`tile_table`."""
    return _MAKERS[tile.id](tile, snapshot)


class _Details(NamedTuple):
    """Events of one type of detail: their values, and their counts row by row."""

    values: list[Any]
    counts: Ints


@once_per_snapshot
def _failures(snapshot: Snapshot, channel: str | None) -> _Details:
    """Return the bounces and delays of a channel by :class:`ProviderFailure`."""
    return _details(snapshot, channel, ProviderFailure)


@once_per_snapshot
def _classes(snapshot: Snapshot, channel: str | None) -> tuple[str, ...]:
    """Return the class of each row of :func:`_failures`."""
    failures = _failures(snapshot, channel).values
    return tuple(explain(one.reason, one.status_code) for one in failures)


def _details(snapshot: Snapshot, channel: str | None, kind: type[Any]) -> _Details:
    rows_by_size = _parts(snapshot, channel)
    rows, parts = rows_by_size.get(len(kind._fields), ([], []))
    _, counts = in_channel(snapshot, ("detail", channel))
    return _Details(list(map(kind._make, parts)), counts[rows])


@once_per_snapshot
def _parts(
    snapshot: Snapshot, channel: str | None
) -> dict[int, tuple[list[int], list[tuple[str | None, ...]]]]:
    """Return rows and values of the details of a channel, by how many values they have."""
    by_size: dict[int, tuple[list[int], list[tuple[str | None, ...]]]] = {}
    values, _ = in_channel(snapshot, ("detail", channel))
    for row, value in enumerate(values):
        if isinstance(value, str):
            parts = unpacked(value)
            rows, of_rows = by_size.setdefault(len(parts), ([], []))
            rows.append(row)
            of_rows.append(parts)
    return by_size


class _Grouped(NamedTuple):
    """Sums of counts by key."""

    keys: list[Any]
    counts: Ints

    @classmethod
    def of(cls, keys: Sequence[Hashable], counts: Ints) -> _Grouped:
        row: dict[Hashable, int] = {}
        places = [row.setdefault(key, len(row)) for key in keys]
        return cls(list(row), summed(counts, places, len(row)))


def _listed(metrics: Mapping[str, Ints], size: int) -> list[int]:
    """Return the rows in which something is counted."""
    some = [counts != 0 for counts in metrics.values()]
    rows: list[int] = np.flatnonzero(np.any(some, axis=0)).tolist() if size else []
    return rows


def _table(tile: Tile, data: Mapping[str, Column]) -> TileTable:
    return TileTable(data, [column.id for column in tile.typed if column.kind in WHOLE])


def _known(value: str | None) -> str:
    return UNKNOWN if value is None else value


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _machine_reasons(tile: Tile, snapshot: Snapshot) -> TileTable:
    opens, clicks = (_details(snapshot, tile.channel, kind) for kind in (MachineOpen, Click))
    grouped = _Grouped.of(
        [_known(detail.machine_reason) for detail in (*opens.values, *clicks.values)],
        np.concatenate((opens.counts, clicks.counts)),
    )
    columns = columns_of(grouped.counts)
    machines = {"opens": columns["open_machine"], "clicks": columns["click_machine"]}
    listed = _listed(machines, len(grouped.keys))
    listed.sort(key=lambda i: (-machines["opens"][i], grouped.keys[i]))
    names = tuple(grouped.keys[i] for i in listed)
    return _table(tile, {"machine_reason": names, **_rows(machines, listed)})


def _rows(metrics: Mapping[str, Ints], listed: Sequence[int]) -> dict[str, Ints]:
    place = np.array(listed, dtype=np.int64)
    return {name: counts[place] for name, counts in metrics.items()}


class _Families(NamedTuple):
    """The counts of each family of providers, those with most mail first."""

    names: tuple[str, ...]
    metrics: dict[str, Ints]


@once_per_snapshot
def _families(snapshot: Snapshot, channel: str | None) -> _Families:
    providers, counts = in_channel(snapshot, ("provider", channel))
    names = [str(provider) for provider in providers]
    failures, causes = _failures(snapshot, channel), _classes(snapshot, channel)
    columns = columns_of(failures.counts)
    metrics = evaluate(_OF_FAMILIES, columns_of(counts))
    place = {name: row for row, name in enumerate(names)}
    for metric_id, classes in _EXPLAINED.items():
        metrics[metric_id] = np.zeros(len(names), dtype=np.int64)
        for failure, cause, bounces in zip(
            failures.values, causes, columns["bounce"].tolist(), strict=True
        ):
            if cause in classes:
                metrics[metric_id][place[failure.provider]] += bounces

    def order(row: int) -> tuple[int, int, str]:
        name = names[row]
        return (
            LAST_PROVIDERS.index(name) + 1 if name in LAST_PROVIDERS else 0,
            -int(metrics["sent"][row]),
            name,
        )

    rows = sorted(range(len(names)), key=order)
    return _Families(tuple(names[row] for row in rows), _rows(metrics, rows))


_EXPLAINED: Final = {
    metric.id: frozenset(metric.formula.classes)
    for metric in METRICS.values()
    if isinstance(metric.formula, Explained)
}
_OF_FAMILIES: Final = (
    *("sent", "delivered", "pending", "retries", "hard_bounces", "soft_bounces"),
    *("spam_complaints", "failures", "decided"),
)


def _providers(tile: Tile, snapshot: Snapshot) -> TileTable:
    names, metrics = _families(snapshot, tile.channel)
    listed = _listed({metric: metrics[metric] for metric in tile.metrics}, len(names))
    rows = _rows(metrics, listed)
    counts = [
        {metric: int(column[i]) for metric, column in rows.items()} for i in range(len(listed))
    ]
    providers = tuple(names[i] for i in listed)
    data: dict[str, Column] = {"provider": providers}
    data |= {metric: rows[metric] for metric in tile.metrics}
    for column in tile.typed:
        formula = METRICS[column.id].formula if column.id in METRICS else None
        if isinstance(formula, Ratio):
            data |= _ratio_columns(tile, column.id, formula, counts)
    is_reported = [provider not in COMPLAINTS_NOT_REPORTED for provider in providers]
    for name in ("complaint_rate", "complaint_low", "complaint_high"):
        data[name] = np.where(is_reported, np.asarray(data[name]), np.nan)
    data["verdict"] = tuple(
        _verdict(provider, of) for provider, of in zip(providers, counts, strict=True)
    )
    return _table(tile, {name: data[name] for name in tile.columns})


def _ratio_columns(
    tile: Tile, name: str, formula: Ratio, counts: Sequence[Mapping[str, int]]
) -> dict[str, Column]:
    """Return a ratio row by row and, of a proportion, the ends of its interval."""
    pairs = [(of[formula.numerator], of[formula.denominator]) for of in counts]
    ends = tile.column(name).ends
    if ends is None:
        ratios = [rate(formula.numerator, k, formula.denominator, n) for k, n in pairs]
        return {name: _numbers(ratios)}
    intervals = [wilson(k, n) or (None, None, None) for k, n in pairs]
    columns = (name, *ends)
    return {column: _numbers([one[i] for one in intervals]) for i, column in enumerate(columns)}


def _verdict(provider: str, counts: Mapping[str, int]) -> str:
    """Return the worst verdict on a provider's failures and, where it reports them, complaints."""
    given = [verdict(counts["failures"], counts["decided"], PROVIDER_LINES["failure"])]
    if provider not in COMPLAINTS_NOT_REPORTED:
        lines = PROVIDER_LINES["complaint"]
        given.append(verdict(counts["spam_complaints"], counts["delivered"], lines))
    return worst(given)


def _failures_over_time(_tile: Tile, snapshot: Snapshot) -> TileTable:
    data: dict[str, Column] = {"bucket": bucket_starts(snapshot.window)}
    series = snapshot.provider_series
    for family, failures, decided in zip(
        series.families, series.failures, series.decided, strict=True
    ):
        pairs = zip(failures, decided, strict=True)
        data[family] = _numbers(
            [k / n if n >= FEWEST_DECIDED and 0 <= k <= n else None for k, n in pairs]
        )
    return TileTable(data)


def _bounce_codes(tile: Tile, snapshot: Snapshot) -> TileTable:
    failures = _failures(snapshot, tile.channel)
    grouped = _Grouped.of(
        [(_known(one.status_code), _known(one.reason)) for one in failures.values],
        failures.counts,
    )
    metrics = evaluate(tile.metrics, columns_of(grouped.counts))
    bounces, retries = (metrics[metric].tolist() for metric in tile.metrics)
    listed = _listed(metrics, len(grouped.keys))
    listed.sort(key=lambda i: (-bounces[i], -retries[i], grouped.keys[i]))
    first, rest = listed[: tile.limit], listed[tile.limit or len(listed) :]
    keys: list[tuple[str, str | None, str | None]] = [
        (code, reason, explain(reason, code)) for code, reason in (grouped.keys[i] for i in first)
    ]
    data = _rows(metrics, first)
    if rest:
        keys.append((OTHERS_ROW, None, None))
        data = {name: _with_rest(column, metrics[name][rest]) for name, column in data.items()}
    texts = {name: tuple(key[i] for key in keys) for i, name in enumerate(tile.columns[:3])}
    return _table(tile, {**texts, **data})


def _with_rest(column: Ints, rest: Ints) -> Ints:
    """Return a column with the sum of the rows that are not listed after those that are."""
    return np.append(column, rest.sum(dtype=np.int64))


def _bounce_classes(tile: Tile, snapshot: Snapshot) -> TileTable:
    failures = _failures(snapshot, tile.channel)
    grouped = _Grouped.of(_classes(snapshot, tile.channel), failures.counts)
    metrics = evaluate(tile.metrics, columns_of(grouped.counts))
    listed = _listed(metrics, len(grouped.keys))
    listed.sort(key=lambda i: (-metrics["bounces"][i], grouped.keys[i]))
    names = tuple(grouped.keys[i] for i in listed)
    return _table(tile, {"class": names, **_rows(metrics, listed)})


def _causes_by_provider(tile: Tile, snapshot: Snapshot) -> TileTable:
    names, _ = _families(snapshot, tile.channel)
    failures = _failures(snapshot, tile.channel)
    place = {name: row for row, name in enumerate(names)}
    causes = {name: np.zeros(len(names), dtype=np.int64) for name in BOUNCE_CLASSES}
    bounces = columns_of(failures.counts)["bounce"].tolist()
    classes = _classes(snapshot, tile.channel)
    for failure, cause, count in zip(failures.values, classes, bounces, strict=True):
        causes[cause][place[failure.provider]] += count
    listed = _listed(causes, len(names))
    providers = tuple(names[i] for i in listed)
    return _table(tile, {"provider": providers, **_rows(causes, listed)})


def _links(tile: Tile, snapshot: Snapshot) -> TileTable:
    clicks = _details(snapshot, tile.channel, Click)
    together = {link for channel, link in snapshot.folded.links if channel == tile.channel}
    names = [_known(one.link) for one in clicks.values]
    grouped = _Grouped.of(
        [OTHERS_ROW if link in together else link for link in names], clicks.counts
    )
    metrics = evaluate(tile.metrics, columns_of(grouped.counts))
    counts = metrics["clicks"].tolist()
    listed = _listed(metrics, len(grouped.keys))
    listed.sort(key=lambda i: (-counts[i], grouped.keys[i]))
    small = [i for i in listed if together and grouped.keys[i] == OTHERS_ROW]
    own = [i for i in listed if i not in small]
    first, rest = own[: tile.limit], own[tile.limit or len(own) :] + small
    links = [grouped.keys[i] for i in first]
    data = _rows(metrics, first)
    if rest:
        links.append(OTHERS_ROW)
        data = {name: _with_rest(column, metrics[name][rest]) for name, column in data.items()}
    shares = [count / sum(counts) for count in data["clicks"].tolist()]
    return _table(
        tile,
        {
            "link": tuple(links),
            **data,
            "unique_people": _numbers(_people_of(links, tile.channel, snapshot)),
            "share": np.array(shares, dtype=np.float64),
        },
    )


def _people_of(links: Sequence[str], channel: str | None, snapshot: Snapshot) -> list[float | None]:
    """Return how many people clicked on each link; unknown for the row of the others."""
    if snapshot.uniques is None:
        return [None] * len(links)
    people = snapshot.uniques.link_people
    return [None if link == OTHERS_ROW else people.get((channel or "", link), 0) for link in links]


_MAKERS: Final[Mapping[str, Callable[[Tile, Snapshot], TileTable]]] = {
    "email.machine_reasons": _machine_reasons,
    "deliverability.providers": _providers,
    "deliverability.failures_over_time": _failures_over_time,
    "deliverability.bounce_codes": _bounce_codes,
    "deliverability.bounce_classes": _bounce_classes,
    "deliverability.causes_by_provider": _causes_by_provider,
    "email.links": _links,
}
"""What makes the rows of each tile."""
