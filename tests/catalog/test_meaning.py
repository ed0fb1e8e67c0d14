from __future__ import annotations

import pytest

from campaign_live_widgets.catalog import (
    METRICS,
    TILES,
    Count,
    Distinct,
    Explained,
    Ratio,
    meaning,
    notes,
    terms,
)
from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.errors import UnknownNameError


@pytest.mark.parametrize("metric_id", METRICS)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_meaning_contains_label_definition_formula_and_rate(metric_id: str, locale: str) -> None:
    metric, texts = METRICS[metric_id], meaning(metric_id, locale)
    assert texts.label == metric.label(locale)
    assert texts.definition == metric.definition(locale)
    if metric.rate_of is None:
        assert texts.rate == ""
    else:
        assert texts.rate == f"{texts.label} ÷ {METRICS[metric.rate_of].label(locale)}"
    if isinstance(metric.formula, Distinct):
        assert all(kind in texts.formula for kind in metric.formula.event_types)
    elif isinstance(metric.formula, Count):
        assert metric.formula.event_type in texts.formula
    elif isinstance(metric.formula, Ratio):
        parts = (metric.formula.numerator, metric.formula.denominator)
        assert texts.formula == " ÷ ".join(METRICS[part].label(locale) for part in parts)
    elif isinstance(metric.formula, Explained):
        titles = [BOUNCE_CLASSES[one].title(locale) for one in metric.formula.classes]
        assert len(titles) > 1
        assert all(title in texts.formula for title in titles)
    else:
        added = sum(sign > 0 for sign, _ in terms(metric.formula))
        assert texts.formula.count(" + ") == added - 1
        assert texts.formula.count(" \N{MINUS SIGN} ") == len(terms(metric.formula)) - added


def test_formula_of_a_sum_names_its_metrics() -> None:
    assert meaning("targeted").formula == "Sent + Excluded + Errors"
    assert meaning("targeted", "fr").formula == "Envoyés + Exclus + Erreurs"
    assert meaning("delivered").formula == (
        "“delivered” events \N{MINUS SIGN} “bounce” events reported after acceptance"
    )


def test_every_metric_has_a_formula_of_its_own() -> None:
    for locale in ("en", "fr"):
        formulas = [meaning(metric_id, locale).formula for metric_id in METRICS]
        assert len(set(formulas)) == len(formulas)


def test_error_for_an_unknown_metric_suggests_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="bounces"):
        meaning("bounce")


def test_notes_name_divisors_and_omitted_rows() -> None:
    assert notes(TILES["email.sending_statistics"]) == ("Shares divide by: Sent.",)
    assert notes(TILES["email.bounce_reasons"], "fr") == ("Les parts sont divisées par : Bounces.",)
    assert notes(TILES["email.recipient_domains"]) == (
        "Only rows with at least one of: Opens.",
        "At most 10 rows, the largest.",
    )
    assert notes(TILES["email.summary"]) == ()
