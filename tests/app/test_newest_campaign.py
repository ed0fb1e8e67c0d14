"""Without a campaign option, the newest campaign is reported and its id is logged."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.cli import COMMAND, call

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-11-23T12:00:00Z"


def event(number: int, campaign: str, minute: int) -> str:
    row = {
        "event_id": f"e{number}",
        "timestamp": f"2026-11-23T11:{minute:02}:00Z",
        "campaign_id": campaign,
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"p{number}",
        "event_type": "sent",
    }
    return json.dumps(row) + "\n"


@pytest.fixture
def source(tmp_path: Path) -> str:
    rows = [event(1, "older", 10), event(2, "newer", 40), event(3, "oldest", 5)]
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "a.ndjson").write_text("".join(rows))
    return str(folder)


@pytest.mark.parametrize("form", ["json", "csv", "text"])
def test_report_prints_the_newest_campaign_and_logs_its_id(source: str, form: str) -> None:
    options = ("--at", AT, "--format", form)
    named = call("report", source, "--campaign", "newer", *options)
    unnamed = call("report", source, *options)
    assert (unnamed.code, unnamed.out) == (0, named.out)
    assert named.err == ""
    assert unnamed.err == (
        "campaign-live: reporting campaign newer, the newest of 3; "
        "use --campaign to report another one\n"
    )


def test_the_log_does_not_offer_other_campaigns_if_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(event(1, "only", 1))
    done = call("report", str(path), "--at", AT)
    assert done.err == "campaign-live: reporting campaign only, the newest\n"


def test_report_of_a_source_without_events_exits_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").touch()
    done = call("report", str(tmp_path), "--at", AT)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "campaign-live: the source has no events, so there is no campaign to report\n"
    )


def test_a_window_of_all_starts_at_the_first_event_of_the_campaign(source: str) -> None:
    done = call("report", source, "--window", "all", "--at", AT, "--format", "json")
    window = json.loads(done.out)["window"]
    assert (window["start"], window["end"]) == ("2026-11-23T11:40:00Z", AT)


def test_every_needs_watch(source: str) -> None:
    done = call("report", source, "--every", "2s")
    assert (done.code, done.out) == (2, "")
    assert done.err == "campaign-live: --every can only be used with --watch\n"


@pytest.mark.usefixtures("kernels")
def test_snapshot_saves_the_newest_campaign_and_logs_its_id(source: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    done = call("snapshot", source, "--out", out, "--at", AT, "--formats", "csv")
    assert done.code == 0, done.err
    assert "campaign-live: reporting campaign newer, the newest; use --campaign" in done.err
    assert done.out == f"{out}/newer_2026-11-23T1200Z_24h\n"


def test_the_environment_can_set_the_campaign(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    named = call("report", source, "--campaign", "older", "--at", AT)
    monkeypatch.setenv("CAMPAIGN_LIVE_CAMPAIGN", "older")
    done = call("report", source, "--at", AT)
    assert (done.code, done.out) == (0, named.out)
    assert "reporting campaign older, which CAMPAIGN_LIVE_CAMPAIGN names;" in done.err


@pytest.mark.usefixtures("processes", "kernels")
def test_serve_logs_the_campaign_that_its_page_shows(source: str, tmp_path: Path) -> None:
    command = [*COMMAND, "serve", source, "--no-browser", "--no-cache", "--at", AT]
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)  # noqa: S603 - our own command
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
    assert (tmp_path / "errors").read_text() == (
        "campaign-live: reporting campaign newer, the newest; "
        "use --campaign to report another one\n"
    )
