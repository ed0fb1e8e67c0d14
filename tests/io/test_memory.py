"""Files that are taken out of memory are loaded again when they are needed."""

from __future__ import annotations

import sys

import duckdb
import pandas as pd
import pytest

from campaign_live_widgets.io.memory import resident_bytes, unload_files

NUMBERS = "SELECT sum(i), count(DISTINCT i % 7) FROM range(100000) t(i)"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no list of what is loaded")
def test_files_are_unloaded_and_loaded_again() -> None:
    expected = duckdb.sql(NUMBERS).fetchall()
    before = resident_bytes()
    unload_files()
    assert resident_bytes() < before - 5_000_000
    assert duckdb.sql(NUMBERS).fetchall() == expected
    assert pd.DataFrame({"a": [3, 1, 2]}).sort_values("a")["a"].tolist() == [1, 2, 3]
