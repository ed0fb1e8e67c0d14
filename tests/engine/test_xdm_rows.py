"""Journey Optimizer's rows as an expression for engines, which DuckDB runs over nested Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
import pytest

from campaign_live_widgets.catalog.links import link_of
from campaign_live_widgets.engine.pushdown import details
from campaign_live_widgets.engine.pushdown.connections.base import Connection, zoned_microseconds
from campaign_live_widgets.engine.pushdown.rollup import DatabaseRollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Window
from campaign_live_widgets.sources.tables import address as database
from campaign_live_widgets.sources.tables.canonical import CAUSE, NO_EVENT, RAW_ID
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS
from tests import oracle
from tests.databases.detail_oracle import without_pairs
from tests.support.events import files, generate, xdm_tables
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.staged import staged
from tests.support.events.xdm_tables import DATASETS, dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from campaign_live_widgets.engine.pushdown.hashing import Hashes

Row = dict[str, Any]
EVERY_CASE = [(window, tests) for window in WINDOWS for tests in (False, True)]
FOLDERS: dict[str, Path] = {}
TEXTS = (
    *("event_id", "campaign_id", "message_id", "channel", "profile_id", "event_type", "reason"),
    *("bounce_type", "domain", "platform", "execution_id", "variant", "url"),
    *("status_code", "machine_reason"),
)


@ibis.udf.scalar.builtin(name="hash", signature=(("string",), "uint64"))
def _hash(_text: object) -> None: ...


@ibis.udf.scalar.builtin(name="link_of", signature=(("string",), "string"))
def _link(_url: object) -> None: ...


def connected() -> Any:  # noqa: ANN401 - of Ibis
    con = ibis.duckdb.connect()
    con.con.create_function("link_of", link_of, [str], str, null_handling="special")
    con.raw_sql("SET TimeZone = 'UTC'")
    con.raw_sql("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")  # Ibis writes lambdas so
    return con


class Duck(Connection, engine="duckdb"):
    """DuckDB over Parquet files: one table each, named as the file."""

    dialect = "duckdb"
    extra = "test"

    def _open(self) -> tuple[list[Any], bool]:
        self._backend = connected()
        folder = FOLDERS[self.database.name]
        names = [name for _, name in self.database.tables]
        return [self._backend.read_parquet(folder / f"{name}.parquet") for name in names], False

    @property
    def hashes(self) -> Hashes:
        def halves(text: Any) -> tuple[Any, Any]:  # noqa: ANN401 - of Ibis
            return tuple((_hash(part) % 2**62).cast("int64") for part in (text, text + ":7"))

        return halves

    def rows(self, statement: str) -> Iterator[list[Any]]:
        yield self._backend.raw_sql(statement).fetchall()

    def statement(self, expression: Any) -> str:  # noqa: ANN401 - of Ibis
        return str(self._backend.compile(expression))

    def literal(self, value: Any) -> str:  # noqa: ANN401 - of any watermark
        return str(value) if isinstance(value, int) else f"TIMESTAMPTZ '{value}'"

    def close(self) -> None:
        self._backend.disconnect()


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return what writes named tables and returns the address of some of them."""
    monkeypatch.setitem(database.SCHEMES, "duckdb", "duckdb")
    monkeypatch.setitem(database._THEIRS, "duckdb", ())
    # Its regular expressions have no look-ahead; tests/databases compares links in real servers.
    monkeypatch.setattr(details, "link", _link)
    FOLDERS["lake"] = tmp_path

    def written(prefix: str = "", options: str = "", **tables: list[Row]) -> str:
        for name, rows in tables.items():
            files.write(rows, tmp_path / f"{name}.parquet")
        return f"{prefix}duckdb:///lake?table={','.join(tables)}{options}"

    yield written
    FOLDERS.clear()


def report_of(rollup: DatabaseRollup, window: str, *, tests: bool = False) -> Row:
    data = to_json(rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests))
    data.pop("rejects", None)
    return data


def wanted(window: str, *, tests: bool = False) -> Row:
    report = xdm_tables.wanted(window, tests=tests)
    return {**report, "widgets": without_pairs(report["widgets"])}


def opened(url: str, **options: Any) -> DatabaseRollup:  # noqa: ANN401 - of the rollup
    rollup = DatabaseRollup(url, "c1", **options)
    rollup.refresh()
    return rollup


def in_three() -> dict[str, list[Row]]:
    rows = xdm_tables.rows()
    return {name: [row for row in rows if dataset(row) == name] for name in DATASETS}


@pytest.mark.usefixtures("matrix")
def test_every_window_equals_the_oracle_with_and_without_tests(lake: Callable[..., str]) -> None:
    rollup = opened(lake("ajo:", journey=xdm_tables.rows()))
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted(window, tests=tests)
    assert rollup.health.ignored > 10
    rollup.close()


@pytest.mark.usefixtures("matrix")
def test_three_datasets_with_different_fields_make_one_report(lake: Callable[..., str]) -> None:
    rollup = opened(lake(**in_three()))
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted(window, tests=tests)
    rollup.close()


