"""The page's address: it can express every query, and invalid values are named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.app.settings.address import (
    KEYS,
    parse_address,
    read_address,
    to_address,
)
from campaign_live_widgets.app.settings.query import EVERYTHING, FASTEST, SLOWEST, Query
from campaign_live_widgets.catalog import BASES, TABS
from campaign_live_widgets.snapshot import MACHINES, Selection, Window

PLAIN = Query()
MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "a&campaign=b",
    "50% off, “really”?",
    "=HYPERLINK(1)",
    "\u202egnp.exe",
    "a\nb\tc\x00d",
    "é+ +é",
    "#top?x=y;z",
    "x" * 10_000,
)

names = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1))
minutes = st.integers(min_value=1, max_value=3660 * 1440)
times = st.datetimes(
    datetime(1901, 1, 1),  # noqa: DTZ001 - the zone comes with the next line
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
lengths = st.one_of(st.just(EVERYTHING), minutes.map(lambda n: n * MINUTE))
exact = st.builds(Window.ending, times, minutes.map(lambda n: n * MINUTE))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    window = draw(st.one_of(lengths, exact))
    at = None if isinstance(window, Window) else draw(st.one_of(st.none(), times))
    several = st.lists(names, unique=True, max_size=4).map(tuple)
    return Query(
        campaign=draw(st.one_of(st.none(), names)),
        window=window,
        at=at,
        messages=draw(several),
        executions=draw(several),
        include_tests=draw(st.booleans()),
        machines=draw(st.sampled_from(MACHINES)),
        basis=draw(st.sampled_from(BASES)),
        time_zone=draw(st.sampled_from(["UTC", "Europe/Paris", "America/St_Johns", "Etc/GMT+5"])),
        locale=draw(st.sampled_from(["en", "fr"])),
        every=draw(st.floats(FASTEST, SLOWEST)),
        tab=draw(st.sampled_from(list(TABS))),
        detail=draw(st.one_of(st.none(), names)),
    )


@given(queries(), queries())
def test_a_query_survives_the_address_for_any_defaults(query: Query, defaults: Query) -> None:
    assert parse_address(read_address(to_address(query, defaults)), defaults) == (query, ())


@given(queries())
def test_the_default_query_has_an_empty_address(query: Query) -> None:
    assert to_address(query, query) == ""


@given(st.dictionaries(st.sampled_from(KEYS), st.lists(st.text(), max_size=3)))
def test_any_address_gives_a_query(parameters: dict[str, list[str]]) -> None:
    query, problems = parse_address(parameters, PLAIN)
    assert parse_address(read_address(to_address(query, PLAIN)), PLAIN) == (query, ())
    assert all("\n" not in problem(locale) for problem in problems for locale in ("en", "fr"))


def test_an_address_is_short_and_readable() -> None:
    query = Query(
        campaign="autumn-sale", window=timedelta(hours=6), messages=("m1", "m2"), locale="fr"
    )
    assert to_address(query, PLAIN) == (
        "campaign=autumn-sale&window=6h&message=m1&message=m2&locale=fr"
    )
    span = Query(window=Window(NOON, NOON + 90 * MINUTE))
    assert to_address(span, PLAIN) == "from=2026-11-20T12%3A00Z&to=2026-11-20T13%3A30Z"


def test_an_address_can_reset_the_defaults_of_the_server() -> None:
    served = Query(messages=("m1",), at=NOON, include_tests=True, detail="m1", campaign="c1")
    address = to_address(PLAIN, served)
    assert address == "campaign=&at=now&message=&tests=0&detail="
    assert parse_address(read_address(address), served) == (PLAIN, ())


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("window=soon", "window=soon"),
        ("window=0m", "window=0m"),
        ("at=noon", "at=noon"),
        ("from=2026-11-20T12:00Z", "from=2026-11-20T12:00Z"),
        ("to=2026-11-20T12:00Z", "to=2026-11-20T12:00Z"),
        (
            "from=2026-11-20T12:00Z&to=2026-11-20T12:00Z",
            "from=2026-11-20T12:00Z&to=2026-11-20T12:00Z",
        ),
        ("tests=maybe", "tests=maybe"),
        ("tz=Mars/Olympus", "tz=Mars/Olympus"),
        ("tz=../../etc/passwd", "tz=../../etc/passwd"),
        ("tz=localtime", "tz=localtime"),
        ("locale=de", "locale=de"),
        ("every=0.1", "every=0.1"),
        ("every=nan", "every=nan"),
        ("every=61", "every=61"),
        ("tab=sms", "tab=sms"),
    ],
)
def test_an_invalid_value_is_named_once_and_the_rest_applies(address: str, named: str) -> None:
    query, problems = parse_address(read_address(f"{address}&campaign=c1"), PLAIN)
    assert query == Query(campaign="c1")
    (problem,) = problems
    assert problem.en.startswith(f"Ignored {named}: ")
    assert problem.fr.startswith(f"{named} ignoré\N{NO-BREAK SPACE}: ")


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("window=6h", ["window=6h"]),
        ("at=2026-11-20T12:00Z&window=6h", ["window=6h", "at=2026-11-20T12:00Z"]),
        ("window=soon&at=now", ["window=soon", "at=now"]),
        ("window=&at=", []),
        ("from=2026-11-20T11:00Z", ["from=2026-11-20T11:00Z"]),
        ("to=2026-11-20T14:00Z&to=2026-11-20T13:00Z", ["to=2026-11-20T14:00Z"]),
        ("to=2026-11-20T13:00Z", []),
    ],
)
def test_a_value_that_exact_times_rule_out_is_named(address: str, named: list[str]) -> None:
    exact = "from=2026-11-20T12:00Z&to=2026-11-20T13:00Z"
    query, problems = parse_address(read_address(f"{address}&{exact}"), PLAIN)
    assert query == Query(window=Window(NOON, NOON + 60 * MINUTE))
    assert [one.en.removeprefix("Ignored ").partition(": ")[0] for one in problems] == named


@pytest.mark.parametrize(
    ("address", "query", "named"),
    [
        ("tab=push&tab=email", Query(tab="email"), ["tab=push"]),
        ("tab=push&tab=x&tab=push&tab=email", Query(tab="email"), ["tab=push&tab=x"]),
        ("campaign=a&campaign=b", Query(campaign="b"), ["campaign=a"]),
        ("tests=1&tests=1", Query(include_tests=True), []),
        ("machines=only&machines=exclude", Query(machines="exclude"), ["machines=only"]),
        ("machines=some", Query(), ["machines=some"]),
        ("basis=decided&basis=opened", Query(), ["basis=decided", "basis=opened"]),
        ("message=a&message=b", Query(messages=("a", "b")), []),
        (
            "from=yesterday&to=2026-11-20T12:00Z",
            Query(),
            ["from=yesterday", "to=2026-11-20T12:00Z"],
        ),
    ],
)
def test_a_value_that_another_one_rules_out_is_named(
    address: str, query: Query, named: list[str]
) -> None:
    parsed, problems = parse_address(read_address(address), PLAIN)
    assert parsed == query
    assert [one.en.removeprefix("Ignored ").partition(": ")[0] for one in problems] == named


def test_a_time_beside_the_exact_window_of_the_report_is_named() -> None:
    exact = Query(window=Window(NOON, NOON + 60 * MINUTE))
    query, (problem,) = parse_address(read_address("at=2026-11-20T15:00Z"), exact)
    assert query == exact
    assert problem.en.startswith("Ignored at=2026-11-20T15:00Z: ")
    query, problems = parse_address(read_address("at=2026-11-20T15:00Z&window=1h"), exact)
    assert (query.at, problems) == (NOON + 180 * MINUTE, ())


def test_a_long_value_is_quoted_on_one_short_line() -> None:
    _, (problem,) = parse_address({"window": ["1\n2\u202e" + "9" * 10_000]}, PLAIN)
    assert len(problem.en) < 160
    assert problem.en.isprintable()


def test_exact_times_are_widened_to_whole_minutes() -> None:
    query, _ = parse_address(
        read_address("from=2026-11-20T12:00:30Z&to=2026-11-20T12:59:01Z&at=now"), PLAIN
    )
    assert query.window == Window(NOON, NOON + 60 * MINUTE)


def test_times_without_a_zone_are_utc_whatever_the_zone_of_the_labels() -> None:
    parameters = {"from": ["2026-11-20T12:00"], "to": ["2026-11-20T12:30"], "tz": ["Asia/Tokyo"]}
    query, _ = parse_address(parameters, PLAIN)
    assert query.window == Window(NOON, NOON + 30 * MINUTE)
    parameters["to"] = ["2026-11-20T12:30+01:00"]
    query, _ = parse_address(parameters, PLAIN)
    assert query == Query(window=PLAIN.window, time_zone="Asia/Tokyo")  # it ends before it starts


def test_a_plus_in_a_time_of_an_address_is_kept() -> None:
    query, problems = parse_address(read_address("at=2026-11-20T13:00:00+01:00"), PLAIN)
    assert (query.at, problems) == (NOON, ())


def test_other_parameters_of_an_address_are_ignored() -> None:
    assert read_address("?theme=dark&campaign=c1&tab=push&tab=email") == {
        "campaign": ["c1"],
        "tab": ["push", "email"],
    }
    assert parse_address(read_address("tab=push&tab=email"), PLAIN)[0].tab == "email"


def test_the_detail_page_of_a_message_counts_only_it() -> None:
    query = Query(messages=("m1", "m2"), detail="m3", executions=("e1",))
    assert query.selection == Selection(frozenset({"m3"}), frozenset({"e1"}))
    assert Query(messages=("m1",)).selection == Selection(frozenset({"m1"}))
