from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.language.sentence import summary
from campaign_live_widgets.widgets import TileWidget
from tests.support.reports.frames import NAMES, NASTY, frame

if TYPE_CHECKING:
    from tests.widgets.conftest import Wire


@pytest.mark.parametrize(
    ("tile_id", "locale", "text"),
    [
        (
            "email.bounce_reasons",
            "en",
            (
                "Bounce reasons. Bounces: 60; led by Mailbox Full with 30 (50.0% of bounces); "
                "3 reasons."
            ),
        ),
        (
            "email.bounce_reasons",
            "fr",
            (
                "Causes des bounces. Bounces\xa0: 60\xa0; en tête, Boîte pleine avec 30 "
                "(50,0\xa0% des bounces)\xa0; 3 causes."
            ),
        ),
        (
            "email.sending_statistics",
            "en",
            (
                "Email sending statistics. Delivered: 30 (50.0% of sent), Bounces: 20 (33.3% of "
                "sent), Errors: 10 (16.7% of sent)."
            ),
        ),
        (
            "email.recipient_domains",
            "en",
            "Best recipient domain. Opens: 60 in 3 domains; led by gmail.com with 30.",
        ),
    ],
)
def test_a_tile_in_one_sentence(tile_id: str, locale: str, text: str) -> None:
    assert summary(TILES[tile_id], frame(TILES[tile_id]), locale=locale) == text


def test_the_summary_of_a_series_has_its_span_and_peak_in_the_time_zone() -> None:
    tile = TILES["email.summary"]
    rows = NASTY["one_row"](tile).assign(sent=7)
    assert summary(tile, rows, time_zone="Europe/Paris") == (
        "Email summary. Sent: 7 from Nov 22, 2026, 13:00 to Nov 22, 2026, 13:01 (Europe/Paris); "
        "most at Nov 22, 2026, 13:00 with 7."
    )


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("tile_id", TILES)
def test_every_frame_has_a_short_summary(tile_id: str, nasty: str) -> None:
    tile = TILES[tile_id]
    for locale in ("en", "fr"):
        text = summary(tile, NASTY[nasty](tile), locale=locale, names=NAMES)
        assert text.startswith(tile.title(locale))
        assert len(text) < 400
        assert "nan" not in text
        assert "{" not in text


def test_an_empty_frame_has_a_summary() -> None:
    tile = TILES["email.bounce_reasons"]
    assert summary(tile, NASTY["no_rows"](tile)) == "Bounce reasons. No bounces in this window."
    assert summary(tile, NASTY["zeros"](tile)) == "Bounce reasons. No bounces in this window."


def test_one_row_is_in_the_singular() -> None:
    tile = TILES["email.error_reasons"]
    assert summary(tile, NASTY["one_row"](tile)).endswith("; 1 reason.")


def test_the_summary_is_sent_with_the_numbers(wire: Wire) -> None:
    for tile_id in TILES:
        widget = TileWidget(TILES[tile_id], frame(TILES[tile_id]), names=NAMES)
        wire.clear()
        other = frame(TILES[tile_id], scale=99)
        widget.update(other)
        assert len(wire) == 1
        assert wire.states()[0]["summary"] == summary(TILES[tile_id], other, names=NAMES)