@pytest.mark.usefixtures("matrix")
def test_a_rollup_for_one_window_equals_the_oracle(lake: Callable[..., str]) -> None:
    url = lake("ajo:", **in_three())
    for window, tests in EVERY_CASE[::5]:
        span = Window.ending(AT, WINDOWS[window])
        rollup = opened(url, follow=False, window=span)
        assert report_of(rollup, window, tests=tests) == wanted(window, tests=tests)
        rollup.close()


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("casing", ["lower", "camel"])
def test_field_names_in_any_case_and_flattened_are_recognised(
    lake: Callable[..., str], casing: str
) -> None:
    renamed = [files.recased(row, files.CASINGS[casing]) for row in xdm_tables.rows()]
    flat = [files.flattened(row) for row in renamed]
    for rows in (renamed, flat):
        rollup = opened(lake(journey=rows))
        assert report_of(rollup, "30d") == wanted("30d")
        rollup.close()


def test_each_row_is_decoded_as_in_a_file(lake: Callable[..., str], tmp_path: Path) -> None:
    lake(journey=xdm_tables.rows())
    ajo, con = ROW_FORMATS["ajo"], connected()
    table = con.read_parquet(tmp_path / "journey.parquet")
    gathered, _ = ajo.gathered([table], None, "journey")
    events = ajo.events(gathered, watermark=None, name="journey")
    values = con.raw_sql(con.compile(events)).fetchall()
    decoded = [dict(zip(events.columns, row, strict=True)) for row in values]
    con.disconnect()
    read = staged(tmp_path / "journey.parquet")

    def event(row: Row) -> tuple[object, ...]:
        flags = bool(row["is_async"]), bool(row["is_test"]), row["is_machine"]
        return (*(row[name] for name in TEXTS), *flags)

    taken = [row for row in read if row["part"] and row["cause"] is None]
    assert sorted(map(repr, map(event, taken))) == sorted(
        repr(event(row)) for row in decoded if row[CAUSE] is None
    )
    meant = map(oracle.event, xdm_tables.mapped()[0].to_dict("records"))
    assert sorted(repr(event(row)) for row in meant if row) == sorted(map(repr, map(event, taken)))
    times = {row["event_id"]: row["us"] for row in taken}
    for row in decoded:
        if row[CAUSE] is None:
            assert zoned_microseconds(row["timestamp"]) == times[row["event_id"]]
    causes = sorted(cause for _, cause in {(r["row"], r["cause"]) for r in read if r["cause"]})
    assert causes == sorted(row[CAUSE] for row in decoded if row[CAUSE])
    assert len([1 for row in decoded if row[CAUSE] == NO_EVENT]) == len(
        [1 for row in read if not row["part"]]
    )
    assert {row[RAW_ID] for row in decoded if row[CAUSE] is None} == set(times)


def test_reject_causes_equal_those_of_files(lake: Callable[..., str]) -> None:
    rollup = opened(lake(journey=xdm_tables.rows()))
    causes = {reject.cause for reject in rollup.health.rejects}
    assert "unknown feedbackStatus 'teleported'" in causes
    assert "unknown bounce_type 'squishy'" in causes
    assert "identityMap is missing" in causes
    rollup.close()


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("options", ["&watermark=number&overlap=40", "&watermark=_meta.number"])
def test_refresh_counts_only_new_rows(lake: Callable[..., str], options: str) -> None:
    numbered = [
        row | {"number": number, "_meta": {"number": number}}
        for number, row in enumerate(xdm_tables.rows())
    ]
    half = len(numbered) // 2
    url = lake("ajo:", options, journey=numbered[:half])
    rollup = opened(url)
    lake(journey=numbered)
    assert rollup.refresh()
    assert report_of(rollup, "30d", tests=True) == wanted("30d", tests=True)
    lake(journey=numbered + numbered[:30])
    assert (
        not rollup.refresh()
        or report_of(rollup, "30d", tests=True)["widgets"] == (wanted("30d", tests=True)["widgets"])
    )
    rollup.close()


@pytest.mark.usefixtures("matrix")
def test_tables_with_different_columns_make_one_report(lake: Callable[..., str]) -> None:
    rows = [row for row in generate.events(4, 200) if not isinstance(row["timestamp"], str)]
    first = [{k: v for k, v in row.items() if k != "variant"} for row in rows[:120]]
    rollup = opened(lake(one=first, two=rows[120:]))
    events = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    assert report_of(rollup, "30d")["widgets"] == without_pairs(
        oracle.report(events, "c1", AT, WINDOWS["30d"])["widgets"]
    )
    rollup.close()


@pytest.mark.parametrize(
    ("prefix", "rows", "message"),
    [
        ("", [{"_id": "1", "eventType": "x", "a": 1}], "timestamp, _experience.customerJourney"),
        ("ajo:", generate.simple(3), "has no column _id"),
        ("ses:", generate.simple(3), "ses: is not a format of database rows"),
    ],
)
def test_an_unknown_table_shape_raises_a_one_line_error(
    lake: Callable[..., str], prefix: str, rows: list[Row], message: str
) -> None:
    url = lake(prefix, journey=rows)
    with pytest.raises(SourceError) as refused:
        opened(url)
    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
