"""Rows of any kind given to a store: what becomes of them is what becomes of them in a file."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.store import Store
from tests.fuzz.accounts import FORMATS, account, sample
from tests.fuzz.budget import VALUES, budget

pytestmark = pytest.mark.usefixtures("matrix")


@pytest.mark.parametrize("form", FORMATS)
@budget(2)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_appended_rows_with_wrong_fields_are_counted_rejected_or_ignored(
    form: str, data: st.DataObject, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [sample(form, rng, number) for number in range(10)]
    for row in rows:
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(VALUES)
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.ndjson")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        expected = account(f"{form}:{path}")
        with Store.open(Path(folder, "store")) as store:
            done = store.append(rows, format=form)
    assert done.events + done.duplicates + done.rejected + done.ignored >= len(rows)
    outcomes = (done.events + done.duplicates, done.rejected, done.ignored)
    assert outcomes == (expected.events, expected.rejected, expected.ignored)
