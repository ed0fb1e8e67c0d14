"""What the page saves: names of files, who is asked for them, which message is opened."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.report import frame_csv
from campaign_live_widgets.widgets import Context, File, TileWidget, offer_files
from tests.support.reports.frames import NAMES, frame

if TYPE_CHECKING:
    from tests.widgets.conftest import Wire

AS_OF = datetime(2026, 11, 24, 13, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("campaign", "name"),
    [
        ("autumn-sale-2026", "autumn-sale-2026"),
        ("Été / 2026: «soldes»", "Ete-2026-soldes"),
        ("../../etc/passwd", "etc-passwd"),
        ("=cmd|' /C calc'!A0", "cmd-C-calc-A0"),
        ("活动", "campaign"),
        ("", "campaign"),
        ("a\x00b\r\nc\u202e.exe", "a-b-c-exe"),
        ("x" * 10_000, "x" * 60),
    ],
)
def test_a_file_name_is_valid_on_every_system(campaign: str, name: str) -> None:
    file_name = Context(campaign, AS_OF).file_name("email.bounce_reasons", "csv")
    assert file_name == f"{name}_email-bounce-reasons_2026-11-24T1200Z.csv"
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,120}", file_name)


def ask(widget: TileWidget, what: str) -> None:
    widget._head._handle_custom_msg({"type": "file", "what": what, "request": "a1"}, [])


def answer(wire: Wire) -> dict[str, object]:
    (message,) = [m for m in wire if m.get("method") == "custom"]
    content: dict[str, object] = message["content"]
    return content


def test_the_page_gets_the_current_frame_as_csv(wire: Wire) -> None:
    tile = TILES["email.metrics_by_message"]
    widget = TileWidget(tile, frame(tile), names=NAMES)
    other = frame(tile, scale=99)
    widget.update(other, {**NAMES, "m1": "Renamed"}, Context("spring", AS_OF, "Spring"))
    wire.clear()
    ask(widget, "csv")
    given = answer(wire)
    assert given["request"] == "a1"
    assert given["name"] == "spring_email-metrics-by-message_2026-11-24T1200Z.csv"
    text = "\ufeff" + frame_csv(other, "en", {**NAMES, "m1": "Renamed"}, labels=True)
    assert given["text"] == text
    assert "Renamed" in text


def test_a_picture_gets_its_name_and_caption(wire: Wire) -> None:
    tile = TILES["email.summary"]
    widget = TileWidget(tile, frame(tile), context=Context("spring", AS_OF, "Spring · UTC"))
    wire.clear()
    ask(widget, "png")
    given = answer(wire)
    assert (given["name"], given["text"]) == (
        "spring_email-summary_2026-11-24T1200Z.png",
        "Spring · UTC",
    )


def test_a_request_for_an_unknown_file_gets_an_error(wire: Wire) -> None:
    tile = TILES["email.summary"]
    widget = TileWidget(tile, frame(tile))
    wire.clear()
    ask(widget, "exe")
    assert answer(wire)["error"] == "UnknownNameError"
    with pytest.raises(UnknownNameError, match="csv"):
        widget.file("exe")


def test_a_changed_context_sends_no_message(wire: Wire) -> None:
    tile = TILES["email.summary"]
    widget = TileWidget(tile, frame(tile))
    wire.clear()
    assert widget.update(frame(tile), None, Context("spring", AS_OF, "Spring")) is False
    assert wire == []
    assert widget.context.campaign_id == "spring"


def test_any_widget_can_offer_files(wire: Wire) -> None:
    tile = TILES["email.summary"]
    head = TileWidget(tile, frame(tile))._head
    offer_files(head, lambda what: File(f"{what}.txt", "text"))
    wire.clear()
    head._handle_custom_msg({"type": "other"}, [])
    assert wire == []


def test_a_message_is_opened_by_its_id_if_there_is_a_callback(wire: Wire) -> None:
    tile = TILES["email.metrics_by_message"]
    widget = TileWidget(tile, frame(tile, ["m1", "m2"]), names=NAMES)
    table = widget._views["table"]._target
    assert table.rows == ["Spring sale (m1)", "Spring sale (m2)"]
    table._handle_custom_msg({"type": "open", "id": "m2"}, [])
    assert table.opens is False
    opened: list[str] = []
    widget.on_open(opened.append)
    assert table.opens is True
    table._handle_custom_msg({"type": "open", "id": "m2"}, [])
    table._handle_custom_msg({"type": "open", "id": "not here"}, [])
    table._handle_custom_msg({"type": "open", "id": ["m1"]}, [])
    assert opened == ["m2"]
    assert wire is not None


def test_rows_other_than_messages_cannot_be_opened() -> None:
    tile = TILES["email.bounce_reasons"]
    widget = TileWidget(tile, frame(tile), view="table")
    widget.on_open(lambda _: None)
    assert widget._views["table"]._target.opens is False


def test_a_view_that_is_built_later_has_the_callback() -> None:
    tile = TILES["email.metrics_by_message"]
    widget = TileWidget(tile, frame(tile))
    opened: list[str] = []
    widget.on_open(opened.append)
    widget.on_open(opened.append)
    widget._views["table"]._target._handle_custom_msg({"type": "open", "id": "m1"}, [])
    assert opened == ["m1", "m1"]


def test_the_time_of_a_name_is_utc() -> None:
    assert Context("a", AS_OF.astimezone(UTC)).file_name("b", "csv") == "a_b_2026-11-24T1200Z.csv"
    assert Context("a").file_name("b", "svg") == "a_b.svg"
