"""Reports of more messages than people read: the first rows, and the sum of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.feeds.take_snapshot import take_snapshot
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.rendering.language.phrases import health_notes
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.rendering.text import tile_text
from campaign_live_widgets.report import names_of, offered_messages, tile_table, to_json
from campaign_live_widgets.report.tile_table import ROWS_SHOWN
from campaign_live_widgets.widgets.views.table import Table
from tests.support.events import files
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = 1_500
TILE = TILES["email.metrics_by_message"]


def rows() -> list[dict[str, Any]]:
    base = {"campaign_id": "c1", "channel": "email", "profile_id": "p", "event_type": "sent"}
    return [
        base | {"event_id": f"{n}-{k}", "message_id": f"m{n:04}", "timestamp": AT.isoformat()}
        for n in range(MESSAGES)
        for k in range(1 + (n < 3))
    ]


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en", "and 1,300 more"), ("fr", "et 1\N{NARROW NO-BREAK SPACE}300 autres")],
)
def test_first_rows_and_the_sum_of_all_others(locale: str, words: str, tmp_path: Path) -> None:
    files.write(rows(), tmp_path / "a.parquet")
    rollup = open_rollup(tmp_path, "c1")
    at = AT.replace(microsecond=1)
    snapshot = take_snapshot(rollup, parse_query(campaign="c1", at=at), at)
    frame, names = tile_table(TILE, snapshot), names_of(TILE, snapshot, locale)
    assert len(frame) == MESSAGES == len(to_json(snapshot)["widgets"][TILE.id]["rows"])
    made = table(TILE, frame, locale=locale, names=names)
    sent = [row.cells[0].value for row in made.rows]
    assert (len(sent), made.rows[-1].name) == (ROWS_SHOWN + 1, words)
    assert sent == [2] * 3 + [1] * (ROWS_SHOWN - 3) + [MESSAGES - ROWS_SHOWN]
    assert made.total is not None
    assert made.total.cells[0].value == MESSAGES + 3
    assert words in tile_text(TILE, frame, names, locale)
    state = Table(TILE, frame, locale=locale, names=names).state(frame, names)
    assert (len(state["rows"]), state["rest"][:2]) == (ROWS_SHOWN, [words, MESSAGES - ROWS_SHOWN])
    assert state["total"][0] == MESSAGES + 3
    assert len(offered_messages(snapshot)) < MESSAGES
    assert any("1,500" in note for note in health_notes(snapshot.health, "UTC", "en"))
