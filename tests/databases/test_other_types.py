"""Tables that other teams made: any type that PostgreSQL can turn into the value of a column."""

from __future__ import annotations

import uuid
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Window
from tests import oracle
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.servers import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.servers.server import Postgres

Row = dict[str, Any]
_LABELS = {
    "channel": oracle.CHANNELS,
    "event_type": sorted(oracle.EVENT_TYPES),
    "bounce_type": oracle.BOUNCE_TYPES,
}
_CREATED = f"""
CREATE EXTENSION IF NOT EXISTS citext;
DROP SCHEMA IF EXISTS kinds CASCADE;
CREATE SCHEMA kinds;
GRANT USAGE ON SCHEMA kinds TO reader;
CREATE TYPE "channel of the team" AS ENUM {oracle.CHANNELS};
CREATE TYPE kinds.any_channel AS ENUM {(*oracle.CHANNELS, "fax", " ")};
CREATE TYPE kinds.event_type AS ENUM {tuple(sorted(oracle.EVENT_TYPES))};
CREATE TYPE kinds.bounce_type AS ENUM {oracle.BOUNCE_TYPES};
CREATE TYPE kinds.reason AS ENUM {generate.REASONS};
CREATE DOMAIN kinds.code AS text CHECK (value <> 'never');
CREATE DOMAIN kinds.short AS kinds.code CHECK (length(value) < 60);
CREATE DOMAIN kinds.yes_no AS boolean;
CREATE DOMAIN kinds.time AS timestamptz(6);
"""


@pytest.fixture(scope="module", autouse=True)
def _kinds(postgres: Postgres) -> None:
    with postgres.connect() as con:
        con.execute('DROP TYPE IF EXISTS "channel of the team"')
        con.execute(_CREATED)


def numbered(rows: list[Row], make: Callable[[int], Any]) -> list[Row]:
    """Return rows with another sort of ids, equal where those of *rows* are."""
    numbers: dict[Any, int] = {}
    return [
        {**row, "event_id": make(numbers.setdefault(row["event_id"], len(numbers)))} for row in rows
    ]


def changed(rows: list[Row], **change: Callable[[Any], Any]) -> list[Row]:
    """Return rows with other values in some columns, where they have one."""
    return [
        {**row, **{c: None if row[c] is None else f(row[c]) for c, f in change.items()}}
        for row in rows
    ]


