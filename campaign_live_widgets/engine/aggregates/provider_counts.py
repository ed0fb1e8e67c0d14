"""Counts by domain → counts by mailbox provider, and failures over time at those with most mail."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from campaign_live_widgets.catalog import UNKNOWN
from campaign_live_widgets.catalog.details import at_provider
from campaign_live_widgets.catalog.provider_names import OTHER
from campaign_live_widgets.engine.aggregates.counts_by_dimension import CountedBy, Key, minutes
from campaign_live_widgets.snapshot import MINUTE, NO_SERIES, PROVIDERS_OVER_TIME, ProviderSeries

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from campaign_live_widgets.catalog.providers import Families
    from campaign_live_widgets.engine.aggregates.event_kinds import EventKind
    from campaign_live_widgets.engine.aggregates.minute_cube import MinuteCube
    from campaign_live_widgets.engine.aggregates.segments import SegmentMask
    from campaign_live_widgets.snapshot import Window

    Ints = NDArray[np.int64]

_EMAIL: Final = "email"


class _Weights(NamedTuple):
    """What one event of a kind adds to each count."""

    is_email: bool
    is_test: bool
    sent: int
    decided: int
    failures: int


class ProviderCounts:
    """The families of the keys of cubes; each key is looked up once.

    Parameters
    ----------
    domains : MinuteCube
        Its keys are domains with kinds of events.
    details : MinuteCube
        Its keys are details with kinds of events.
    families : Families

    Attributes
    ----------
    folded : dict
        Dimension of a snapshot → its counts.
    """

    def __init__(self, domains: MinuteCube, details: MinuteCube, families: Families) -> None:
        self._cube, self._families = domains, families
        self.folded = {
            "provider": CountedBy("provider", domains, families.family),
            "detail": CountedBy("detail", details, partial(at_provider, families=families)),
        }
        self._numbers: dict[str, int] = {}
        self._family = np.empty(0, np.int64)
        """By code of a key, the number of the family; -1 for none."""
        self._weights: Ints = np.empty((0, len(_Weights._fields)), np.int64)

    def series(self, window: Window, *, include_tests: bool, mask: SegmentMask) -> ProviderSeries:
        """Return the series of the families with most mail sent in the window, ties by name."""
        self._look_up()
        start, end = minutes(window)
        family = self._family
        is_email, is_test, sent, decided, failures = self._weights.T
        is_counted = (family >= 0) & (is_email > 0) & ((is_test == 0) | include_tests)
        mailed = np.flatnonzero(is_counted & (sent > 0))
        if not len(mailed):
            return NO_SERIES
        totals = np.zeros(len(self._numbers), np.int64)
        np.add.at(totals, family[mailed], self._cube.totals(start, end, mask)[mailed])
        names = list(self._numbers)
        largest = sorted(
            np.flatnonzero(totals > 0).tolist(), key=lambda i: (-int(totals[i]), names[i])
        )[:PROVIDERS_OVER_TIME]
        if not largest:
            return NO_SERIES
        rank = np.full(len(names), -1)
        rank[largest] = range(len(largest))
        line = np.where(is_counted & ((decided != 0) | (failures != 0)), rank[family], -1)
        width = window.bucket // MINUTE
        bucket, code, count = self._cube.series(start, end, width, mask)
        drawn = np.flatnonzero(line[code] >= 0)
        bucket, code, count = bucket[drawn] - start // width, code[drawn], count[drawn]
        buckets = len(window.buckets())
        place = line[code] * buckets + bucket

        def counted(weights: Ints) -> tuple[tuple[int, ...], ...]:
            sums = np.bincount(place, count * weights[code], len(largest) * buckets)
            return tuple(map(tuple, sums.astype(np.int64).reshape(-1, buckets).tolist()))

        return ProviderSeries(tuple(names[i] for i in largest), counted(decided), counted(failures))

    def _look_up(self) -> None:
        """Find family and weights of every key that is new."""
        keys = cast("list[Key]", self._cube.keys[len(self._weights) :])
        if keys:
            numbers = {value: self._number_of(value) for value in {key.value for key in keys}}
            self._family = np.append(self._family, [numbers[key.value] for key in keys])
            self._weights = np.vstack((self._weights, [_weights_of(key.kind) for key in keys]))

    def _number_of(self, domain: str | None) -> int:
        family = self._families.family(domain)
        is_named = family not in (OTHER, UNKNOWN)
        return self._numbers.setdefault(family, len(self._numbers)) if is_named else -1


@cache
def _weights_of(kind: EventKind) -> _Weights:
    is_bounce = kind.event_type == "bounce"
    return _Weights(
        is_email=kind.channel == _EMAIL,
        is_test=kind.is_test,
        sent=kind.event_type == "sent",
        # A bounce after acceptance takes the place of its delivery.
        decided=kind.event_type == "delivered" or (is_bounce and not kind.late),
        failures=is_bounce and kind.bounce_type != "ignored",
    )
