"""A file of mailbox providers: at the command line, in Python and in what is read for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets import StaticReport
from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-20T13:00:00Z"
TILE = "deliverability.providers"


@pytest.fixture
def source(tmp_path: Path) -> str:
    common = {"campaign_id": "c", "message_id": "m", "channel": "email", "event_type": "sent"}
    common["timestamp"] = "2026-11-20T12:00:00Z"
    domains = ["gmail.com"] * 3 + ["north.example"] * 2 + [None]
    lines = [
        json.dumps({**common, "event_id": str(i), "profile_id": f"p{i}", "domain": domain})
        for i, domain in enumerate(domains)
    ]
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def providers(tmp_path: Path) -> str:
    path = tmp_path / "providers.csv"
    path.write_text("pattern,family\nnorth.example,north\n", encoding="utf-8")
    return str(path)


def sent(rows: list[list[Any]]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}


def command(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["report", *arguments, "--at", AT, "--format", "json"])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("given", [False, True])
def test_the_command_counts_by_the_families_of_the_file(
    capsys: pytest.CaptureFixture[str], source: str, providers: str, *, given: bool
) -> None:
    options = ("--providers", providers) if given else ()
    assert command(source, *options) == 0
    rows = json.loads(capsys.readouterr().out)["widgets"][TILE]["rows"]
    own = {"north": 2} if given else {"other": 2}
    assert sent(rows) == {"gmail": 3, **own, "unknown": 1}


def test_a_mistake_in_the_file_is_reported_before_the_source_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("pattern,family\nnot a domain,x\n", encoding="utf-8")
    assert command(str(tmp_path / "missing"), "--providers", str(wrong)) == 2
    assert "wrong.csv: row 2" in capsys.readouterr().err
    with pytest.raises(UsageError, match="providers"):
        parse_query(providers=tmp_path / "none.csv")


def test_a_family_cannot_be_named_as_the_column_of_times(tmp_path: Path) -> None:
    path = tmp_path / "providers.csv"
    path.write_text("pattern,family\nnorth.example,bucket\n", encoding="utf-8")
    with pytest.raises(UsageError, match="'bucket' is a column of reports"):
        parse_query(providers=path)


def test_a_report_in_python_counts_by_the_families_of_the_file(source: str, providers: str) -> None:
    report = StaticReport(source, at=AT, providers=providers)
    assert sent(report.frame(TILE).to_numpy().tolist())["north"] == 2


def test_queries_of_equal_families_are_equal(providers: str) -> None:
    assert parse_query(providers=providers) == parse_query(providers=providers)
    assert parse_query(providers=providers) != parse_query()
    assert parse_query(providers="") == parse_query()