def plain(seed: int) -> list[Row]:
    """Return rows without hostile values, many ids repeated with other content."""
    rows = generate.events(seed, 260, faults=False)
    for number, row in enumerate(rows):
        row["reason"] = row["reason"] and generate.REASONS[number % 4]
        if number % 9 == 0:
            row["event_id"] = rows[number // 2]["event_id"]
    return rows


def require_each_way(
    postgres: Postgres, types: dict[str, str], stored: list[Row], meant: list[Row] | None = None
) -> None:
    """Compare with the oracle: reports, a first look, and refreshes as rows arrive.

    *meant* are the rows as a report reads them, where that is not as they are *stored*.
    """
    meant = stored if meant is None else meant
    name = tables.create(postgres, types=types)
    url, half = postgres.url(name, overlap="0"), len(stored) // 2
    with postgres.connect() as con:
        tables.insert(con, name, stored[:half])
        with closing(open_rollup(url, "c1")) as followed:
            require(followed, meant[:half])
            for start in range(half, len(stored), 60):
                tables.insert(con, name, stored[start : start + 60])
                followed.refresh()
            require(followed, meant)
    with closing(open_rollup(url, "c1")) as rollup:
        require(rollup, meant)
    for window in ("6h", "30d"):
        of_window = Window.ending(AT, WINDOWS[window])
        with closing(open_rollup(url, "c1", follow=False, window=of_window)) as rollup:
            assert report_of(rollup, window) == wanted(in_order(meant), window)


def in_order(rows: list[Row]) -> list[Row]:
    """Return rows so that of each id the first is counted; the oracle counts the last."""
    return rows[::-1]


def require(rollup: Any, rows: list[Row]) -> None:  # noqa: ANN401 - of any source
    for window in ("2h", "30d"):
        got = report_of(rollup, window, tests=True)
        assert got == wanted(in_order(rows), window, tests=True)


@pytest.mark.parametrize(
    "types",
    [
        dict.fromkeys(("channel", "event_type", "bounce_type", "reason", "domain"), "citext"),
        dict.fromkeys(("campaign_id", "message_id", "profile_id", "execution_id"), "citext"),
        dict.fromkeys((*oracle.REQUIRED[2:], "event_id", "reason"), "varchar"),
        dict.fromkeys(("event_id", "channel", "bounce_type", "domain", "reason"), "kinds.code"),
        {"event_type": "kinds.short", "is_test": "kinds.yes_no", "timestamp": "kinds.time"},
        {"channel": '"channel of the team"', "bounce_type": "kinds.bounce_type"},
        {"event_type": "kinds.event_type", "reason": "kinds.reason", "channel": "name"},
        {"channel": "kinds.any_channel", "timestamp": "timestamptz(6)"},
    ],
    ids=lambda types: ",".join(sorted(set(types.values()))),
)
def test_texts_of_other_types(postgres: Postgres, types: dict[str, str]) -> None:
    require_each_way(postgres, types, plain(61))


def test_padded_texts_have_no_blanks_at_their_end(postgres: Postgres) -> None:
    columns = ("event_id", "campaign_id", "message_id", "channel", "event_type", "bounce_type")
    rows = [*plain(62), plain(62)[0] | {"event_id": "e-blank", "channel": ""}]
    require_each_way(postgres, dict.fromkeys((*columns, "reason", "domain"), "char(60)"), rows)


def test_refused_values_of_other_types(postgres: Postgres) -> None:
    rows = plain(63)
    faults = ({"channel": "fax"}, {"channel": " "}, {"channel": None})
    rows += [row | fault for row, fault in zip(rows, faults, strict=False)]
    require_each_way(postgres, {"channel": "kinds.any_channel"}, rows)
    rows += [rows[0] | {"channel": "EMAIL"}, rows[1] | {"event_type": "Sent"}]
    require_each_way(postgres, {"channel": "citext", "event_type": "citext"}, rows)


@pytest.mark.parametrize("kind", ["citext", "text", "kinds.code"])
def test_ids_that_differ_in_case_are_different(postgres: Postgres, kind: str) -> None:
    rows = numbered(plain(64), lambda number: ("a", "A")[number % 2] + str(number // 2))
    require_each_way(postgres, {"event_id": kind}, rows)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("uuid", lambda number: str(uuid.UUID(int=number))),
        ("bigint", lambda number: number - 100),
        ("numeric(20)", lambda number: number),
        ("numeric", lambda number: f"{number // 2}.{'0' * (number % 2 + 1)}"),
    ],
)
def test_ids_of_other_types(postgres: Postgres, kind: str, make: Callable[[int], Any]) -> None:
    rows = numbered(plain(65), make)
    require_each_way(postgres, {"event_id": kind}, rows)


def test_campaigns_and_profiles_may_be_numbers(postgres: Postgres) -> None:
    rows = plain(66)
    stored = changed(rows, profile_id=lambda profile: int(profile[1:]))
    require_each_way(postgres, {"profile_id": "bigint"}, stored, rows)


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("date", lambda at: datetime.combine(at.date(), datetime.min.time(), UTC)),
        ("timestamp", lambda at: at),
        ("timestamp(0)", lambda at: at.replace(microsecond=0)),
    ],
)
def test_times_of_other_types(
    postgres: Postgres, kind: str, meant: Callable[[datetime], datetime]
) -> None:
    rows = changed(plain(67), timestamp=meant)
    naive = changed(rows, timestamp=lambda at: at.astimezone(UTC).replace(tzinfo=None))
    require_each_way(postgres, {"timestamp": kind}, naive, rows)


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp", "date"])
def test_times_without_a_year_are_rejected(postgres: Postgres, kind: str) -> None:
    rows = plain(68)[:150]
    stored = changed(rows, timestamp=lambda at: at.astimezone(UTC).replace(tzinfo=None))
    if kind == "date":
        stored = changed(stored, timestamp=datetime.date)
        rows = changed(rows, timestamp=lambda at: datetime(at.year, at.month, at.day, tzinfo=UTC))
    odd = ("infinity", "-infinity", "4713-01-01 BC", "20000-01-01")
    stored += [stored[n] | {"event_id": f"odd-{n}", "timestamp": at} for n, at in enumerate(odd)]
    rows += [rows[n] | {"event_id": f"odd-{n}", "timestamp": None} for n in range(len(odd))]
    require_each_way(postgres, {"timestamp": kind}, stored, rows)
    name = tables.create(postgres, types={"timestamp": kind})
    with postgres.connect() as con:
        tables.insert(con, name, stored)
    with closing(open_rollup(postgres.url(name))) as rollup:
        assert {one.cause for one in rollup.health.rejects} == {"timestamp is not a time"}


