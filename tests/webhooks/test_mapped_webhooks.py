"""Webhooks whose rows a mapping reads, of your own programs and of vendors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.store import Store
from tests.conformance.test_every_source import AT, oracle
from tests.sources.mapping.test_mapped_files import counts_of
from tests.support.events import mapped
from tests.support.events.stream import events
from tests.support.servers.receiver_process import BEARER, EVENTS, running

if TYPE_CHECKING:
    from pathlib import Path

VENDOR = """
[[rule]]
format = "sendgrid"
[rule.columns]
campaign_id = { from = "subject", pattern = '^\\[(\\w+)\\]' }
"""
RAW = {"sg_event_id": "1", "sg_message_id": "m", "event": "processed", "email": "p@x.example"}
RAW |= {"timestamp": 1795176000, "subject": "[spring] Hello"}


def test_rows_that_a_program_appends_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(mapped.mapping_text() + VENDOR, encoding="utf-8")
    rows = [row for row in events(1) if mapped.is_expressible(row)]
    good = [row for row in rows if oracle.event(row) is not None]
    with Store.open(tmp_path / "store", mapping=tmp_path / "m.toml") as store:
        appended = store.append([mapped.own_words(row) for row in rows])
        vendors = store.append([RAW], format="sendgrid")
    assert appended.events == len({row["event_id"] for row in good})
    assert appended.events + appended.duplicates == len(good)
    assert appended.rejected == len(rows) - len(good)
    assert (vendors.events, vendors.rejected) == (1, 0)
    assert counts_of(str(tmp_path / "store"), "spring")["sent"] == 1


@pytest.mark.usefixtures("processes", "matrix")
def test_a_receiver_maps_rows_of_any_form(tmp_path: Path) -> None:
    path = mapped.write_mapping(tmp_path)
    row = {"event_id": "1", "timestamp": AT, "campaign_id": "c", "message_id": "m"}
    row |= {"channel": "email", "profile_id": "p", "event_type": "sent"}
    raw = mapped.own_words(dict.fromkeys(oracle.COLUMNS) | row)
    with running(tmp_path, EVENTS, "--mapping", str(path)) as receiver:
        answers = [
            receiver.ask("/events", json.dumps([one]), BEARER) for one in (raw, {"Status": "Odd"})
        ]
        assert receiver.stop() == 0
    assert [answer.status for answer in answers] == [200, 200]
    counted = counts_of(str(tmp_path / "store"))
    assert (counted["campaign"], counted["events"], counted["rejected"]) == ("c", 1, 1)
