"""A layout as JSON: what goes out comes back, and whatever comes in is read or named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.layouts.document import (
    LIMIT_BYTES,
    ParsedLayout,
    read_report,
    read_tab,
    write_report,
    write_tab,
)
from campaign_live_widgets.layouts.places import COLUMNS, MAX_ROWS, Place, places

STANDARD = places(TILES.values())
EMAIL = STANDARD["email"]
SUMMARY = Place("email.summary", 7, 12)


def a_place(tile_id: str) -> st.SearchStrategy[Place]:
    return st.builds(
        Place,
        st.just(tile_id),
        st.integers(1, MAX_ROWS),
        st.integers(1, COLUMNS),
        st.none() | st.sampled_from(TILES[tile_id].kinds),
        st.booleans(),
    )


def a_row(tab: str) -> st.SearchStrategy[tuple[Place, ...]]:
    ids = [place.tile_id for place in STANDARD[tab]]
    return st.permutations(ids).flatmap(lambda order: st.tuples(*map(a_place, order)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ENTRY = st.dictionaries(
    st.sampled_from(["id", "rows", "columns", "view", "shown", "x"]),
    JSON | st.sampled_from([place.tile_id for place in EMAIL] + ["push.summary", "table"]),
)


def tab_file(*tiles: object, **more: object) -> bytes:
    whole = {"format": "campaign-live-layout", "version": 1, "tab": "email", "tiles": list(tiles)}
    return json.dumps({**whole, **more}).encode()


def entry(**more: object) -> dict[str, Any]:
    return {"id": "email.summary", "rows": 3, "columns": 6, **more}


@given(st.sampled_from(list(TABS)).flatmap(lambda tab: st.tuples(st.just(tab), a_row(tab))))
def test_a_written_tab_is_read_back_equal(written: tuple[str, tuple[Place, ...]]) -> None:
    tab, row = written
    text = write_tab(tab, row)
    assert json.loads(text)["tab"] == tab
    assert read_tab(text.encode(), tab, STANDARD[tab]) == ParsedLayout(row)


@pytest.mark.usefixtures("matrix")
@given(st.fixed_dictionaries({tab: a_row(tab) for tab in TABS}))
def test_a_written_report_is_read_back_equal(layout: dict[str, tuple[Place, ...]]) -> None:
    assert read_report(write_report(layout).encode(), STANDARD) == (layout, ())


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_are_rejected_with_a_reason(data: bytes) -> None:
    parsed = read_tab(data, "email", EMAIL)
    assert parsed.places is None
    assert_in_words(parsed)
    assert read_report(data, STANDARD)[0] is None


@given(st.lists(ENTRY | JSON), st.dictionaries(st.sampled_from(["version", "tab", "tiles"]), JSON))
def test_arbitrary_entries_leave_a_place_for_every_tile(
    tiles: list[Any], odd: dict[str, Any]
) -> None:
    parsed = read_tab(tab_file(*tiles, **odd), "email", EMAIL)
    if parsed.places is None:
        assert_in_words(parsed)
        return
    assert sorted(p.tile_id for p in parsed.places) == sorted(p.tile_id for p in EMAIL)
    for place in parsed.places:
        assert 1 <= place.rows <= MAX_ROWS
        assert 1 <= place.columns <= COLUMNS
        assert place.view is None or place.view in TILES[place.tile_id].kinds


@given(JSON)
def test_tabs_of_a_report_are_read_or_reported(tabs: Any) -> None:  # noqa: ANN401 - any JSON
    data = {"format": "campaign-live-layout", "version": 1, "tabs": {"email": tabs, "x": tabs}}
    layout, faults = read_report(json.dumps(data).encode(), STANDARD)
    assert layout is not None
    assert faults


def assert_in_words(parsed: ParsedLayout) -> None:
    for text in (parsed.fault.en, parsed.fault.fr):
        assert text
        assert len(text) < 300
        assert "\n" not in text


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "it is not valid JSON, or is incomplete (line 1)"),
        (
            write_tab("email", EMAIL).encode()[:-30],
            f"it is not valid JSON, or is incomplete (line {5 + len(EMAIL)})",
        ),
        (b'{"format": "\xff"}', "it is not UTF-8 text"),
        (b"[" * 200_000, "its JSON is not a layout"),
        (b"[" + b"1" * 5000 + b"]", "its JSON is not a layout"),
        (tab_file(x="y" * LIMIT_BYTES), "it is larger than 256 kB"),
        (b"[]", "it is not a layout of this report"),
        (tab_file(format="vega"), "it is not a layout of this report"),
        (tab_file(version=2), "it was saved by a newer version of the report"),
        (tab_file(version=0), "its version 0 is unknown"),
        (tab_file(version=True), "its version true is unknown"),
        (tab_file(version=1.0), "its version 1.0 is unknown"),
        (tab_file(tab="push"), 'it is for the tab "push"'),
        (tab_file(tiles={}), 'it has no list of tiles for "email"'),
    ],
)
def test_an_invalid_file_is_rejected_with_its_reason(data: bytes, fault: str) -> None:
    parsed = read_tab(data, "email", EMAIL)
    assert parsed.places is None
    assert parsed.fault.en == fault
    assert parsed.fault.fr != fault


@pytest.mark.parametrize(
    ("wrong", "place", "fault"),
    [
        ({"rows": 0}, Place("email.summary", 7, 6), "rows"),
        ({"rows": MAX_ROWS + 1}, Place("email.summary", 7, 6), "rows"),
        ({"rows": 10**30}, Place("email.summary", 7, 6), "rows"),
        ({"rows": float("nan")}, Place("email.summary", 7, 6), "rows"),
        ({"rows": True}, Place("email.summary", 7, 6), "rows"),
        ({"rows": "3"}, Place("email.summary", 7, 6), "rows"),
        ({"columns": 13}, Place("email.summary", 3, 12), "columns"),
        ({"columns": 6.0}, Place("email.summary", 3, 12), "columns"),
        ({"view": "pie"}, Place("email.summary", 3, 6), 'unknown view "pie"'),
        ({"view": ["lines"]}, Place("email.summary", 3, 6), "unknown view"),
        ({"shown": 0}, Place("email.summary", 3, 6), '"shown"'),
    ],
)
def test_an_invalid_value_does_not_affect_others(
    wrong: dict[str, Any], place: Place, fault: str
) -> None:
    parsed = read_tab(tab_file(entry(**wrong)), "email", EMAIL)
    assert parsed.places is not None
    assert parsed.places[0] == place
    assert len(parsed.faults) == 1
    assert fault in parsed.fault.en
    assert "email.summary" in parsed.fault.fr


def test_unknown_and_duplicate_tiles_are_reported_and_ignored() -> None:
    tiles = (entry(), {"id": "email.heatmap"}, entry(rows=9), {"id": "push.summary"}, 7)
    parsed = read_tab(tab_file(*tiles), "email", EMAIL)
    assert parsed.places is not None
    assert [p for p in parsed.places if p.tile_id == "email.summary"] == [
        Place("email.summary", 3, 6)
    ]
    assert parsed.fault.en == (
        'unknown tile "email.heatmap"; duplicate tile "email.summary"; and 2 more'
    )
    assert parsed.fault.fr.endswith(" ; et 2 autres problèmes")


def test_a_hostile_name_is_shown_shortened_and_escaped() -> None:
    name = "<script>\u202e\n=cmd()" + "x" * 9000
    text = read_tab(tab_file({"id": name}), "email", EMAIL).fault.en
    assert text.isascii() or text.replace("…", "").isascii()
    assert "\n" not in text
    assert len(text) < 80


def test_a_tile_the_file_does_not_name_is_off_the_page() -> None:
    named = [{"id": p.tile_id, "rows": 2, "columns": 3} for p in reversed(EMAIL[2:])]
    parsed = read_tab(tab_file(*named), "email", EMAIL)
    assert parsed.places is not None
    assert parsed.faults == ()
    assert [p.tile_id for p in parsed.places[:-2]] == [p.tile_id for p in reversed(EMAIL[2:])]
    assert parsed.places[-2:] == tuple(replace(place, shown=False) for place in EMAIL[:2])


def test_a_hidden_tile_keeps_its_position() -> None:
    row = (EMAIL[0], Place(EMAIL[1].tile_id, 5, 8, shown=False), *EMAIL[2:])
    assert read_tab(write_tab("email", row).encode(), "email", EMAIL).places == row


def test_a_byte_order_mark_is_ignored() -> None:
    data = b"\xef\xbb\xbf" + write_tab("email", EMAIL).replace("\n", "\r\n").encode()
    assert read_tab(data, "email", EMAIL) == ParsedLayout(EMAIL)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_rejected(version: object) -> None:
    data = tab_file(entry(), version=version)
    assert read_tab(data, "email", (SUMMARY,)).places is None


def test_a_file_of_one_tab_is_a_report_of_one_tab() -> None:
    layout, faults = read_report(write_tab("push", STANDARD["push"]).encode(), STANDARD)
    assert layout == {"push": STANDARD["push"]}
    assert faults == ()


def test_an_unknown_tab_is_reported() -> None:
    data = {"format": "campaign-live-layout", "version": 1, "tabs": {"sms": {"tiles": []}}}
    layout, faults = read_report(json.dumps(data).encode(), STANDARD)
    assert layout == {}
    assert [fault.fr for fault in faults] == ['onglet inconnu "sms"']
