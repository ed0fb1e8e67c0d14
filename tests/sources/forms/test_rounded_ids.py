"""Ids that a spreadsheet has rounded are counted as they are, and noted."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.sources.mapping.prefix import with_mapping
from campaign_live_widgets.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Health


def rows(**ids: str) -> list[dict[str, str]]:
    """Return three canonical rows, of which the second has other ids."""
    usual = {
        "timestamp": "2026-11-20T12:00:00Z",
        "campaign_id": "c1",
        "message_id": "12E4",
        "channel": "email",
        "event_type": "sent",
        "url": "1.23457E+17",
    }
    given = [{**usual, "event_id": f"e{n}", "profile_id": f"1e5{n}"} for n in range(3)]
    given[1] |= ids
    return given


def csv_of(values: list[dict[str, str]], delimiter: str = ",", quote: str = '"') -> str:
    lines = [list(values[0]), *(list(row.values()) for row in values)]
    return "".join(delimiter.join(f"{quote}{v}{quote}" for v in line) + "\n" for line in lines)


def ndjson_of(values: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def health_of(path: Path, text: str) -> Health:
    path.write_text(text, encoding="utf-8")
    with closing(open_rollup(path)) as rollup:
        return rollup.health


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("a.csv", csv_of(rows(profile_id="1.23457E+17")), "profile_id"),
        ("b.csv", csv_of(rows(profile_id="1,23457E+17")), "profile_id"),
        ("c.csv", csv_of(rows(event_id="2,5e+021", campaign_id="1E+17"), ";", ""), "event_id"),
        ("d.csv", "sep=;\n" + csv_of(rows(message_id="9.00072E+18"), ";", ""), "message_id"),
        ("e.ndjson", ndjson_of(rows(profile_id="1.23457E+17")), "profile_id"),
        ("f.ndjson", ndjson_of(rows(profile_id=1.23457e17)), "profile_id"),  # type: ignore[arg-type]
        ("g.json", json.dumps(rows(execution_id="4.2E+15")), "execution_id"),
    ],
)
def test_rounded_ids_are_noted_and_counted(
    tmp_path: Path, name: str, text: str, columns: str
) -> None:
    health = health_of(tmp_path / name, text)
    assert (health.events, health.rejected) == (3, 0)
    (note,) = health.notes
    assert note.startswith(f"{name}: column")
    assert columns in note
    assert "url" not in note
    assert "spreadsheet" in note


def test_codes_are_not_noted(tmp_path: Path) -> None:
    given = (
        "12E4",
        "1E17",
        "7E+1",
        "1e5+17",
        "1.2E3",
        "3e17-5a",
        "v1.23457E+17",
        "1.5E-10",
        "12345678901234567",
    )
    coded = [row for code in given for row in rows(event_id=f"{code}-1", profile_id=code)[1:2]]
    for name, text in (("a.csv", csv_of(coded)), ("a.ndjson", ndjson_of(coded))):
        health = health_of(tmp_path / name, text)
        assert (health.events, health.notes) == (len(given), ())
        (tmp_path / name).unlink()


def test_fields_of_senders_and_mappings_are_looked_at(tmp_path: Path) -> None:
    event = {
        "timestamp": 1763640000,
        "event": "delivered",
        "email": "a@x.example",
        "sg_event_id": "e1",
        "sg_message_id": "1.23457E+17",
        "unique_args": {"campaign_id": "3.1E+12"},
    }
    (note,) = health_of(tmp_path / "sendgrid.ndjson", ndjson_of([event])).notes
    assert "columns sg_message_id, unique_args.campaign_id: " in note

    (tmp_path / "m.toml").write_text(
        '[[rule]]\nfiles = "own.csv"\n[rule.columns]\nevent_id = "Nr"\ntimestamp = "At"\n'
        'campaign_id = "Kampagne"\nmessage_id = "Mail"\nprofile_id = "Kunde"\n'
        'channel = { value = "email" }\nevent_type = { value = "sent" }\n',
        encoding="utf-8",
    )
    (tmp_path / "own.csv").write_text(
        "Nr;At;Kampagne;Mail;Kunde;Preis\n1;2026-11-20T12:00:00Z;c;m;1,23457E+17;1,5E+10\n",
        encoding="utf-8",
    )
    with closing(open_rollup(with_mapping(str(tmp_path / "own.csv"), tmp_path / "m.toml"))) as own:
        assert own.health.events == 1
        (note,) = own.health.notes
    assert note.startswith("own.csv: column Kunde: ")


def test_a_store_notes_what_it_ingests_once(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(csv_of(rows(profile_id="1.23457E+17")), encoding="utf-8")
    with Store.open(tmp_path / "store") as store:
        (note,) = store.ingest(tmp_path / "in.csv").notes
        assert note.startswith("in.csv: column profile_id: ")
        assert not store.ingest(tmp_path / "in.csv").notes
