"""The command line follows its contract: exit codes, outputs, JSON, CSV, both languages."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pandas as pd
import psutil
import pytest

from campaign_live_widgets.catalog import TILES
from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.support.cli import COMMAND, Command, Run, call
from tests.support.events import files, generate, generate_xdm
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

DONE, WRONG_CALL, UNREADABLE = 0, 2, 3
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@cache
def run(*arguments: str) -> Run:
    return call(*arguments)


FORMULA_NAMES = ('=HYPERLINK("http://x.example","y")', "+1-2", "-2+3", "@SUM(A1:A9)", "\tcmd")


@cache
def rows() -> list[Row]:
    """Return events, some with names that a spreadsheet would run as formulas."""
    events = generate.events(21, 300)
    fields = {"campaign_id": "c1", "timestamp": AT, "bounce_type": "hard", "is_test": None}
    for number, name in enumerate(FORMULA_NAMES):
        names = fields | {"message_id": name, "reason": name, "message_name": name}
        for channel, kind in (("email", "bounce"), ("email", "open"), ("push", "bounce")):
            extra = names | {"channel": channel, "event_type": kind, "profile_id": "p1"}
            dimensions = {"domain": name if channel == "email" else None, "platform": name}
            key = {"event_id": f"formula-{number}-{channel}-{kind}"}
            events.append(dict.fromkeys(oracle.COLUMNS) | extra | dimensions | key)
    return events


NULL = type(None)
TYPES = {
    "text": {str, NULL},
    "count": {int},
    "unique": {int, NULL},
    "ratio": {float, NULL},
    "number": {float, NULL},
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("source")
    first, second = files.split(rows(), 2, seed=21)
    files.write(first, folder / "first.parquet")
    files.write(second, folder / "second.csv.gz")
    return str(folder)


def report(source: str, *options: str, campaign: str = "c1") -> Run:
    at = AT.isoformat().replace("+00:00", "Z")
    return run("report", source, "--campaign", campaign, "--at", at, *options)


def expected(window: str, *, tests: bool = False, locale: str = "en", campaign: str = "c1") -> Row:
    events = pd.DataFrame(rows(), columns=list(oracle.COLUMNS), dtype=object)
    return oracle.report(events, campaign, AT, WINDOWS[window], include_tests=tests, locale=locale)


def assert_fails(result: Run, code: int, *words: str) -> None:
    """Check the code, an empty standard output and one line without traceback as error."""
    assert (result.code, result.out) == (code, "")
    assert len(result.err.splitlines()) == 1, result.err
    assert "Traceback" not in result.err
    for word in words:
        assert word in result.err


# ── valid calls ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command", ["", "demo", "serve", "campaigns", "report", "snapshot", "ingest"]
)
def test_every_command_has_help(command: str) -> None:
    result = run(*command.split(), "--help")
    assert (result.code, result.err) == (DONE, "")
    assert result.out.startswith("Usage: campaign-live")
    options = {
        "": ("demo", "serve", "campaigns", "report", "snapshot", "diff", "verify", "ingest"),
        "ingest": ("SOURCE", "--into"),
        "demo": ("--port", "--no-browser"),
        "serve": ("SOURCE", "--campaign", "--port", "--host", "--no-browser"),
        "campaigns": ("SOURCE",),
        "snapshot": ("SOURCE", "--campaign", "--out", "--at", "--window", "--locale", "--formats"),
        "report": (
            "SOURCE",
            "--campaign",
            "--at",
            "--window",
            "--include-tests",
            "--locale",
            "--format",
        ),
    }
    for option in options[command]:
        assert option in result.out
    if command == "report":
        assert re.search(r"--locale \[en\|fr\]", result.out)
        assert re.search(r"--format \[text\|json\|csv\]", result.out)


@pytest.mark.parametrize(
    ("options", "window", "tests"),
    [
        ((), "24h", False),
        (("--window", "7d", "--include-tests"), "7d", True),
    ],
)
def test_json_is_one_object_equal_to_the_oracle(
    source: str, options: tuple[str, ...], window: str, *, tests: bool
) -> None:
    result = report(source, "--format", "json", *options)
    assert result.code == DONE
    document = json.loads(result.out)
    document.pop("rejects", None)
    assert document == expected(window, tests=tests)


def test_json_in_french_differs_only_in_titles(source: str) -> None:
    document = json.loads(report(source, "--format", "json", "--locale", "fr").out)
    document.pop("rejects", None)
    assert document == expected("24h", locale="fr")


def test_json_has_the_types_of_the_contract(source: str) -> None:
    document = json.loads(report(source, "--format", "json").out)
    assert document["schema_version"] == 2
    assert document["campaign_id"] == "c1"
    for time in (document["window"]["start"], document["window"]["end"], document["newest_event"]):
        assert TIME.fullmatch(time)
    assert type(document["window"]["bucket_seconds"]) is int
    assert {type(count) for count in document["health"].values()} == {int}
    for name, widget in document["widgets"].items():
        assert set(widget) == {"title", "columns", "rows", "state", "of"}
        assert widget["state"] in {"ok", "thin", "none"}
        for row in widget["rows"]:
            assert len(row) == len(widget["columns"])
            assert type(row[0]) is str
            for column, cell in zip(widget["columns"][1:], row[1:], strict=True):
                assert type(cell) in TYPES[TILES[name].column(column).kind], (name, column)
        if widget["columns"][0] == "bucket":
            assert all(TIME.fullmatch(row[0]) for row in widget["rows"])


def test_an_empty_window_has_zeros_nulls_and_every_bucket(source: str) -> None:
    result = run(
        "report", source, "--campaign", "c2", "--at", "2020-01-01T00:00:00Z", "--format", "json"
    )
    assert result.code == DONE
    document = json.loads(result.out)
    widgets = document["widgets"]
    assert widgets["email.sending_statistics"]["rows"] == [
        ["delivered", 0, None],
        ["bounces", 0, None],
        ["errors", 0, None],
    ]
    assert widgets["email.bounce_categories"]["rows"] == [["hard", 0], ["soft", 0], ["ignored", 0]]
    assert len(widgets["push.summary"]["rows"]) == 96
    assert widgets["push.failures"]["rows"] == [["bounces", 0], ["errors", 0]]
    assert widgets["email.recipient_domains"]["rows"] == []


def test_a_campaign_without_a_name_is_null(tmp_path: Path) -> None:
    vendor = generate_xdm.rows(22, 200)
    path = files.write(vendor, tmp_path / "export.ndjson.gz")
    document = json.loads(report(f"ajo:{path}", "--format", "json").out)
    document.pop("rejects", None)
    events, ignored, rejected = xdm_to_canonical(vendor)
    assert document["campaign_name"] is None
    assert document == oracle.report(
        events, "c1", AT, WINDOWS["24h"], ignored=ignored, rejected=rejected
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_csv_has_every_widget_and_no_formula(source: str, locale: str) -> None:
    result = report(source, "--format", "csv", "--locale", locale, "--window", "30d")
    assert result.code == DONE
    lines = list(csv.reader(io.StringIO(result.out, newline="")))
    cells = [cell for line in lines for cell in line]
    for cell in cells:
        assert not cell.startswith(FORMULA) or re.fullmatch(r"-\d+(\.\d+)?", cell), cell
    for name, widget in expected("30d", locale=locale)["widgets"].items():
        assert [name, widget["title"]] in lines
    assert {f"'{name}" for name in FORMULA_NAMES} <= set(cells), "formulas are escaped"


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_text_names_every_widget_and_its_numbers(source: str, locale: str) -> None:
    result = report(source, "--locale", locale, "--window", "7d")
    assert result.code == DONE
    expected_report = expected("7d", locale=locale)
    for name in oracle.WIDGETS:
        assert expected_report["widgets"][name]["title"] in result.out
    entered = expected_report["widgets"]["campaign.statistics"]["rows"][0][1]
    label = {"en": "Entered profiles", "fr": "Profils entrés"}[locale]
    assert re.search(rf"{label}\s+{entered}\b", result.out)
    assert "\x1b" not in result.out, "no colours without a terminal"
    assert "\u202e" not in result.out, "a name cannot reverse the text direction"


def test_profiles_are_never_printed(source: str) -> None:
    profile = re.compile(r"\bp\d{1,2}\b")
    for options in (
        ("--locale", "en", "--window", "7d"),
        ("--format", "json"),
        ("--format", "csv", "--locale", "en", "--window", "30d"),
    ):
        result = report(source, *options)
        assert result.code == DONE
        assert not profile.search(result.out + result.err)


def test_campaigns_lists_all_campaigns(source: str) -> None:
    result = run("campaigns", source)
    assert result.code == DONE
    good = {e["event_id"]: e for row in rows() if (e := oracle.event(row))}
    for campaign in ("c1", "c2", 'c"3", =1+1'):
        line = next(line for line in result.out.splitlines() if campaign in line)
        events = sum(e["campaign_id"] == campaign for e in good.values())
        assert re.search(rf"\b{events}\b", line)


def test_rejected_rows_are_logged_on_standard_error(source: str) -> None:
    result = report(source, "--format", "json")
    health = expected("24h")["health"]
    assert str(health["rejected"]) in result.err
    assert "Traceback" not in result.err


@pytest.mark.usefixtures("kernels")
def test_snapshot_writes_the_report_into_a_folder(source: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("--campaign", "c1", "--at", AT.isoformat(), "--out", str(out))
    result = run("snapshot", source, *arguments, "--formats", "html,csv")
    assert result.code == DONE
    assert {path.suffix for path in out.rglob("*")} >= {".html", ".csv"}


@pytest.mark.parametrize(
    "arguments",
    [("report", "--campaign", "c1", "--format", "json"), ("campaigns",), ("report",)],
    ids=["a report", "campaigns", "an invalid call"],
)
def test_a_process_has_the_same_code_and_outputs(
    source: str, run_cli: Command, arguments: tuple[str, ...]
) -> None:
    name, *options = arguments
    if "--format" in options:
        options += ["--at", AT.isoformat()]
    assert run_cli(name, source, *options) == call(name, source, *options)


# ── invalid calls ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", ".", "--campaign", "c1", "--colour"), ["--colour"]),
        (("reprot", "."), ["reprot"]),
        (("report",), ["SOURCE"]),
        (("report", ".", "--campaign", "c1", "--at", "yesterday"), ["yesterday"]),
        (("report", ".", "--campaign", "c1", "--window", "soon"), ["soon"]),
        (("report", ".", "--campaign", "c1", "--window", "0h"), ["0h"]),
        (("report", ".", "--campaign", "c1", "--window", "-2h"), ["-2h"]),
        (("report", ".", "--campaign", "c1", "--window", "24"), ["24"]),
        (("report", ".", "--campaign", "c1", "--locale", "de"), ["de", "en", "fr"]),
        (("report", ".", "--campaign", "c1", "--format", "xml"), ["xml", "json"]),
        (("serve", ".", "--port", "high"), ["high"]),
    ],
)
def test_an_invalid_call_exits_with_status_2(arguments: tuple[str, ...], words: list[str]) -> None:
    result = run(*arguments)
    assert_fails(result, WRONG_CALL, *words)
    assert result.err.removeprefix("campaign-live: ")[0].islower()


def test_window_names_the_same_examples_in_help_and_error() -> None:
    assert "such as 15m, 6h, 7d or 2w" in " ".join(run("report", "--help").out.split())
    assert "such as 15m, 6h, 7d or 2w" in run("report", ".", "--window", "soon").err


def test_an_unknown_campaign_suggests_the_nearest(source: str) -> None:
    result = report(source, "--format", "json", campaign="c11")
    assert (result.code, result.out) == (WRONG_CALL, "")
    last = result.err.splitlines()[-1]
    assert "c11" in last
    assert "c1'" in last
    assert "Traceback" not in result.err


def test_a_missing_file_exits_with_status_3(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere.parquet")
    assert_fails(report(path), UNREADABLE, "nowhere.parquet")


def test_an_empty_folder_exits_with_status_3(tmp_path: Path) -> None:
    assert_fails(report(str(tmp_path)), UNREADABLE, str(tmp_path))
    assert_fails(run("campaigns", str(tmp_path)), UNREADABLE, str(tmp_path))


def test_a_glob_without_matches_exits_with_status_3(tmp_path: Path) -> None:
    assert_fails(report(str(tmp_path / "*.parquet")), UNREADABLE, "*.parquet")


def test_a_file_of_another_format_exits_with_status_3(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    path.write_text("PAR1 this is not a Parquet file PAR1", encoding="utf-8")
    assert_fails(report(str(path)), UNREADABLE, "events.parquet")


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    path = str(tmp_path / "nowhere.parquet")
    result = run("--debug", "report", path, "--campaign", "c1")
    assert (result.code, result.out) == (UNREADABLE, "")
    assert "Traceback" in result.err
    assert "nowhere.parquet" in result.err.splitlines()[-1]


# ── commands that run until a signal ────────────────────────────────────────────────────


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_the_page_answers_at_the_printed_address_and_ends_at_a_signal(
    source: str, command: str
) -> None:
    arguments = [source] if command == "serve" else []
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, command, *arguments, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        assert re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+/?\S*", address)
        with urlopen(f"{address}?tab=deliverability", timeout=60) as page:  # noqa: S310 - our own
            assert page.status == 200
            text = page.read().decode()
        if command == "demo":
            for provider in ("northmail", "postbox", "courriel", "fibre", "orchard"):
                assert f">{provider}<" in text
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == DONE
        gone, left = psutil.wait_procs(family, timeout=10)
        assert not left, [child.cmdline() for child in left]
        assert len(gone) == len(family)
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()


# ── a store ─────────────────────────────────────────────────────────────────────────────


def test_ingest_appends_exactly_once(source: str, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    for _ in range(2):
        assert call("ingest", source, "--into", store).code == DONE
    document = json.loads(report(store, "--format", "json").out)
    expected_report = expected("24h")
    assert document["widgets"] == expected_report["widgets"]
    assert document["health"]["events"] == expected_report["health"]["events"]
    assert document["health"]["duplicates"] == 0


def test_the_default_window_ends_now(source: str) -> None:
    before = datetime.now(UTC)
    result = call("report", source, "--campaign", "c1", "--format", "json")
    window = json.loads(result.out)["window"]
    start, end = (datetime.fromisoformat(window[side]) for side in ("start", "end"))
    assert end - start == WINDOWS["24h"]
    assert -1 <= (end - before).total_seconds() <= 180
