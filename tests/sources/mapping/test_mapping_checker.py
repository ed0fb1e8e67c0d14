"""Mapping files: each mistake gets one line, and nothing else ever comes out of the checker."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.errors import MappingError
from campaign_live_widgets.sources.mapping.globs import fits
from campaign_live_widgets.sources.mapping.load import load_mapping
from campaign_live_widgets.sources.mapping.patterns import PatternError, parse_pattern
from campaign_live_widgets.sources.mapping.rules import part_of_path
from tests.support.events import mapped

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
[[rule]]
[rule.columns]
timestamp = "t"
campaign_id = { path = "name" }
address = "mail"
event_type = "kind"
"""


def mistakes_of(folder: Path, text: str) -> list[str]:
    path = folder / "m.toml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        load_mapping(str(path))
    except MappingError as error:
        lines = str(error).splitlines()
        assert all(line.startswith(f"{path}: ") for line in lines)
        return [line.removeprefix(f"{path}: ") for line in lines]
    return []


def test_a_good_mapping_has_no_mistakes(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, GOOD) == []
    assert mistakes_of(tmp_path, mapped.mapping_text()) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["the file: rule is missing"]),
        ("rule = 3", ["rule: is a number; give a list"]),
        (
            GOOD + "kampaign_id = 1",
            ["rule[1].columns.kampaign_id: is not a known key; did you mean campaign_id?"],
        ),
        (
            GOOD + "reason = 3",
            ["rule[1].columns.reason: is a number; give a text or a table or a list"],
        ),
        (
            GOOD + 'reason = { from = "a", value = "b" }',
            ["rule[1].columns.reason: give one of from, path, value, digest and own"],
        ),
        (
            GOOD + 'channel = { value = "fax" }',
            ["rule[1].columns.channel.value: 'fax' is not one of email, push, sms, in_app, web"],
        ),
        (
            GOOD.replace('event_type = "kind"', ""),
            ["rule[1].columns: event_type is missing; say where it comes from (or events)"],
        ),
        (
            GOOD + '[rule.events]\nfrom = "s"\n[rule.events.values]\na = "opened"',
            ["rule[1].events.values.'a': 'opened' is not one of targeted, excluded, error, "],
        ),
        (
            GOOD + '[rule.events]\nfrom = "s"\n[rule.events.values]\na = ["open", "open"]',
            ["rule[1].events.values.'a': gives two events of one type"],
        ),
        (
            GOOD
            + '[rule.events]\nfrom = "s"\n[rule.events.values]\n'
            + 'a = ["sent", { event_type = "open", message_id = "m" }]',
            ["rule[1].events.values.'a': all of its events name message_id and channel"],
        ),
        (
            '[[rule]]\nformat = "sendgrid"\n[rule.columns]\ntimestamp = "t"',
            ["rule[1].columns.timestamp: the format sendgrid gives it; known: campaign_id, "],
        ),
        ("\ud800", ["is not UTF-8"]),
        ("x = " + "[" * 5000, ["is nested too deep"]),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, text: str, wanted: list[str]) -> None:
    lines = mistakes_of(tmp_path, text)
    assert len(lines) == len(wanted)
    assert all(line.startswith(start) for line, start in zip(lines, wanted, strict=True)), lines


def test_a_file_that_is_missing_or_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(MappingError, match=re.escape(f"{path}: the mapping cannot be read")):
            load_mapping(str(path))


@pytest.mark.usefixtures("matrix")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_spoilt_mapping_gives_lines_and_no_other_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Values and keys of a good mapping are exchanged by others of any kind."""
    document: Any = tomllib.loads(mapped.mapping_text() + GOOD)
    places: list[tuple[Any, Any]] = []

    def visit(value: Any) -> None:  # noqa: ANN401
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            places.append((value, key))
            if isinstance(inner, dict | list):
                visit(inner)

    visit(document)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(
        st.one_of(
            st.text(max_size=20),
            st.integers(-(2**62), 2**62),
            st.booleans(),
            st.lists(st.text(max_size=5), max_size=3),
            st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
        )
    )
    mistakes_of(tmp_path_factory.mktemp("m"), _toml(document))


def _toml(document: dict[str, Any]) -> str:
    """Return a document as TOML, with inline tables."""

    def text(value: Any) -> str:  # noqa: ANN401
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return str(value)
        if isinstance(value, str):
            return '"' + "".join(f"\\U{ord(c):08X}" for c in value) + '"'
        if isinstance(value, list):
            return f"[{', '.join(map(text, value))}]"
        return "{" + ", ".join(f"{text(k)} = {text(v)}" for k, v in value.items()) + "}"

    return "\n".join(f"{text(key)} = {text(value)}" for key, value in document.items())


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"^\[(.+)\] ", r"^\[([^\n]+)\] "),
        (r"(a|bc)\d{1,2}$", "(a|bc)[0-9]{1,2}$"),
        (r"[\w.-]+@[^\s@]+", r"[A-Za-z0-9_.\-]+@[^ \t\n\r\f@]+"),
        (r"(?:x)?é\.", r"(?:x)?é\."),
    ],
)
def test_a_pattern_is_written_for_all_engines(pattern: str, written: str) -> None:
    assert parse_pattern(pattern).text == written


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a*){3}", "a*?", "a++", "(?i)a", "(?=a)", r"(a)\1", r"\bx", "a{2", "a{1,101}"),
        *("(a|ab)", "a|[b]", "x|", "[z-a]", "[a", "(a", "a)", "[[:alpha:]]", "*a", "^*", r"\p{L}"),
        *("", "a" * 501, "(" * 12 + ")" * 12, "\\"),
    ],
)
def test_what_engines_read_differently_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        parse_pattern(pattern)


@pytest.mark.parametrize(
    ("path", "wanted", "value"),
    [
        ("a/b/spring.csv.gz", "name", "spring"),
        ("a/b/spring.v2.parquet", "name", "spring.v2"),
        ("a/b/spring.csv", "folder", "b"),
        ("a/b/spring.csv", "all", "a/b/spring.csv"),
        ("c=été%202/day=1/x.csv", "partition:C", "été 2"),
        ("c=1/x.csv", "partition:d", None),
        ("c=__HIVE_DEFAULT_PARTITION__/x.csv", "partition:c", None),
    ],
)
def test_parts_of_a_path(path: str, wanted: str, value: str | None) -> None:
    assert part_of_path(f"/data/{path}", "/data", wanted) == value


def test_globs() -> None:
    assert fits("a/b/x.csv", ("*.csv",))
    assert fits("a/b/x.csv", ("a/**/x.csv",))
    assert fits("a/x.csv", ("a/**/x.csv",))
    assert not fits("a/b/x.csv", ("a/*.csv",))
    assert not fits("a/b/x.csv.gz", ("*.csv", "b/*"))
    assert fits("x[1].csv", ("x[1].csv",))
