from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.dashboard.page.exact_window import known_end, typed_end
from campaign_live_widgets.io.clock import rfc3339
from tests.support.clock_changes import ODD, ZONES, changes, moments_of

MINUTE = timedelta(minutes=1)


def test_a_typed_time_names_one_moment() -> None:
    assert typed_end("2026-07-01T14:30", "Europe/Paris", "en") == {
        "text": "2026-07-01T14:30",
        "times": [["2026-07-01T12:30:00Z", "14:30 CEST, UTC+2"]],
        "note": "",
    }


def test_an_hour_that_the_clocks_show_twice_is_two_moments() -> None:
    end = typed_end("2026-10-25T02:30", "Europe/Paris", "fr")
    assert end["times"] == [
        ["2026-10-25T00:30:00Z", "02:30 CEST, UTC+2"],
        ["2026-10-25T01:30:00Z", "02:30 CET, UTC+1"],
    ]
    assert end["note"] == ""


LEFT_OUT_IN_PARIS = (
    "29 Mar 2026 02:30 does not exist in Europe/Paris: "
    "the clocks are set forward from 02:00 CET to 03:00 CEST."
)
LEFT_OUT_IN_BEIRUT = (
    "29 mars 2026 00:00 n'existe pas (Asia/Beirut)\N{NO-BREAK SPACE}: "
    "les horloges avancent de 00:00 EET à 01:00 EEST."
)
LEFT_OUT_IN_APIA = (
    "30 Dec 2011 12:00 does not exist in Pacific/Apia: the clocks are set forward "
    "from 30 Dec 2011 00:00 UTC\u221210 to 31 Dec 2011 00:00 UTC+14."
)


@pytest.mark.parametrize(
    ("zone", "text", "locale", "note"),
    [
        ("Europe/Paris", "2026-03-29T02:30", "en", LEFT_OUT_IN_PARIS),
        ("Asia/Beirut", "2026-03-29T00:00", "fr", LEFT_OUT_IN_BEIRUT),
        ("Pacific/Apia", "2011-12-30T12:00", "en", LEFT_OUT_IN_APIA),
    ],
)
def test_a_time_that_does_not_exist_is_named_with_its_change(
    zone: str, text: str, locale: str, note: str
) -> None:
    assert typed_end(text, zone, locale) == {"text": text, "times": [], "note": note}


@pytest.mark.parametrize("text", ["", "yesterday", "12026-01-01T00:00", "0001-01-01T00:00"])
def test_what_is_no_time_has_a_note(text: str) -> None:
    assert typed_end(text, "Asia/Tokyo", "en")["note"] == "Not a valid time."


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_the_moments_of_a_typed_time_are_those_at_which_the_clocks_show_it(
    data: st.DataObject,
) -> None:
    zone = data.draw(st.sampled_from(ZONES) | st.sampled_from([zone for zone, _ in ODD]))
    year = dict(ODD).get(zone) or data.draw(st.integers(1973, 2037))
    known = changes(zone, year) or (datetime(year, 6, 15, tzinfo=UTC),)
    around = data.draw(st.sampled_from(known)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    around = around.replace(second=0) + data.draw(st.integers(-1600, 1600)) * MINUTE
    end = typed_end(around.isoformat(timespec="minutes"), zone, "en")
    moments = moments_of(around, zone)
    assert [moment for moment, _ in end["times"]] == [rfc3339(at) for at in moments]
    assert len({text for _, text in end["times"]}) == len(moments)
    assert ("does not exist" in end["note"]) == (not moments)
    for at in moments:
        known_again = known_end(at, zone, "en")
        assert (known_again["text"], known_again["chosen"]) == (end["text"], rfc3339(at))
