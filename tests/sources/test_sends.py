"""Deliveries and bounces as sends: what is counted, and where that can be asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import rate
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.sources.mapping.prefix import with_mapping
from campaign_live_widgets.sources.sends import read_as
from campaign_live_widgets.store import Store
from tests.support.events import files, generate, generate_xdm
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

SES = [
    {
        "eventType": kind,
        "mail": {
            "messageId": f"m{number}",
            "timestamp": "2026-11-20T12:00:00Z",
            "destination": [f"{name}@x.example" for name in "abc"[:size]],
            "tags": {"campaign_id": ["c1"]},
        },
        **extra,
    }
    for number, (kind, size, extra) in enumerate(
        [
            ("Send", 3, {}),
            ("Delivery", 2, {"delivery": {"recipients": ["a@x.example", "b@x.example"]}}),
            ("Open", 1, {"open": {}}),
            ("Reject", 1, {}),
        ]
    )
]


def as_outcomes(rows: list[dict[str, Any]]) -> tuple[Counter[str], int]:
    """Return the types of events, and the ignored rows, of rows as they are without sends."""
    kinds: Counter[str] = Counter()
    by_row: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        by_row.setdefault(row["place"], []).append(row)
    ignored = 0
    for events in by_row.values():
        if any(event["cause"] for event in events):
            continue
        taken = [event for event in events if event["part"] and event["event_type"] != "sent"]
        ignored += not taken
        for event in taken:
            kinds[event["event_type"]] += 1
            late = event["event_type"] == "bounce" and event["is_async"]
            kinds["sent"] += event["event_type"] in ("delivered", "bounce") and not late
    return kinds, ignored


@pytest.mark.parametrize("source", ["canonical", "ajo", "ses"])
def test_each_delivery_and_each_bounce_counts_as_a_send(source: str, tmp_path: Path) -> None:
    rows = {
        "canonical": lambda: generate.events(7, 300),
        "ajo": lambda: generate_xdm.rows(7, 300),
        "ses": lambda: SES,
    }[source]()
    path = tmp_path / "a.ndjson"
    path.write_text(files.ndjson_text(rows))
    read = [r for r in staged(f"sends=outcomes:{path}") if not r["cause"]]
    wanted, ignored = as_outcomes(staged(path))
    assert Counter(row["event_type"] for row in read if row["part"]) == wanted
    assert sum(row["part"] == 0 for row in read) == ignored
    ids = [row["event_id"] for row in read if row["event_type"] == "sent"]
    assert all(name.endswith(":sent") for name in ids)


def test_a_store_keeps_the_sends_that_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(files.ndjson_text(SES))
    with Store.open(tmp_path / "ingested") as store:
        store.ingest(f"sends=outcomes:{path}")
    with Store.open(tmp_path / "appended", sends="outcomes") as store:
        store.append(SES, format="ses")
    for name in ("ingested", "appended"):
        assert Counter(row["event_type"] for row in staged(tmp_path / name)) == {
            "sent": 2,
            "delivered": 2,
            "open": 1,
            "error": 1,
        }
    with pytest.raises(SourceError, match="into a new store"):
        open_rollup(f"sends=outcomes:{tmp_path / 'ingested'}")


@pytest.mark.matrix
@pytest.mark.parametrize("format_name", ["canonical", "ses"])
def test_a_rule_of_a_mapping_asks_for_it_as_the_option_does(
    format_name: str, tmp_path: Path
) -> None:
    rows = SES if format_name == "ses" else generate.events(8, 100)
    path, mapping = tmp_path / "a.ndjson", tmp_path / "m.toml"
    path.write_text(files.ndjson_text(rows))
    mapping.write_text(f'[[rule]]\nformat = "{format_name}"\nsends = "outcomes"\n')

    def kinds(source: str) -> Counter[str]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        with Store.open(folder) as store:
            store.ingest(source)
        return Counter(row["event_type"] for row in staged(folder))

    counted = kinds(f"sends=outcomes:{path}")
    assert counted["sent"] > 0
    assert kinds(with_mapping(str(path), mapping)) == counted
    assert kinds(str(path)) != counted
    with Store.open(tmp_path / "appended", mapping=mapping) as store:
        store.append(rows, format=format_name)
    assert Counter(row["event_type"] for row in staged(tmp_path / "appended")) == counted


def test_a_database_and_an_unknown_word_are_refused_in_one_line() -> None:
    with pytest.raises(SourceError, match="make a view that has a sent row"):
        open_rollup("sends=outcomes:postgresql://127.0.0.1:1/x?table=y")
    with pytest.raises(UsageError, match="give events or outcomes"):
        read_as("exports/", None, "all")
    assert read_as("sends=outcomes:x", "crm.toml") == "sends=outcomes:crm.toml:x"
    assert read_as("x", None, "events") == "x"


@pytest.mark.parametrize(
    ("metric", "count", "of", "whole", "share"),
    [
        ("delivered", 8, "sent", 3, None),
        ("bounces", 1, "sent", 0, None),
        ("excluded", 3, "targeted", 2, None),
        ("delivered", -1, "sent", 9, None),
        ("delivered", 3, "sent", 3, 1.0),
        ("errors", 6, "sent", 3, 2.0),
        ("opens", 6, "delivered", 3, 2.0),
        ("opens", 6, "delivered", -3, None),
    ],
)
def test_a_part_is_never_more_than_its_whole(
    metric: str, count: int, of: str, whole: int, share: float | None
) -> None:
    assert rate(metric, count, of, whole) == share
