"""Intervals of rates and of their differences, and the verdict on a rate.

Pure functions of counts. A rate that its counts cannot give (nothing to divide by, a negative
count, more outcomes than messages, as at the edge of a window) has no interval: ``None``, never
a value that was cut to look valid.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog.verdicts import WORST_FIRST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from campaign_live_widgets.catalog.lines import Lines
    from campaign_live_widgets.catalog.verdicts import Verdict

Z: Final = NormalDist().inv_cdf(0.975)
"""Quantile of the normal distribution for a two-sided 95 % interval: 1.959963984540054."""
FEWEST: Final = 3
"""Outcomes below which a rate that may be above its lines is not judged."""


class Interval(NamedTuple):
    """A value with its 95 % interval: ``low <= value <= high``, all parts of one."""

    value: float
    low: float
    high: float


def wilson(k: float, n: float) -> Interval | None:
    """Return the rate ``k / n`` with Wilson's 95 % interval.

    With ``p = k/n`` and ``d = 1 + z²/n``, its middle is ``(p + z²/2n) / d`` and its half-width
    ``z·√(p(1-p)/n + z²/4n²) / d``; it is cut to [0, 1].

    Parameters
    ----------
    k : int
        Outcomes, such as bounces.
    n : int
        Trials, such as messages sent.

    Returns
    -------
    Interval or None
        ``None`` for ``n <= 0``, ``k < 0`` and ``k > n``.

    References
    ----------
    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22
    (1927) 209-212; method 3 of R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872.
    """
    if n <= 0 or not 0 <= k <= n:
        return None
    p = k / n
    d = 1 + Z * Z / n
    middle = (p + Z * Z / (2 * n)) / d
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / d
    # The ends are exact there; rounding would leave them some 1e-17 beside.
    low = 0.0 if k == 0 else max(0.0, middle - half)
    high = 1.0 if k == n else min(1.0, middle + half)
    return Interval(p, low, high)


def difference(k1: float, n1: float, k2: float, n2: float) -> Interval | None:
    """Return ``k1/n1 - k2/n2`` with Newcombe's hybrid 95 % interval.

    With Wilson's limits ``l`` and ``u`` of both rates, ``low = Δ - √((p1-l1)² + (u2-p2)²)`` and
    ``high = Δ + √((u1-p1)² + (p2-l2)²)``.

    Parameters
    ----------
    k1, n1 : int
        Outcomes and trials of the first rate.
    k2, n2 : int
        Outcomes and trials of the second rate.

    Returns
    -------
    Interval or None
        Between -1 and 1; ``None`` where :func:`wilson` returns it for one of the rates.

    References
    ----------
    Method 10 of R. G. Newcombe, *Interval estimation for the difference between independent
    proportions*, Statistics in Medicine 17 (1998) 873-890.
    """
    first, second = wilson(k1, n1), wilson(k2, n2)
    if first is None or second is None:
        return None
    delta = first.value - second.value
    down = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    up = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Interval(delta, delta - down, delta + up)


def verdict(k: float, n: float, lines: Lines) -> Verdict:
    """Return the verdict on the rate ``k / n``; a higher rate is worse.

    The first that holds: the interval ends at or below the limit → ``ok`` up to the warning,
    ``watch`` above it; fewer than :data:`FEWEST` outcomes → ``thin``; the interval begins above
    the limit → ``over``; it begins above the warning, or the rate reaches the limit → ``watch``;
    else ``thin``. Without trials it is ``none``; a rate that its counts cannot give is ``thin``.

    Parameters
    ----------
    k : int
        Outcomes, such as complaints.
    n : int
        Trials, such as messages delivered.
    lines : Lines
    """
    if n <= 0:
        return "none"
    rate = wilson(k, n)
    if rate is None:
        return "thin"
    if rate.high <= lines.limit:
        return "ok" if rate.value <= lines.warning else "watch"
    if k < FEWEST:
        return "thin"
    if rate.low > lines.limit:
        return "over"
    return "watch" if rate.low > lines.warning or rate.value >= lines.limit else "thin"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict: over, watch, thin, ok, none; ``blind`` takes no part."""
    given = set(verdicts)
    return next((verdict for verdict in WORST_FIRST if verdict in given), "none")
