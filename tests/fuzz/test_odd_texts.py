"""Texts of any kind where the package reads them: replies, addresses, times, lengths."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Final

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import campaign_live_widgets.catalog as catalogue
from campaign_live_widgets.app.settings.times import parse_at, parse_window
from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.sources.files.location import Location
from campaign_live_widgets.sources.formats import bounce_reasons as bounces
from campaign_live_widgets.sources.tables.address import DatabaseAddress
from tests.fuzz.budget import TEXTS, budget
from tests.oracle import BOUNCE_TYPES

SECRET: Final = "s3cret-pass"  # noqa: S105 - of nothing
_WORDS: Final = st.sampled_from(
    (
        *("550", "5.1.1", "4.2.2", "552", "smtp;", "mailbox", "full", "user unknown", "spam", "."),
        *(
            "5.999.999",
            "5.1",
            "2.0.0",
            "relay denied",
            "vacation",
            "\u0130",
            "\n",
            "\x00",
            "5.7.1.",
        ),
    )
)
_REPLIES: Final = st.one_of(
    st.none(), TEXTS, st.lists(st.one_of(_WORDS, TEXTS), max_size=6).map(" ".join)
)


def _reasons() -> set[str]:
    path = Path(catalogue.__file__).with_name("reasons.csv")
    with path.open(encoding="utf-8") as file:
        return {row["code"] for row in csv.DictReader(file) if row["kind"] == "bounce"}


@budget(12)
@given(replies=st.lists(st.tuples(_REPLIES, _REPLIES), min_size=1, max_size=30))
def test_every_reply_has_a_reason_of_the_catalogue(
    replies: list[tuple[str | None, str | None]],
) -> None:
    reason_sql = bounces.reason("status", "reply")
    kind = bounces.bounce_type(reason_sql, "status", "reply")
    with duckdb.connect() as con:
        con.execute("CREATE TABLE replies (status VARCHAR, reply VARCHAR)")
        con.executemany("INSERT INTO replies VALUES (?, ?)", replies)
        results = con.execute(f"SELECT {reason_sql}, {kind} FROM replies").fetchall()
    assert len(results) == len(replies)
    assert {reason for reason, _ in results} <= _reasons()
    assert {bounce_type for _, bounce_type in results} <= {None, *BOUNCE_TYPES}


_PARTS: Final = st.one_of(
    TEXTS,
    st.sampled_from(
        (
            *(
                "postgresql",
                "postgres",
                "ajo:postgresql",
                "POSTGRESQL",
                "mysql",
                "",
                "://",
                "[",
                "]",
            ),
            *(
                "host",
                "[::1]",
                "[::1",
                ":99999",
                ":-1",
                ":x",
                "/db",
                "?table=t",
                "?table=",
                "%zz",
                "%00",
            ),
            *(
                "&overlap=5m",
                "&overlap=",
                "&overlap=x",
                "&overlap=\u0665",
                "&watermark=",
                "&x=1",
                "#",
                "@",
            ),
            *(f"user:{SECRET}@", f":{SECRET}@", "user:env:CLW_NOT_SET@", "user@", "\n", "\ud800"),
        )
    ),
)


def _assert_clear(error: Exception) -> None:
    """Check that the message is not empty."""
    assert str(error).strip()


def _assert_no_password(error: Exception) -> None:
    assert f":{SECRET}@" not in str(error)


@budget(300)
@given(parts=st.lists(_PARTS, max_size=7), proper=st.booleans())
def test_an_invalid_database_address_is_one_clear_line_without_its_password(
    parts: list[str],
    proper: bool,  # noqa: FBT001
) -> None:
    text = "postgresql://" + "".join(parts) if proper else "".join(parts)
    try:
        place = DatabaseAddress.parse(text)
    except SourceError as error:
        _assert_clear(error)
        _assert_no_password(error)
    else:
        if place.password == SECRET and text.count(SECRET) == 1:
            assert SECRET not in f"{place.text} {place!r} {place.parts}"


@pytest.mark.parametrize("host", ["[", "[::1", "ho\u2100st", "]"])
def test_an_invalid_address_is_one_line_without_its_password(host: str) -> None:
    with pytest.raises(SourceError, match="is not a valid address; give") as refused:
        DatabaseAddress.parse(f"postgresql://reader:{SECRET}@{host}/mail?table=events")
    assert SECRET not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@budget(300)
@given(parts=st.lists(_PARTS, max_size=4))
def test_an_invalid_source_is_one_clear_line(parts: list[str]) -> None:
    try:
        place = Location.parse("".join(parts))
        place.listing()
    except SourceError as error:
        _assert_clear(error)
    else:
        assert place.watched.is_dir()


_TIMES: Final = st.one_of(
    TEXTS,
    st.datetimes().map(str),
    st.text(alphabet="0123456789-:.TZ+ wW", max_size=32),
    st.from_regex(r"\A\d{1,11} ?(m|min|h|d|w)(\d{1,10}(m|h|d|w))?\Z"),
)


@budget(400)
@given(text=_TIMES)
def test_an_invalid_time_or_duration_is_one_clear_line(text: str) -> None:
    try:
        at = parse_at(text)
        assert at is None or at.utcoffset() == timedelta(0)
    except UsageError as error:
        _assert_clear(error)
    try:
        length = parse_window(text)
        assert length > timedelta(0)
        assert length % timedelta(minutes=1) == timedelta(0)
    except UsageError as error:
        _assert_clear(error)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"])
def test_times_at_the_limits_of_the_calendar_are_an_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_at(text)
