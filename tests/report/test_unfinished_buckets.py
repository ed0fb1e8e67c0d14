"""The bucket that is not over yet is drawn as such, and named where its time is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.charts import specification
from campaign_live_widgets.rendering.html.notebook import tile_html
from campaign_live_widgets.rendering.model.table_model import table
from campaign_live_widgets.report import frame, to_json
from campaign_live_widgets.widgets import TileWidget
from campaign_live_widgets.widgets.base.downloads import Context
from tests.support.events.memory import Event, snapshot_of

SUMMARY = TILES["campaign.summary"]
NOW = datetime(2026, 11, 23, 12, 7, 30, tzinfo=UTC)
QUARTER = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("end", "length", "taken_at", "unfinished"),
    [
        (NOW, DAY, NOW, QUARTER),
        (NOW, DAY, None, QUARTER),
        (QUARTER, DAY, NOW, None),
        (QUARTER, DAY, QUARTER - timedelta(seconds=1), QUARTER - timedelta(minutes=15)),
        (NOW, timedelta(hours=1), NOW, NOW.replace(second=0)),
        (NOW, timedelta(hours=1), NOW + timedelta(minutes=5), None),
        (NOW + timedelta(hours=2), DAY, NOW, QUARTER),
        (NOW + 3 * DAY, DAY, NOW, QUARTER + 2 * DAY),
        (NOW, timedelta(days=30), NOW, datetime(2026, 11, 23, tzinfo=UTC)),
    ],
)
def test_a_bucket_is_over_once_its_end_has_come(
    end: datetime, length: timedelta, taken_at: datetime | None, unfinished: datetime | None
) -> None:
    snapshot = replace(snapshot_of([], end, length), taken_at=taken_at)
    assert snapshot.unfinished == unfinished
    buckets = snapshot.window.buckets()
    assert unfinished is None or unfinished in buckets


def charts(unfinished: datetime | None) -> dict[str, Any]:
    counted = frame(SUMMARY, snapshot_of([Event("sent", at=QUARTER)], NOW))
    return specification(SUMMARY, counted, theme="light", unfinished=unfinished)


def test_the_line_into_an_unfinished_bucket_is_dashed() -> None:
    whole, dashed = charts(QUARTER)["layer"]
    assert "strokeDash" not in whole["mark"]
    assert dashed["mark"]["strokeDash"] == [4, 3]
    assert whole["transform"][0] == {"filter": "datum.i < 96"}
    assert dashed["transform"][0] == {"filter": "datum.i >= 95"}
    points = charts(QUARTER)["data"]["values"]
    assert [p["i"] for p in points if "not over yet" in p["time"]] == [96]
    assert len(charts(None)["layer"]) == 1


def test_tables_name_the_unfinished_bucket() -> None:
    counted = frame(SUMMARY, snapshot_of([Event("sent", at=QUARTER)], NOW))
    rows = table(SUMMARY, counted, locale="fr", unfinished=QUARTER).rows
    assert rows[-1].name == "23 nov. 2026, 12:00 (pas encore terminé)"
    assert rows[-1].code == "2026-11-23T12:00:00Z"
    assert "(" not in rows[-2].name
    assert "not over yet" in tile_html(SUMMARY, counted, view="table", unfinished=QUARTER)


def test_a_live_tile_follows_the_clock() -> None:
    counted = frame(SUMMARY, snapshot_of([Event("sent", at=QUARTER)], NOW))
    made = TileWidget(SUMMARY, counted, context=Context(unfinished=QUARTER))
    lines = made._views["lines"]._target
    assert (lines.finished, len(lines.x)) == (96, 97)
    assert made.update(counted, context=Context(unfinished=None))
    assert lines.finished == 97
    assert not made.update(counted, context=Context(unfinished=None))
    made.view = "table"
    rows = made._views["table"]._target
    assert rows.finished > max(rows.rows)
    assert made.update(counted, context=Context(unfinished=QUARTER))
    assert [seconds for seconds in rows.rows if seconds >= rows.finished] == [rows.rows[-1]]
    assert np.all(np.diff(rows.rows) > 0)


def test_frames_and_json_do_not_mark_an_unfinished_bucket() -> None:
    snapshot = snapshot_of([Event("sent", at=QUARTER)], NOW)
    assert to_json(replace(snapshot, taken_at=NOW)) == to_json(snapshot)
