"""The total row of a table: sums, rates of the sums, and the verdict on the whole campaign."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.report import tile_table
from campaign_live_widgets.report.totals import totals
from tests.support.events.memory import Event, alike, snapshot_of

PROVIDERS = TILES["deliverability.providers"]


def total_of(events: list[Event]) -> dict[str, Any]:
    return totals(PROVIDERS, tile_table(PROVIDERS, snapshot_of(events)))


def interval(k: int, n: int) -> tuple[float, float, float]:
    """Return rate, low and high as the analysis defines them."""
    z, p = NormalDist().inv_cdf(0.975), k / n
    d = 1 + z**2 / n
    half = z * sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / d
    middle = (p + z**2 / (2 * n)) / d
    return p, middle - half, middle + half


def test_rates_of_the_total_are_those_of_the_sums() -> None:
    total = total_of(
        [
            *alike("sent", "gmail.com", 700),
            *alike("delivered", "gmail.com", 600),
            *alike("bounce", "gmail.com", 50, bounce_type="hard"),
            *alike("bounce", "gmail.com", 10, bounce_type="ignored"),
            *alike("delay", "gmail.com", 35),
            *alike("sent", "yahoo.com", 100),
            *alike("delivered", "yahoo.com", 90),
            *alike("bounce", "yahoo.com", 7, bounce_type="soft"),
            *alike("spam_complaint", "yahoo.com", 4),
            *alike("sent", "company.example", 3),  # nothing is known of them yet
        ]
    )
    assert (total["sent"], total["delivered"], total["pending"]) == (803, 690, 46)
    failure = [total[name] for name in ("failure_rate", "failure_low", "failure_high")]
    assert failure == pytest.approx(interval(57, 757), rel=1e-9)
    complaint = [total[name] for name in ("complaint_rate", "complaint_low", "complaint_high")]
    assert complaint == pytest.approx(interval(4, 690), rel=1e-9)
    assert total["retries_per_sent"] == pytest.approx(35 / 803, rel=1e-12)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    ("hard", "soft", "complaints", "verdict"),
    [
        (0, 2_000, 0, "ok"),  # soft bounces have lines at providers only
        (100, 0, 5, "ok"),
        (250, 0, 0, "watch"),  # above 2 %
        (600, 0, 0, "over"),  # above 5 %
        (0, 0, 20, "watch"),  # above 0.1 %
        (0, 0, 60, "over"),  # above 0.3 %
        (250, 0, 60, "over"),  # the worst of both
    ],
)
def test_the_total_is_judged_by_the_lines_of_a_campaign(
    hard: int, soft: int, complaints: int, verdict: str
) -> None:
    total = total_of(
        [
            *alike("sent", "yahoo.com", 5_000),
            *alike("sent", "orange.fr", 5_000),
            *alike("bounce", "yahoo.com", hard, bounce_type="hard"),
            *alike("bounce", "orange.fr", soft, bounce_type="soft"),
            *alike("delivered", "yahoo.com", 10_000 - hard - soft),
            *alike("spam_complaint", "orange.fr", complaints),
        ]
    )
    assert total["verdict"] == verdict


def test_an_empty_table_has_no_rate_and_nothing_to_judge() -> None:
    total = total_of([])
    assert (total["sent"], total["failure_rate"], total["verdict"]) == (0, None, "none")
