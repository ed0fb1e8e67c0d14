"""Commands and Python accept a Spark table's address; errors are one line without the token."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.errors import SourceError
from tests.databases.test_entry_points import COMMAND, UNKNOWN, refused, run
from tests.support.events import generate
from tests.support.servers import engines, spark_cluster, tables

if TYPE_CHECKING:
    from tests.support.servers.spark_cluster import Cluster


@pytest.fixture(scope="module")
def url(spark: Cluster) -> str:
    rows = generate.events(31, faults=False)
    return spark.url(engines.filled(engines.OnSpark(spark), rows))


def test_campaigns_command_prints_only_the_campaigns(url: str) -> None:
    got = run("campaigns", url, "--format", "json")
    rows = generate.events(31, faults=False)
    assert (got.returncode, got.stderr) == (0, "")
    assert {one["campaign_id"] for one in json.loads(got.stdout)} == {
        row["campaign_id"] for row in rows
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("?table=", "?table=nowhere_"), ["not found", "nowhere_"]),
        (("/?", "/elsewhere?"), ["not found"]),
        (("/?", "/a.b.c?"), ["catalog.database.table"]),
        (("?table=", "?tabel="), ["tabel", "table"]),
        (("env:CLW_TEST_TOKEN", "env:CLW_NOT_SET"), ["CLW_NOT_SET"]),
        (("reader:env:CLW_TEST_TOKEN@", ""), ["rejected the credentials", "env:NAME"]),
        (("reader:env:CLW_TEST_TOKEN", f"reader:{UNKNOWN}"), ["password"]),
        (("/?", f"/;token={UNKNOWN}?"), ["password"]),
        (("?table=", f"?token={UNKNOWN}&table="), ["password"]),
        (("?table=", "?watermark=arrived&table="), ["arrived"]),
        (("?table=", "?day=campaign_id&table="), ["campaign_id", "day"]),
        (("localhost", "127.0.0.1"), ["no Spark Connect server"]),  # a token without TLS
    ],
)
def test_invalid_address_is_reported_in_one_line(
    url: str, change: tuple[str, str], words: list[str]
) -> None:
    code = 2 if UNKNOWN in change[1] else 3
    refused(url.replace(*change), words, code, spark_cluster.TOKEN)


def test_rejected_token_is_reported_in_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLW_TEST_TOKEN", UNKNOWN)
    refused(url, ["rejected the credentials", "env:NAME"], 3, spark_cluster.TOKEN)


def test_unreachable_server_is_reported_in_one_line(spark: Cluster, url: str) -> None:
    gone = url.replace(str(spark.port), str(spark_cluster.free_port()))
    refused(gone, ["no Spark Connect server answers"], 3, spark_cluster.TOKEN)
    got = run("serve", gone, "--no-browser")
    assert (got.returncode, got.stdout) == (3, "")
    assert len(got.stderr.splitlines()) == 1


def test_serve_starts_and_stops(url: str) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "serve", url, "--campaign", "c1", "--no-browser", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, output = process.communicate(timeout=120)
    assert address.startswith("http://127.0.0.1:"), output
    assert spark_cluster.TOKEN not in output


def test_table_without_event_columns_is_an_error(spark: Cluster) -> None:
    on = engines.OnSpark(spark)
    other = on.create(("event_id",))
    with pytest.raises(SourceError, match=r"no column timestamp.*campaign-live schema"):
        CampaignReport(on.url(other), live=False)
    texts = on.create(texts=("timestamp",))
    with pytest.raises(SourceError, match="timestamp is string"):
        CampaignReport(on.url(texts), live=False)


def test_error_of_a_view_contains_no_row_value(spark: Cluster) -> None:
    name = engines.filled(engines.OnSpark(spark), generate.simple(34, 60))
    columns = ", ".join(f"`{column}`" for column in tables.REQUIRED if column != "profile_id")
    spark.sql(
        f"CREATE VIEW {name}_numbers AS SELECT {columns}, int(profile_id) profile_id FROM {name}"
    )
    with pytest.raises(SourceError, match="CAST_INVALID_INPUT") as failed:
        CampaignReport(spark.url(f"{name}_numbers"), live=False)
    assert "'p" not in str(failed.value)
