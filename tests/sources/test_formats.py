"""The first tests of a new format: it is registered, its SQL is valid, and it is tested by all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from campaign_live_widgets import sources
from campaign_live_widgets.sources import FORMATS, FileSchema
from campaign_live_widgets.sources.formats.times import add_time_function
from tests.conformance.every_source import SOURCES
from tests.fuzz import accounts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = "(SELECT '{}' AS json, 'f.json' AS clw_file, 0 AS file_index)"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        add_time_function(connection)
        yield connection


def columns(con: duckdb.DuckDBPyConnection, name: str) -> set[str]:
    """Return the columns that a format makes of a row without any of its fields."""
    schema = FileSchema("json", None, name, inside=FORMATS[name].inside)
    return set(con.sql(f"FROM ({schema.events_of(ROWS)})").columns)


def test_every_module_with_a_format_is_imported() -> None:
    folder = Path(sources.__file__).parent / "formats"
    defined = {
        name: path.name
        for path in folder.rglob("*.py")
        for name in re.findall(r'Format, name="(\w+)"\):', path.read_text(encoding="utf-8"))
    }
    assert defined.keys() == FORMATS.keys(), "import the module in sources/__init__.py"


@pytest.mark.parametrize("name", FORMATS)
def test_the_sql_of_a_format_is_valid_and_has_the_canonical_columns(
    name: str, con: duckdb.DuckDBPyConnection
) -> None:
    assert columns(con, name) == columns(con, "canonical")


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"canonical", "ajo"}))
def test_every_vendor_has_rows_for_the_conformance_and_the_fuzz_tests(name: str) -> None:
    assert name in {source.name for source in SOURCES}, "add it to conformance/every_source.py"
    assert name in accounts.FORMATS, "add it to VENDORS in support/vendors/generate_vendors.py"