@pytest.mark.parametrize(
    ("kind", "words"), [("smallint", ("1", "0")), ("text", (" Yes", "n")), ("char(5)", ("T", "f"))]
)
def test_flags_of_other_types(postgres: Postgres, kind: str, words: tuple[str, str]) -> None:
    rows = plain(69)
    stored = changed(
        rows, **dict.fromkeys(oracle.BOOLEANS, lambda flag: words[0] if flag else words[1])
    )
    require_each_way(postgres, dict.fromkeys(oracle.BOOLEANS, kind), stored, rows)


def test_collation_that_takes_different_texts_for_equal_is_named(postgres: Postgres) -> None:
    name = tables.create(postgres)
    with postgres.connect() as con:
        con.execute(
            "CREATE COLLATION IF NOT EXISTS any_case"
            " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
        con.execute(f"ALTER TABLE {name} ALTER campaign_id TYPE text COLLATE any_case")
    with pytest.raises(SourceError, match=r'campaign_id takes .* COLLATE "C"$') as refused:
        open_rollup(postgres.url(name), "c1")
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_watermarks_that_are_no_time_of_the_clock(postgres: Postgres, kind: str) -> None:
    """Such rows are counted, and no row that arrives after them is missed."""
    rows = plain(70)
    name = tables.create(postgres, mark=f"ingested_at {kind} DEFAULT clock_timestamp()")
    odd = (None, "infinity", "-infinity", datetime.now(UTC) + timedelta(days=30), "4713-01-01 BC")
    marked = [
        {**row, "ingested_at": odd[n % len(odd)]} if n % 7 == 0 else row
        for n, row in enumerate(rows)
    ]
    with postgres.connect() as con, closing(new_rollup(postgres.url(name, overlap="0"))) as rollup:
        con.execute("SET timezone = 'Asia/Kathmandu'")
        for start in range(0, len(rows), 40):
            for row in marked[start : start + 40]:
                tables.insert(con, name, [row])
            rollup.refresh()
            got = rows[: start + 40]
            health = wanted(got, "30d")["health"]
            assert report_of(rollup, "30d")["health"] == health
        ahead = sum(row.get("ingested_at") in odd[1:4:2] for row in marked)
        assert f"after the server's clock: {ahead}." in rollup.health.notes[0]


@pytest.mark.parametrize("how", ["TRUNCATE {0}", "DELETE FROM {0}", "replace"])
def test_table_that_is_emptied_and_filled_again(postgres: Postgres, how: str) -> None:
    rows = plain(71)
    name = tables.create(postgres)
    with postgres.connect() as con, closing(new_rollup(postgres.url(name), "c1")) as rollup:
        tables.insert(con, name, rows[:200])
        rollup.refresh()
        if how == "replace":
            other = tables.create(postgres)
            con.execute(f"ALTER TABLE {name} RENAME TO {name}_old")
            con.execute(f"ALTER TABLE {other} RENAME TO {name}")
        else:
            con.execute(how.format(name))
        if how.startswith("DELETE"):  # seen by the look at an empty table
            rollup.refresh()
            assert rollup.health.events == 0
        tables.insert(con, name, rows[150:])
        rollup.refresh()
        require(rollup, rows[150:])


def test_serial_number_that_goes_backwards(postgres: Postgres) -> None:
    rows = plain(72)
    name = tables.create(postgres, mark="seq bigserial")
    url = postgres.url(name, watermark="seq", overlap="10")
    with postgres.connect() as con, closing(new_rollup(url, "c1")) as rollup:
        tables.insert(con, name, rows[:200])
        rollup.refresh()
        con.execute(f"DELETE FROM {name} WHERE seq > 100")
        con.execute(f"ALTER SEQUENCE {name}_seq_seq RESTART WITH 101")
        tables.insert(con, name, rows[200:250])
        rollup.refresh()
        require(rollup, [*rows[:100], *rows[200:250]])


def test_days_of_arrival_are_no_watermark(postgres: Postgres) -> None:
    name = tables.create(postgres, mark="ingested_at date DEFAULT now()")
    with postgres.connect() as con:
        tables.insert(con, name, [plain(73)[0] | {"ingested_at": date(2026, 11, 1)}])
    with pytest.raises(SourceError, match="the watermark ingested_at is date; it must be"):
        open_rollup(postgres.url(name), "c1")
