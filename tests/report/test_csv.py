"""A CSV has the frame's values in every program that reads it, and runs code in none."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaign_live_widgets.catalog import TILES, column_label
from campaign_live_widgets.report import csv_cell, frame_csv
from tests.support.reports.frames import frame

# Letters that a spreadsheet cannot hold and a CSV reader need not keep.
LETTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
TILE = TILES["email.metrics_by_message"]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+33 1 23", "'+33 1 23"),
        ("-50 %", "'-50 %"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("  =1", "'  =1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\uff1d1\uff0b1", "'\uff1d1\uff0b1"),
        ("sale;=1+1;", "sale;'=1+1;"),
        ("sale\n=1+1", "sale\n'=1+1"),
        ("sale; - 20 %", "sale; - 20 %"),
        ("a-b=c+d@e", "a-b=c+d@e"),
        ('«été», "x"', '«été», "x"'),
    ],
)
def test_no_text_cell_is_a_formula(name: str, cell: str) -> None:
    assert csv_cell(name) == cell


@pytest.mark.parametrize("value", [-5, 0, 2**40, -0.5, 1e-9])
def test_numbers_are_written_unchanged(value: float) -> None:
    assert csv_cell(value) == value


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(st.lists(st.text(LETTERS, max_size=40), min_size=1, max_size=5, unique=True))
@example(['a, "b"\r\nc', "عرض الربيع", "日本語 🎉", "'", '"', "\r", "\n"])
def test_names_are_equal_after_writing_and_reading(names: list[str]) -> None:
    rows = frame(TILE, [f"m{i}" for i in range(len(names))])
    text = frame_csv(rows, names={f"m{i}": name for i, name in enumerate(names)})
    read = cells_of(text)
    assert [line[1] for line in read[1:]] == [csv_cell(name) for name in names]
    assert [[int(n) for n in line[2:]] for line in read[1:]] == rows.iloc[:, 1:].to_numpy().tolist()
    loaded = pd.read_csv(io.StringIO(text, newline=""), keep_default_na=False, dtype={"Name": str})
    assert loaded["Name"].tolist() == [csv_cell(name) for name in names]
    assert loaded["Sent"].tolist() == rows["sent"].tolist()


@given(st.text(LETTERS, max_size=40))
def test_a_guarded_cell_differs_only_by_its_guards(name: str) -> None:
    cell = str(csv_cell(name))
    assert cell.replace("'", "") == name.replace("'", "")
    assert not cell.lstrip(" \t\r\n\u200b\ufeff").startswith(("=", "+", "-", "@"))
    assert csv_cell(cell) == cell


@pytest.mark.parametrize("tile_id", ["email.bounce_reasons", "email.sending_statistics"])
def test_labels_are_in_a_column_next_to_their_codes(tile_id: str) -> None:
    tile = TILES[tile_id]
    plain, labelled = (
        cells_of(frame_csv(frame(tile), "fr", labels=labels)) for labels in (False, True)
    )
    assert [line[:1] + line[2:] for line in labelled] == plain
    assert labelled[0][1] == "Nom"
    assert (
        labelled[1][1]
        == {
            "email.bounce_reasons": "Boîte pleine",
            "email.sending_statistics": column_label("delivered", "fr"),
        }[tile_id]
    )
