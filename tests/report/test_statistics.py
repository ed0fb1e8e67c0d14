from __future__ import annotations

from itertools import permutations, product
from random import Random

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.lines import (
    CAMPAIGN_LINES,
    CAMPAIGN_PRESETS,
    PROVIDER_LINES,
    Lines,
)
from campaign_live_widgets.catalog.verdicts import VERDICTS, WORST_FIRST
from campaign_live_widgets.report.statistics import Z, difference, verdict, wilson, worst

COMPLAINTS = Lines(0.001, 0.003, Text("a source", "une source"))
FAILURES = Lines(0.02, 0.05, Text("a source", "une source"))


def pairs_of_counts(count: int, seed: int) -> list[tuple[int, int]]:
    """Return outcomes and trials of all sizes, with the ends more often than chance gives."""
    random = Random(seed)  # noqa: S311 - not for secrets
    pairs = []
    for _ in range(count):
        n = max(1, int(10 ** random.uniform(0, 7)))
        k = random.choice([0, n, 1, n - 1, *[int(n * random.random() ** 4)] * 16])
        pairs.append((k, n))
    return pairs


def test_z_is_the_one_of_a_two_sided_95_percent_interval() -> None:
    assert pytest.approx(1.959963984540054, rel=1e-15) == Z


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [
        (81, 263, (0.3080, 0.2553, 0.3662)),
        (3, 1_000, (0.003000, 0.001021, 0.008783)),
        (45, 10_000, (0.004500, 0.003365, 0.006016)),
        (150, 50_000, (0.003000, 0.002557, 0.003519)),
        (0, 1_276, (0, 0, 0.003002)),
        (0, 1_277, (0, 0, 0.002999)),
        (9_612, 10_000, (0.9612, 0.9572, 0.9648)),
        (2_000, 10_000, (0.2000, 0.1923, 0.2080)),
        (240, 98_000, (0.002449, 0.002158, 0.002779)),
        (388, 10_000, (0.0388, 0.0352, 0.0428)),
        (520, 10_000, (0.0520, 0.0478, 0.0565)),
        (60, 1_000, (0.0600, 0.0469, 0.0765)),
        (52, 4_000, (0.0130, 0.0099, 0.0170)),
    ],
)
def test_wilson_gives_the_worked_examples(
    k: int, n: int, expected: tuple[float, float, float]
) -> None:
    interval = wilson(k, n)
    assert interval is not None
    digits = 4 if expected[0] >= 0.01 else 6
    assert tuple(round(value, digits) for value in interval) == expected


@pytest.mark.parametrize(("k", "n"), [(0, 0), (1, 0), (0, -3), (-1, 10), (11, 10), (-1, -2)])
def test_a_rate_that_its_counts_cannot_give_has_no_interval(k: int, n: int) -> None:
    assert wilson(k, n) is None
    assert difference(k, n, 1, 2) is None
    assert difference(1, 2, k, n) is None


def test_wilson_equals_statsmodels() -> None:
    pairs = pairs_of_counts(10_000, seed=1)
    limits = proportion_confint(*np.array(pairs).T, alpha=0.05, method="wilson")
    for (k, n), low, high in zip(pairs, *limits, strict=True):
        interval = wilson(k, n)
        assert interval is not None
        assert interval.value == k / n
        assert interval.low == pytest.approx(low, rel=1e-9, abs=1e-15)
        assert interval.high == pytest.approx(high, rel=1e-9, abs=1e-15)
        assert 0 <= interval.low <= interval.value <= interval.high <= 1


def test_difference_equals_statsmodels() -> None:
    first, second = pairs_of_counts(10_000, seed=2), pairs_of_counts(10_000, seed=3)
    limits = confint_proportions_2indep(
        *np.array(first).T, *np.array(second).T, method="newcomb", compare="diff", alpha=0.05
    )
    for (k1, n1), (k2, n2), low, high in zip(first, second, *limits, strict=True):
        interval = difference(k1, n1, k2, n2)
        assert interval is not None
        assert interval.value == pytest.approx(k1 / n1 - k2 / n2, rel=1e-9, abs=1e-15)
        assert interval.low == pytest.approx(low, rel=1e-9, abs=1e-12)
        assert interval.high == pytest.approx(high, rel=1e-9, abs=1e-12)
        assert -1 <= interval.low <= interval.value <= interval.high <= 1


