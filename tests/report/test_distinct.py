"""Names that cannot be mistaken, for any mapping of ids to names."""

from __future__ import annotations

import unicodedata
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaign_live_widgets.report import lookalikes
from campaign_live_widgets.report.distinct import Names, distinct

ODD = (
    "Spring",
    "spring",
    "SPRING ",
    "Spr ing",
    "Spr\u200bing",
    "\u200eSpring\u200f",
    "Spr\u0456ng",  # a Cyrillic letter
    "Spring (m1)",
    "gnirpS\u202e",
    "Sp\u202ering",
    "Total",
    "TOTAL",
    "m1",
    "M1",
    "",
    " ",
    "\u3164",
    "\x00",
    "Spring sale for all readers of the newsletter, part 1",
    "Spring sale for all readers of the newsletter, part 2",
    "Spring sale for all readers of the newsletter, part 1 of 2",
)
TEXTS = st.one_of(st.sampled_from(ODD), st.text(max_size=30), st.text("Il1|O0mrn ", max_size=4))
IDS = st.one_of(
    st.sampled_from(["m1", "M1", "ml", "m\u200b1", " ", "Spring", "campaign-0001", "Total"]),
    st.text(min_size=1, max_size=40),
)
MAPPINGS = st.dictionaries(IDS, st.none() | TEXTS, max_size=8)


def look_alike(one: str, other: str) -> bool:
    """Return whether two texts look alike, by their visible letters alone."""
    return any(a == b for a, b in zip(lookalikes.keys(one), lookalikes.keys(other), strict=True))


@settings(max_examples=100, deadline=None)
@given(MAPPINGS)
@example({"l1": "A", "I1": "A", "11": "A"})
@example({"x": "A", "y": "A", "A": None, "z": "A (x)"})
@example({"b) (c": "A", "c": "A (b)", "d": "A", "e": "A (b) (c"})
def test_no_two_shown_names_look_alike(names: dict[str, str | None]) -> None:
    labels = Names(names, taken=("Total", "Other"))
    assert labels.keys() == names.keys()
    for one, other in combinations([*labels.values(), "Total", "Other"], 2):
        assert not look_alike(one, other), (one, other)
    assert not any(lookalikes.is_blank(text) for text in labels.values())


@settings(max_examples=100, deadline=None)
@given(MAPPINGS)
def test_a_unique_name_is_shown_as_it_is(names: dict[str, str | None]) -> None:
    labels = Names(names, taken=("Total",))
    plain = {
        key: key if lookalikes.is_blank(name or "") else str(name) for key, name in names.items()
    }
    for key, name in plain.items():
        others = [text for one, text in plain.items() if one != key]
        others += ["Total", *(one for one in names if one != key)]
        is_unique = not any(look_alike(name, text) for text in others)
        beside = [f"{lookalikes.without_turns(text).strip()} (" for text in others]
        is_marked = any(start.casefold() in name.casefold() for start in beside)
        is_plain = not lookalikes.is_blank(name) and not lookalikes.turns(name)
        if is_unique and is_plain and not is_marked:
            assert labels[key] == name


@settings(max_examples=50, deadline=None)
@given(MAPPINGS, st.randoms())
def test_names_do_not_depend_on_their_order(names: dict[str, str | None], random: object) -> None:
    items = list(names.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert dict(Names(dict(items))) == dict(Names(names))


@settings(max_examples=100, deadline=None)
@given(MAPPINGS, st.sampled_from([10, 16, 24, 48]))
def test_no_two_shortened_names_look_alike(names: dict[str, str | None], room: int) -> None:
    labels = Names(names)
    short = {key: labels.short(key, room) for key in labels}
    for one, other in combinations(short.values(), 2):
        assert not look_alike(one, other), (one, other)
    for key, text in short.items():
        assert len(text) <= room
        line = " ".join(lookalikes.without_turns(labels[key]).split())
        assert text == line or "…" in text


@given(st.text(max_size=20))
@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        str.swapcase,
        lambda text: f"  {text}\t",
        "\u200b".join,
        lambda text: f"\u202e{text}\u202c\u200f",
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace("l", "\u0406").replace("a", "\u0430").replace("m", "rn"),
    ],
)
def test_a_change_that_is_hard_to_see_is_no_difference(change: object, text: str) -> None:
    assert look_alike(change(text), text)  # type: ignore[operator]


def test_ascii_characters_have_the_same_form_beside_others() -> None:
    for character in map(chr, range(ord("!"), ord("~") + 1)):
        alone, beside = lookalikes.keys(character), lookalikes.keys(f"{character}é")
        assert [f"{one}{unicodedata.normalize('NFD', 'é')}" for one in alone] == list(beside)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ({"m1": "Hello", "m2": "Bye"}, ["Hello", "Bye"]),
        ({"m1": "Hello", "m2": "Hello"}, ["Hello (m1)", "Hello (m2)"]),
        ({"m1": "Hello", "m2": " HELLO"}, ["Hello (m1)", "HELLO (m2)"]),
        ({"m1": "Hello", "Hello": None}, ["Hello (m1)", "Hello"]),
        ({"m1": "m2", "m2": None}, ["m2 (m1)", "m2"]),
        ({"m1": "Total", "m2": "\u200b"}, ["Total (m1)", "m2"]),
        ({"m1": "A\u202ecb"}, ["Acb (m1)"]),
        ({"a\u200b": "A", "a\u200c": "A"}, ["A (a\\u200b)", "A (a\\u200c)"]),
        (
            {
                "8f14e45f-ceea-467a-9575-000000000001": "A",
                "8f14e45f-ceea-467a-9575-000000000002": "A",
            },
            ["A (8f14e45f-ceea-467…000001)", "A (8f14e45f-ceea-467…000002)"],
        ),
    ],
)
def test_the_id_is_beside_a_name_that_is_not_unique(
    names: dict[str, str | None], labels: list[str]
) -> None:
    assert list(Names(names, taken=("Total",)).values()) == labels


def test_a_shortened_name_keeps_the_part_that_differs() -> None:
    names = Names({str(i): f"Newsletter for all our dear readers, part {i}" for i in range(1, 4)})
    assert [names.short(key, 24) for key in names] == [
        "Newsletter for al…part 1",
        "Newsletter for al…part 2",
        "Newsletter for al…part 3",
    ]


def test_alternatives_are_used_until_texts_differ() -> None:
    assert distinct(["A", "A", "B"], [["A x"], ["A y"], ["B z"]]) == ["A x", "A y", "B"]
    assert distinct(["A", "A"], [["A x"], ["A x"]]) == ["A x (#1)", "A x (#2)"]
