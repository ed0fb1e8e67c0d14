"""The simulated campaign: reproducible, in the canonical format, with consistent counts."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID, COLUMNS, Simulation
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import frame
from campaign_live_widgets.snapshot import Window

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.app.demo.demo import Format
    from campaign_live_widgets.snapshot import Snapshot

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return list(Simulation(7, START).events(START + HOUR))


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def snapshot(folder: Path, window: timedelta = HOUR) -> Snapshot:
    rollup = open_rollup(
        str(folder), CAMPAIGN_ID, follow=False, window=Window.ending(START + HOUR, window)
    )
    taken = rollup.snapshot(at=START + HOUR, window=window)
    rollup.close()
    return taken


def stamp(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["timestamp"])


@pytest.mark.usefixtures("matrix")
def test_a_seed_gives_the_same_events_for_any_step_size(events: list[dict[str, Any]]) -> None:
    again, pieces = Simulation(7, START), []
    for minute in range(61):
        pieces += again.events(START + minute * timedelta(minutes=1))
    assert pieces == events
    assert list(Simulation(8, START).events(START + HOUR)) != events


def test_events_have_fields_and_types_of_the_contract(events: list[dict[str, Any]]) -> None:
    required = {"event_id", "timestamp", "campaign_id", "message_id", "channel"}
    required |= {"profile_id", "event_type"}
    for event in events:
        assert required <= event.keys() <= COLUMNS.keys()
        assert START <= stamp(event) < START + HOUR
    kinds = Counter((event["channel"], event["event_type"]) for event in events)
    both = {"sent", "delivered", "bounce", "error", "excluded", "delay", "open"}
    email = both | {"click", "unsubscribe", "spam_complaint"}
    assert {kind for channel, kind in kinds if channel == "email"} == email
    assert {kind for channel, kind in kinds if channel == "push"} == both | {"action"}


def test_some_events_are_late_repeated_or_out_of_order(events: list[dict[str, Any]]) -> None:
    ids = Counter(event["event_id"] for event in events)
    assert 0 < sum(n - 1 for n in ids.values()) < len(events) / 100
    late = sum(stamp(one) - stamp(other) > timedelta(seconds=45) for one, other in pairwise(events))
    assert late > 10
    assert any(event.get("is_machine") for event in events)
    assert any(event.get("is_test") for event in events)
    assert any(event.get("is_async") for event in events)
    rate = len(events) / HOUR.total_seconds()
    assert 20 < rate < 60


def test_a_higher_speed_sends_more_messages() -> None:
    minutes = START + timedelta(minutes=5)
    usual = len(list(Simulation(7, START).events(minutes)))
    fast = len(list(Simulation(7, START, speed=10).events(minutes)))
    assert 8 < fast / usual < 12


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_the_report_counts_the_written_events(
    form: Format, tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    clock = Clock()
    writer = EventWriter(tmp_path, Simulation(7, START), form, clock=clock)
    written = 0
    for minute in (20, 25, 60):
        clock.now = START + timedelta(minutes=minute)
        written += writer.write()
    assert written == len(events)
    assert writer.write() == 0
    taken = snapshot(tmp_path)
    assert taken.campaign_name == "Winter sale"
    assert taken.health.rejected == taken.health.ignored == 0
    assert taken.health.events + taken.health.duplicates == written
    assert all(len(frame(tile, taken)) for tile in TILES.values())


@pytest.mark.usefixtures("matrix")
def test_only_complete_lines_are_appended(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    clock = Clock()
    writer = EventWriter(tmp_path, Simulation(7, START), clock=clock)
    for _ in range(60):
        clock.now += timedelta(minutes=1)
        writer.write()
    files = sorted(tmp_path.iterdir())
    assert len(files) == 6
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert [json.loads(line) for line in lines] == events


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("window", [timedelta(minutes=7), HOUR])
def test_every_sent_message_is_delivered_or_bounces(tmp_path: Path, window: timedelta) -> None:
    clock = Clock()
    writer = EventWriter(tmp_path, Simulation(7, START), clock=clock)
    clock.now = START + HOUR
    writer.write()
    taken = snapshot(tmp_path, window)
    for tile in ("email.metrics_by_message", "push.metrics_by_message"):
        rows = frame(TILES[tile], taken)
        assert rows["sent"].sum() == rows["delivered"].sum() + rows["bounces"].sum() > 100