@pytest.mark.parametrize(
    ("counts", "expected", "digits"),
    [
        ((56, 70, 48, 80), (0.2000, 0.0524, 0.3339), 4),
        ((412, 20_000, 318, 20_000), (0.004700, 0.002078, 0.007337), 6),
        ((368, 18_240, 1_710, 71_900), (-0.003608, -0.005859, -0.001203), 6),
    ],
)
def test_difference_gives_the_worked_examples(
    counts: tuple[int, int, int, int], expected: tuple[float, float, float], digits: int
) -> None:
    interval = difference(*counts)
    assert interval is not None
    assert tuple(round(value, digits) for value in interval) == expected


@pytest.mark.parametrize(
    ("k", "n", "lines", "expected"),
    [
        (1, 500, COMPLAINTS, "thin"),
        (3, 1_000, COMPLAINTS, "watch"),
        (12, 10_000, COMPLAINTS, "watch"),
        (10, 10_000, COMPLAINTS, "ok"),
        (30, 10_000, COMPLAINTS, "watch"),
        (45, 10_000, COMPLAINTS, "over"),
        (0, 1_276, COMPLAINTS, "thin"),
        (0, 1_277, COMPLAINTS, "ok"),
        (2, 30, COMPLAINTS, "thin"),
        (4, 3_000, COMPLAINTS, "thin"),
        (388, 10_000, FAILURES, "watch"),
        (520, 10_000, FAILURES, "watch"),
        (60, 1_000, FAILURES, "watch"),
        (52, 4_000, FAILURES, "ok"),
        (0, 0, FAILURES, "none"),
        (3, 0, FAILURES, "none"),
        (0, -1, FAILURES, "none"),
        (11, 10, FAILURES, "thin"),
        (-1, 10, FAILURES, "thin"),
    ],
)
def test_verdict_gives_the_worked_examples(k: int, n: int, lines: Lines, expected: str) -> None:
    assert verdict(k, n, lines) == expected


def judged(p: float, k: int, low: float, high: float, lines: Lines) -> str:
    """Return the verdict by another implementation, with statsmodels' interval."""
    if high <= lines.limit:
        return "watch" if p > lines.warning else "ok"
    if k < 3:
        return "thin"
    if low > lines.limit:
        return "over"
    return "watch" if low > lines.warning or p >= lines.limit else "thin"


def test_verdict_equals_another_implementation() -> None:
    seen = set()
    pairs = pairs_of_counts(10_000, seed=4)
    limits = proportion_confint(*np.array(pairs).T, alpha=0.05, method="wilson")
    for (k, n), low, high in zip(pairs, *limits, strict=True):
        for lines in (COMPLAINTS, FAILURES):
            expected = judged(k / n, k, low, high, lines)
            assert verdict(k, n, lines) == expected
            seen.add(expected)
    assert seen == {"ok", "watch", "over", "thin"}


def test_worst_follows_the_order_and_leaves_blind_out() -> None:
    assert WORST_FIRST == ("over", "watch", "thin", "ok", "none")
    for first, second in permutations(WORST_FIRST, 2):
        earlier = min(first, second, key=WORST_FIRST.index)
        assert worst((first, second)) == worst((second, "blind", first)) == earlier
    for alone in WORST_FIRST:
        assert worst(("blind", alone)) == alone
    assert worst(()) == worst(("blind",)) == "none"


def test_words_of_verdicts() -> None:
    assert {name: (text("en"), text("fr")) for name, text in VERDICTS.items()} == {
        "ok": ("within limits", "dans les limites"),
        "watch": ("watch", "à surveiller"),
        "over": ("over the limit", "au-delà de la limite"),
        "thin": ("not enough volume", "volume insuffisant"),
        "none": ("nothing yet", "rien encore"),
        "blind": ("not reported by this provider", "non communiqué par ce fournisseur"),
    }


def test_lines_are_those_of_the_contract() -> None:
    def pairs(lines: object) -> dict[str, tuple[float, float]]:
        return {rate: (line.warning, line.limit) for rate, line in dict(lines).items()}

    assert pairs(PROVIDER_LINES) == {"complaint": (0.001, 0.003), "failure": (0.02, 0.05)}
    assert pairs(CAMPAIGN_LINES) == {"complaint": (0.001, 0.003), "hard_bounce": (0.02, 0.05)}
    assert pairs(CAMPAIGN_PRESETS["ses"]) == {"complaint": (0.001, 0.005)}
    every = (PROVIDER_LINES, CAMPAIGN_LINES, *CAMPAIGN_PRESETS.values())
    for lines, locale in product(every, ("en", "fr")):
        assert all(line.source(locale) for line in lines.values())
