"""Query Service's protocol and rules before a real Spark: the report is the oracle's."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Window
from tests.databases.test_every_engine import (
    EVERY_CASE,
    printed_xdm,
    report_of,
    wanted,
    wanted_xdm,
)
from tests.support.events import files, generate, xdm_tables
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import DATASETS
from tests.support.servers import gateway, tables
from tests.support.servers.lake import create

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.servers.gateway import Gateway
    from tests.support.servers.spark_cluster import Cluster

Row = dict[str, Any]
HOUR = 3_600_000
FIRST_ARRIVAL = 1_795_000_000_000
"""Milliseconds since the epoch."""


@pytest.fixture(scope="module")
def platform(lake: Cluster) -> Iterator[Gateway]:
    with (
        pytest.MonkeyPatch.context() as patch,
        gateway.running(lambda: lake.session, lake.folder) as running,
    ):
        patch.setenv("CREDENTIAL", gateway.CREDENTIAL)
        yield running


@pytest.fixture
def service(platform: Gateway) -> Gateway:
    platform.rules.again()
    return platform


def arrived(rows: list[Row], hours: float) -> list[Row]:
    """Return rows as they came into the lake, *hours* after the first."""
    at = FIRST_ARRIVAL + int(hours * HOUR)
    return [row | {"_acp_system_metadata": {"ingestTime": at}} for row in rows]


def one_line(refused: pytest.ExceptionInfo[SourceError]) -> str:
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert gateway.CREDENTIAL not in message
    assert gateway.USER not in message
    return message


@pytest.mark.parametrize("datasets", [("journey",), DATASETS])
def test_every_window_equals_the_oracle_with_and_without_tests(
    service: Gateway, datasets: tuple[str, ...]
) -> None:
    rollup = open_rollup(service.url(*datasets), "c1")
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted_xdm(window, tests=tests)
    assert rollup.health.ignored > 10
    assert {reject.cause for reject in rollup.health.rejects} >= {
        "unknown feedbackStatus 'teleported'",
        "unknown bounce_type 'squishy'",
        "identityMap is missing",
    }
    rollup.close()
    assert service.rules.kinds == {b"Q"}


@pytest.mark.parametrize("window", ["24h"])
def test_rollup_for_one_window_equals_the_oracle(service: Gateway, window: str) -> None:
    span = Window.ending(AT, WINDOWS[window])
    rollup = open_rollup(service.url(*DATASETS, prefix="ajo:"), "c1", follow=False, window=span)
    for tests in (False, True):
        assert report_of(rollup, window, tests=tests) == wanted_xdm(window, tests=tests)
    rollup.close()


def test_spark_without_ansi_mode_equals_the_oracle(service: Gateway, lake: Cluster) -> None:
    """The service does not say which rules its Spark keeps to."""
    lake.session.conf.set("spark.sql.ansi.enabled", "false")
    try:
        rollup = open_rollup(service.url("journey"), "c1")
    finally:
        lake.session.conf.unset("spark.sql.ansi.enabled")
    assert report_of(rollup, "30d", tests=True) == wanted_xdm("30d", tests=True)
    rollup.close()


def test_the_default_and_a_named_campaign_equal_the_oracle(service: Gateway) -> None:
    rollup = open_rollup(service.url("journey"))
    named = rollup.campaign
    assert named in {"c1", "c2"}
    assert report_of(rollup, "24h") == wanted_xdm("24h", campaign=str(named))
    rollup.close()
    other = open_rollup(service.url("journey"), "c2")
    assert report_of(other, "7d") == wanted_xdm("7d", campaign="c2")
    other.close()


def test_refresh_counts_rows_by_their_arrival(service: Gateway, lake: Cluster) -> None:
    """By the time of arrival: what came late, and what comes again, counts as it should."""
    rows = xdm_tables.rows()
    third = len(rows) // 3
    hours = (0, 5, 4, 9)
    parts = (rows[:third], rows[third : 2 * third], rows[2 * third :], rows[:50])
    came = [row for part, at in zip(parts, hours, strict=True) for row in arrived(part, at)]
    all_rows = files.table(came)  # of one schema, whatever a part has in it
    lake.session.createDataFrame(all_rows.slice(0, third)).coalesce(1).write.saveAsTable("live")
    rollup = new_rollup(service.url("live", prefix="ajo:", every="0"), "c1")
    assert rollup.refresh()
    lake.append("live", all_rows.slice(third, third))
    assert rollup.refresh()
    service.rules.statements.clear()
    lake.append("live", all_rows.slice(2 * third, len(rows) - 2 * third))
    assert rollup.refresh()
    sent = service.rules.statements[-1]
    assert str(FIRST_ARRIVAL + 3 * HOUR) in sent
    assert "ANTI" not in sent
    for window, tests in (("24h", False), ("30d", True)):
        assert report_of(rollup, window, tests=tests) == wanted_xdm(window, tests=tests)
    lake.append("live", all_rows.slice(len(rows)))
    rollup.refresh()
    assert report_of(rollup, "30d")["widgets"] == wanted_xdm("30d")["widgets"]
    assert not rollup.refresh()
    rollup.close()


def test_at_most_one_query_runs_per_minute(service: Gateway) -> None:
    rollup = new_rollup(service.url("journey"), "c1")
    assert rollup.refresh()
    sent = len(service.rules.statements)
    assert not rollup.refresh()
    assert len(service.rules.statements) == sent
    rollup.close()


def test_statements_lift_the_row_limit(service: Gateway) -> None:
    service.rules.most = 10
    rollup = open_rollup(service.url("journey"), "c1")
    assert report_of(rollup, "30d") == wanted_xdm("30d")
    rollup.close()


def test_truncated_answer_is_an_error(service: Gateway) -> None:
    """Where ``LIMIT 0`` gives no row it is left out, and what comes is counted."""
    service.rules.lifts = False
    rollup = open_rollup(service.url("journey"), "c1")
    assert report_of(rollup, "30d") == wanted_xdm("30d")
    rollup.close()
    service.rules.most = 10
    with pytest.raises(SourceError, match=r"returned 10 of [0-9,]+ rows of the answer") as refused:
        open_rollup(service.url("journey"), "c1")
    assert "one window" in one_line(refused)


def test_invalid_credential_is_reported_in_one_line(
    service: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLD", "an expired t0ken")
    with pytest.raises(SourceError, match="invalid authentication token") as refused:
        open_rollup(service.url("journey", variable="OLD"), "c1")
    assert "an expired t0ken" not in one_line(refused)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_credential_is_only_sent_over_tls(service: Gateway, mode: str) -> None:
    with pytest.raises(SourceError, match="require, verify-ca, verify-full") as refused:
        open_rollup(service.url("journey", sslmode=mode), "c1")
    one_line(refused)
    assert not service.rules.statements


def test_unverified_server_gets_no_credential(service: Gateway, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(SourceError, match="certificate verify failed") as refused:
        open_rollup(service.url("journey", sslrootcert=str(other)), "c1")
    one_line(refused)


def test_missing_dataset_is_reported_in_one_line(service: Gateway) -> None:
    with pytest.raises(SourceError, match="nowhere") as refused:
        open_rollup(service.url("journey", "nowhere"), "c1")
    one_line(refused)


def test_dataset_without_event_fields_is_an_error(service: Gateway, lake: Cluster) -> None:
    create(lake, "weather", [{"_id": "1", "place": {"name": "here"}}])
    with pytest.raises(SourceError, match="has no column timestamp") as refused:
        open_rollup(service.url("weather", prefix="ajo:"), "c1")
    one_line(refused)


def test_error_contains_no_row_value(service: Gateway) -> None:
    service.rules.fails = "58000", "Internal failure [the value 'someone@example.com' is odd]"
    with pytest.raises(SourceError, match="Internal failure") as refused:
        open_rollup(service.url("journey"), "c1")
    assert "someone" not in one_line(refused)


def test_lost_connection_is_reported_in_one_line_and_retried(service: Gateway) -> None:
    rollup = new_rollup(service.url("journey", every="0"), "c1")
    rollup.refresh()
    service.cut()
    with pytest.raises(SourceError) as refused:
        rollup.refresh()
    one_line(refused)
    assert report_of(rollup, "24h") == wanted_xdm("24h")
    assert not rollup.refresh()
    assert report_of(rollup, "24h") == wanted_xdm("24h")
    rollup.close()


def test_dataset_of_canonical_events_is_read(service: Gateway, lake: Cluster) -> None:
    rows = tables.typed(generate.events(1))
    create(lake, "derived", rows)
    rollup = open_rollup(service.url("derived"), "c1")
    for window in ("2h", "30d"):
        assert report_of(rollup, window) == wanted(rows, window)
    rollup.close()


def test_report_command_prints_the_object_of_the_oracle(service: Gateway) -> None:
    at = AT.isoformat().replace("+00:00", "Z")
    options = ("--campaign", "c1", "--at", at, "--window", "7d", "--format", "json")
    url = service.url(*DATASETS)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "campaign_live_widgets", "report", url, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert len(report.pop("rejects")) == report["health"]["rejected"]
    assert report == printed_xdm("7d")
    for secret in (gateway.CREDENTIAL, gateway.USER, "profile-", "person-"):
        assert secret not in done.stdout + done.stderr


def test_profile_ids_do_not_leave_the_service(service: Gateway) -> None:
    rollup = open_rollup(service.url("journey"), "c1")
    rollup.close()
    sent = max(service.rules.statements, key=len)
    assert "messageProfileID" in sent
    assert "profile" not in sent[sent.index("UNION ALL") :].lower()
