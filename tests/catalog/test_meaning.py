from __future__ import annotations

import pytest

from campaign_live_widgets.catalog import METRICS, TILES, Count, Distinct, meaning, notes, terms
from campaign_live_widgets.errors import UnknownNameError


@pytest.mark.parametrize("metric_id", METRICS)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_meaning_says_all_that_its_metric_holds(metric_id: str, locale: str) -> None:
    metric, told = METRICS[metric_id], meaning(metric_id, locale)
    assert told.label == metric.label(locale)
    assert told.definition == metric.definition(locale)
    if metric.rate_of is None:
        assert told.rate == ""
    else:
        assert told.rate == f"{told.label} ÷ {METRICS[metric.rate_of].label(locale)}"
    if isinstance(metric.formula, Distinct):
        assert all(kind in told.formula for kind in metric.formula.event_types)
    elif isinstance(metric.formula, Count):
        assert metric.formula.event_type in told.formula
    else:
        added = sum(sign > 0 for sign, _ in terms(metric.formula))
        assert told.formula.count(" + ") == added - 1
        assert told.formula.count(" \N{MINUS SIGN} ") == len(terms(metric.formula)) - added


def test_a_sum_names_the_metrics_it_is_made_of() -> None:
    assert meaning("targeted").formula == "Sent + Excluded + Errors"
    assert meaning("targeted", "fr").formula == "Envoyés + Exclus + Erreurs"
    assert meaning("delivered").formula == (
        "“delivered” events \N{MINUS SIGN} “bounce” events reported after acceptance"
    )


def test_two_metrics_are_never_counted_in_the_same_words() -> None:
    for locale in ("en", "fr"):
        told = [meaning(metric_id, locale).formula for metric_id in METRICS]
        assert len(set(told)) == len(told)


def test_an_unknown_metric_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="bounces"):
        meaning("bounce")


def test_notes_tell_wholes_and_rows_left_out() -> None:
    assert notes(TILES["email.sending_statistics"]) == ("Shares divide by: Sent.",)
    assert notes(TILES["email.bounce_reasons"], "fr") == ("Les parts sont divisées par : Bounces.",)
    assert notes(TILES["email.recipient_domains"]) == (
        "Only rows with at least one of: Opens.",
        "At most 10 rows, the largest.",
    )
    assert notes(TILES["email.summary"]) == ()
