"""The funnel lists the channels in their own order, whatever they count."""

from __future__ import annotations

import pytest

from campaign_live_widgets.catalog import CHANNELS, LOCALES, TILES, value_label
from campaign_live_widgets.rendering.language.sentence import rates_in_words, summary
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import frame, frame_csv, rows
from tests.support.events.memory import NOW, Event, snapshot_of

FUNNEL = TILES["campaign.funnel"]


def test_channels_have_their_own_order() -> None:
    events = [
        Event("sent", channel=channel)
        for number, channel in enumerate(reversed(CHANNELS), start=1)
        for _ in range(number)
    ]
    table = rows(frame(FUNNEL, snapshot_of(events)))
    assert [row[0] for row in table] == list(CHANNELS)
    assert [row[2] for row in table] == [6, 5, 4, 3, 2, 1]


def test_a_channel_without_an_event_in_the_window_is_left_out() -> None:
    long_ago = Event("sent", channel="sms", at=NOW.replace(month=1))
    table = rows(frame(FUNNEL, snapshot_of([Event("delay", channel="web"), long_ago])))
    assert table == [["web", 0, 0, 0, 0, 0, 0]]
    assert rows(frame(FUNNEL, snapshot_of([]))) == []


def test_every_rate_names_what_it_divides_by() -> None:
    events = [Event("sent"), Event("sent"), Event("delivered"), Event("excluded"), Event("open")]
    counted = frame(FUNNEL, snapshot_of(events))
    cells = table(FUNNEL, counted).rows[0].cells
    assert [cell.rate for cell in cells] == [
        "",
        "Sent ÷ Targeted: 66.7%",
        "Delivered ÷ Sent: 50.0%",
        "Opens ÷ Delivered: 100.0%",
        "Clicks ÷ Delivered: 0.0%",
        "Actions ÷ Delivered: 0.0%",
    ]
    assert summary(FUNNEL, counted).startswith(
        "Funnel by channel. E-mail: Targeted 3, Sent 2 (66.7% of targeted), Delivered 1 (50.0% of"
    )


def test_a_part_that_exceeds_its_whole_has_no_rate() -> None:
    events = [Event("sent"), Event("delivered"), Event("delivered")]
    [line] = rates_in_words(FUNNEL, frame(FUNNEL, snapshot_of(events)), "en")
    assert "Delivered \N{EN DASH} of sent" in line


@pytest.mark.parametrize("locale", LOCALES)
def test_channels_have_labels_and_keep_their_codes(locale: str) -> None:
    counted = frame(FUNNEL, snapshot_of([Event("sent", channel="direct_mail")]))
    lines = frame_csv(counted, locale, labels=True).splitlines()
    assert lines[1].startswith(f"direct_mail,{value_label('channel', 'direct_mail', locale)},1,1")
    assert all(value_label("channel", channel, locale) != channel for channel in CHANNELS)


def test_a_sentence_on_many_channels_stays_short() -> None:
    events = [Event("sent", channel=channel) for channel in CHANNELS]
    sentence = summary(FUNNEL, frame(FUNNEL, snapshot_of(events)))
    assert sentence.startswith(
        "Funnel by channel. E-mail: Targeted 1, Sent 1 (100.0% of targeted), "
    )
    assert sentence.endswith("; and 3 more.")
