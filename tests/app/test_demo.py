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
from campaign_live_widgets.app.demo.story import DOMAINS, PROVIDERS_FILE, THROTTLING
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.catalog.bounce_classes import explain
from campaign_live_widgets.catalog.details import unpacked
from campaign_live_widgets.catalog.providers import families
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


def test_people_machines_and_opens_that_no_one_judged(events: list[dict[str, Any]]) -> None:
    opens = [e for e in events if (e["channel"], e["event_type"]) == ("email", "open")]
    clicks = [e for e in events if e["event_type"] == "click"]
    for kind in (opens, clicks):
        judged = Counter(event.get("is_machine") for event in kind)
        assert min(judged[True], judged[False], judged[None]) > 20
    reasons = {event["machine_reason"] for event in opens if event.get("is_machine")}
    assert reasons == {"apple_privacy", "prefetch", "vendor_flag"}
    assert all(("machine_reason" in event) == (event.get("is_machine") is True) for event in events)


def test_links_hold_tokens_and_addresses_as_senders_write_them(
    events: list[dict[str, Any]],
) -> None:
    urls = [event["url"] for event in events if event["event_type"] == "click"]
    for part in ("?utm_source=", "#top", "/u/p", "%40northmail.example", "mailto:", "/orders/"):
        assert any(part in url for url in urls), part
    assert not any("{" in url for url in urls)
    assert len(set(urls)) > len(urls) * 0.8


def test_the_report_knows_links_without_what_points_at_a_person(
    tmp_path: Path, events: list[dict[str, Any]]
) -> None:
    lines = "".join(json.dumps(event) + "\n" for event in events[:40_000])
    (tmp_path / "events.ndjson").write_text(lines)
    details = snapshot(tmp_path).counts["detail"]
    clicked = details.column("click") > 0
    links = zip(details.values, clicked, strict=True)
    assert {unpacked(str(text))[0] for text, is_link in links if is_link} == {
        "shop.example/sale",
        "shop.example/basket/*",
        "shop.example/new",
        "shop.example/u/*/preferences",
        "help.example/orders/*",
        "mailto",
    }


def test_one_provider_throttles_for_a_while(events: list[dict[str, Any]]) -> None:
    known = families(PROVIDERS_FILE)
    throttled, usual = Counter[str](), Counter[str]()
    for event in events:
        if event["channel"] == "email" and event["event_type"] in {"sent", "bounce", "delay"}:
            minute = (stamp(event) - START) / timedelta(minutes=1)
            is_slow = known.family(event["domain"]) == "fibre" and 26 <= minute < 40
            kind = event["event_type"]
            if kind != "sent":
                kind += f" {explain(event.get('reason'), event.get('status_code'))}"
            (throttled if is_slow else usual)[kind] += 1
    assert throttled["delay volume"] > 0.5 * throttled["sent"] > 20
    assert throttled["bounce volume"] + throttled["bounce reputation"] > 0.05 * throttled["sent"]
    assert usual["delay volume"] < 0.01 * usual["sent"]
    assert {kind.split()[1] for kind in usual if kind.startswith("bounce")} >= {
        *("address", "domain", "mailbox", "technical", "authentication", "reputation"),
        *("content", "reply", "unclassified"),
    }


def test_providers_file_names_families_of_the_large_domains() -> None:
    known = families(PROVIDERS_FILE)
    named = sum(count for domain, count in DOMAINS.items() if known.family(domain) != "other")
    assert 0.8 < named / sum(DOMAINS.values()) < 1
    assert set(map(known.family, THROTTLING)) == {"fibre"}


def test_a_higher_speed_sends_more_messages() -> None:
    minutes = START + timedelta(minutes=5)
    usual = len(list(Simulation(7, START).events(minutes)))
    fast = len(list(Simulation(7, START, speed=10).events(minutes)))
    assert 8 < fast / usual < 12


@pytest.mark.usefixtures("matrix")
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
