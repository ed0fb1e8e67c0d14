from __future__ import annotations

import re

import pytest

from campaign_live_widgets.catalog import LOCALES, TABS, TILES
from campaign_live_widgets.layouts.needed import visible_places
from campaign_live_widgets.layouts.places import places
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.text import text, tile_text
from campaign_live_widgets.report import frame
from tests.support.events.memory import snapshot_of
from tests.support.reports.static_reports import PROFILE, hostile, static_report, usual


@pytest.mark.parametrize("locale", LOCALES)
def test_every_tile_is_printed_with_its_numbers(locale: str) -> None:
    snapshot = usual()
    output = text(static_report(snapshot, locale))
    by_tab = visible_places(places(TILES.values()), snapshot)
    tiles = [one for row in by_tab.values() for one, _ in row]
    for title in (*(TABS[tab] for tab in by_tab), *(one.title for one in tiles)):
        assert title(locale) in output
    lines = output.splitlines()
    for one in (one for one in tiles if one.by not in (None, "bucket") and not one.fields):
        rows = frame(one, snapshot)
        sums = [format_number(int(rows[metric].sum()), locale) for metric in one.metrics]
        total = re.compile(r"\s+".join(["Total", *map(re.escape, sums)]) + "$")
        assert any(total.search(line.strip()) for line in lines), one.id
    assert PROFILE not in output


def test_the_selection_and_the_time_zone_are_printed() -> None:
    head = text(static_report(hostile(), "fr", "Europe/Paris")).splitlines()
    assert head[0].endswith("22 nov. 2026 16:05 \u2013 23 nov. 2026 16:05 CET")
    assert "envois de test inclus, Europe/Paris" in head[1]


def test_control_characters_are_not_printed() -> None:
    output = text(static_report(hostile()))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", output)
    assert max(map(len, output.splitlines())) <= 132


def test_an_empty_campaign_is_reported_as_empty() -> None:
    by_tab = visible_places(places(TILES.values()), snapshot_of([]))
    assert "deliverability" not in by_tab
    assert (
        text(static_report(snapshot_of([]))).count("nothing in this window")
        == sum(one.by not in (None, "bounce_type") for row in by_tab.values() for one, _ in row) + 1
    )


def test_a_single_tile_can_be_printed() -> None:
    one = TILES["campaign.statistics"]
    output = tile_text(one, frame(one, usual()), {}, "fr").splitlines()
    assert output[0] == "Statistiques de campagne"
    assert re.fullmatch(r"\s+Profils entrés\s+13", output[1])


@pytest.mark.parametrize(
    ("locale", "line"),
    [
        (
            "en",
            "Push: Sent 81.8% of targeted, Delivered 88.9% of sent, Opens 12.5% of delivered",
        ),
        ("fr", "Push : Envoyés 81,8 % des ciblés, Délivrés 88,9 % des envoyés, Ouvertures 12,5 %"),
    ],
)
def test_the_funnel_names_the_denominators_of_its_rates(locale: str, line: str) -> None:
    one = TILES["campaign.funnel"]
    output = tile_text(one, frame(one, usual()), {}, locale)
    assert line in " ".join(output.split())
