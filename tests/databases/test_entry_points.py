"""Commands, Python and the page accept a database's address; none shows its password."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.errors import SourceError, UnknownNameError
from tests.databases.test_every_engine import printed
from tests.support.events import generate
from tests.support.events.generate import AT
from tests.support.servers import server, spark_cluster, tables
from tests.support.servers.engines import filled

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.servers.engines import Engine
    from tests.support.servers.server import Postgres

COMMAND = (sys.executable, "-m", "campaign_live_widgets")
UNKNOWN = "an unkn0wn s3cret"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    return postgres.url(tables.filled(postgres, tables.typed(generate.events(31, 200))))


def test_commands_print_the_numbers_of_the_oracle(url: str) -> None:
    got = run("report", url, "--campaign", "c1", "--at", AT.isoformat(), "--format", "json")
    assert got.returncode == 0, got.stderr
    report = json.loads(got.stdout)
    assert len(report.pop("rejects")) == report["health"]["rejected"]
    rows = tables.typed(generate.events(31, 200))
    assert report == printed(rows, "24h")
    listed = json.loads(run("campaigns", url, "--format", "json").stdout)
    assert {one["campaign_id"] for one in listed} == {row["campaign_id"] for row in rows} - {
        None,
        "",
    }
    assert sum(one["events"] for one in listed) == report["health"]["events"]
    missing = run("report", url, "--campaign", "c11", "--format", "json")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "c11" in missing.stderr.splitlines()[-1]


def test_frames_of_a_report_follow_the_table(engine: Engine) -> None:
    rows = tables.typed(generate.events(32, 120, faults=False))
    name = filled(engine, rows[:60])
    report = CampaignReport(engine.url(name), "c1", window="30d", at=AT, live=False)
    tile = "email.metrics_by_message"

    def rows_of_tile() -> list[list[object]]:
        return [list(row) for row in report.frame(tile).itertuples(index=False)]

    assert rows_of_tile() == printed(rows[:60], "30d")["widgets"][tile]["rows"]
    engine.insert(name, rows[60:])
    assert rows_of_tile() == printed(rows, "30d")["widgets"][tile]["rows"]
    with pytest.raises(UnknownNameError):
        CampaignReport(engine.url(name), "unknown", live=False)
    report.close()


@pytest.mark.browser
def test_page_follows_the_table_and_never_shows_the_address(
    postgres: Postgres, browser: Browser
) -> None:
    rows = tables.typed(generate.events(34, 200, faults=False))
    name = tables.filled(postgres, rows[:100])
    options = ("--campaign", "c1", "--at", AT.isoformat(), "--window", "30d", "--no-browser")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", postgres.url(name), "--no-cache", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    page = browser.new_page()
    try:
        assert process.stdout is not None
        page.goto(process.stdout.readline().decode().strip(), timeout=90_000)
        delivered = page.locator(".clw-kpi-delivered .clw-kpi-value").first
        first, second = (
            dict(printed(part, "30d")["widgets"]["campaign.statistics"]["rows"])["delivered"]
            for part in (rows[:100], rows)
        )
        assert first != second
        expect(delivered).to_have_attribute("data-value", str(first), timeout=60_000)
        with postgres.connect() as con:
            tables.insert(con, name, rows[100:])
        expect(delivered).to_have_attribute("data-value", str(second), timeout=20_000)
        content = page.locator(".clw-report").first.inner_text() + page.content()
        for private in (server.PASSWORD, "CLW_TEST_PASSWORD", "reader@", "postgresql://"):
            assert private not in content
    finally:
        page.close()
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        psutil.wait_procs(family, timeout=10)
    assert process.stderr is not None
    assert server.PASSWORD not in process.stderr.read().decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("?table=", "?table=nowhere_"), ["not found", "nowhere_"]),
        (("reader:env:CLW_TEST_PASSWORD", f"reader:{UNKNOWN}"), ["password"]),
        (("/events?", "/elsewhere?"), ["elsewhere"]),
        (("?table=", "?tabel="), ["tabel", "table"]),
        (("env:CLW_TEST_PASSWORD", "env:CLW_NOT_SET"), ["CLW_NOT_SET"]),
        (("?table=", "?overlap=soon&table="), ["soon"]),
        (("?table=", "?watermark=arrived&table="), ["arrived"]),
        (("?table=", "?watermark=campaign_id&table="), ["campaign_id", "serial"]),
        (("postgresql://", "mysql://"), ["mysql", "postgresql"]),
    ],
)
def test_invalid_address_is_reported_in_one_line(
    url: str, change: tuple[str, str], words: list[str]
) -> None:
    refused(url.replace(*change), words, 2 if UNKNOWN in change[1] else 3, server.PASSWORD)


def refused(url: str, words: list[str], code: int, secret: str) -> None:
    """Have commands that ask a source refuse it in one line that has *words*."""
    for command in (("report", "--campaign", "c1"), ("campaigns",)):
        got = run(command[0], url, *command[1:])
        assert (got.returncode, got.stdout) == (code, ""), got.stderr
        assert len(got.stderr.splitlines()) == 1, got.stderr
        for word in words:
            assert word in got.stderr
        assert secret not in got.stderr
        assert UNKNOWN not in got.stderr


def test_unreachable_server_is_reported_in_one_line(url: str) -> None:
    gone = url.replace(
        url.partition("@127.0.0.1:")[2].partition("/")[0], str(spark_cluster.free_port())
    )
    got = run("serve", gone, "--no-browser")
    assert (got.returncode, got.stdout) == (3, "")
    assert len(got.stderr.splitlines()) == 1
    assert server.PASSWORD not in got.stderr


def test_table_without_event_columns_is_an_error(postgres: Postgres) -> None:
    with postgres.connect() as con:
        con.execute('CREATE TABLE other (event_id text, "timestamp" text)')
    with pytest.raises(SourceError, match=r"no column campaign_id.*campaign-live schema"):
        CampaignReport(postgres.url("other"), live=False)
    required = ("event_id", "campaign_id", "message_id", "channel", "profile_id", "event_type")
    texts = tables.create(postgres, (*required, "timestamp"), types={"timestamp": "text"})
    with pytest.raises(SourceError, match="timestamp is string"):
        CampaignReport(postgres.url(texts), live=False)


def test_view_in_another_schema_is_read(postgres: Postgres) -> None:
    """Names in any case, ids that are numbers, flags that are words, a reader's rights alone."""
    rows = tables.typed(generate.events(33, 100, faults=False))
    name = tables.filled(postgres, rows)
    with postgres.connect() as con:
        con.execute('CREATE SCHEMA "Team Mail"')
        con.execute(
            f'CREATE VIEW "Team Mail"."Sent" AS SELECT event_id AS "Event_ID", timestamp AS'
            f' "TIMESTAMP", campaign_id, message_id, channel, substr(profile_id, 2)::bigint AS'
            f" profile_id, event_type, reason, bounce_type::varchar(10), is_async::int, domain,"
            f" platform, execution_id, is_test::text, campaign_name, message_name FROM {name}"
        )
        con.execute('GRANT USAGE ON SCHEMA "Team Mail" TO reader')
        con.execute('GRANT SELECT ON ALL TABLES IN SCHEMA "Team Mail" TO reader')
    report = CampaignReport(postgres.url("Team%20Mail.Sent"), "c1", window="7d", at=AT, live=False)
    got = report.frame("email.summary").iloc[:, 1:].sum().to_dict()
    series = printed(rows, "7d")["widgets"]["email.summary"]
    summed = [sum(row[i] for row in series["rows"]) for i in range(1, len(series["columns"]))]
    assert list(got.values()) == summed
    entered = report.frame("campaign.statistics")["count"].tolist()
    assert entered == [
        row[1] for row in printed(rows, "7d")["widgets"]["campaign.statistics"]["rows"]
    ]
    report.close()
