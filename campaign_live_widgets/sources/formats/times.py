"""What is a time, and what it is in microseconds since the epoch.

Times are RFC 3339, ISO 8601 (extended or basic, also by week or by day of the year), RFC 9557
(with a zone in brackets), RFC 2822, and numbers since the epoch in seconds, milliseconds,
microseconds or nanoseconds; each of a year from 1990 to 2100. A time without a zone is UTC.

SQL reads the common forms. For any other text it calls :func:`read_time`, which a
connection knows after :func:`add_time_function`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import duckdb
from duckdb.func import FunctionNullHandling

from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from datetime import tzinfo

NOT_A_TIME: Final = (
    "timestamp is not a time; give RFC 3339 such as 2026-11-20T12:00:00Z, of the years 1990 to 2100"
)
_FUNCTION: Final = "clw_time"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = 631_152_000
_END: Final = 4_133_980_800
"""Seconds of the years 1990 to 2100: the end is the start of 2101."""
_SECOND: Final = 1_000_000
"""Microseconds."""
_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
"""Units of a number since the epoch, in a second; the size of a number shows which it is."""
_SECONDS: Final = r"[0-9]{9,10}(\.[0-9]*)?"
_NUMBER: Final = re.compile(r"([0-9]{9,19})(?:\.([0-9]*))?", re.ASCII)
_ISO: Final = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)|(\d{4})(\d\d)(\d\d)|(\d{4})-?W(\d\d)-?([1-7])|(\d{4})-?(\d{3}))"
    r"(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?"
    r"((?:\[[^\[\]]*\])*)",
    re.ASCII | re.IGNORECASE,
)
_ZONE: Final = re.compile(r"\[!?([A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)\]")
_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_MAIL: Final = re.compile(
    r"(?:[A-Z]{3}, *)?(\d{1,2}) +([A-Z]{3}) +(\d{4}) +(\d\d):(\d\d)(?::(\d\d))?"
    r"(?: +([+-]\d{4}|[A-Z]{1,3}))?(?: *\([^()]*\))?",
    re.ASCII | re.IGNORECASE,
)
_MAIL_ZONES: Final[dict[str | None, int]] = {
    **dict.fromkeys((None, "Z", "UT", "UTC", "GMT"), 0),
    "EDT": -4,
    "EST": -5,
    "CDT": -5,
    "CST": -6,
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
}


def microseconds(field: str, *, native: bool) -> str:
    """Return SQL for a field as microseconds since the epoch, null if it is not a time.

    *native*: the field is a time already.
    """
    if native:
        return plain_microseconds(field, native=True)
    time = _cast(field, native=False)
    # Not by coalesce: that would evaluate parts of the last branch for all rows.
    return (
        f"CASE WHEN {time} {_IN_YEARS} THEN {time} "
        f"WHEN {field} IS NOT NULL THEN {_FUNCTION}({field}) END"
    )


def plain_microseconds(field: str, *, native: bool) -> str:
    """Return SQL as :func:`microseconds` does, null for text in any but the most common form."""
    time = _cast(field, native=native)
    return f"CASE WHEN {time} {_IN_YEARS} THEN {time} END"


def epoch_or_time(field: str) -> str:
    """Return SQL as :func:`microseconds` does, for text that often is seconds since the epoch."""
    seconds = f"try_cast({field} AS DECIMAL(20, 6))"
    return (
        f"CASE WHEN regexp_full_match({field}, {quoted(_SECONDS)}) THEN "
        f"CASE WHEN {seconds} >= {_FIRST} AND {seconds} < {_END} "
        f"THEN ({seconds} * {_SECOND})::BIGINT END "
        f"ELSE {microseconds(field, native=False)} END"
    )


def no_time() -> str:
    """Return the SQL branch that rejects a row whose time cannot be parsed."""
    return f"WHEN us IS NULL THEN {quoted(NOT_A_TIME)}"


def add_time_function(con: duckdb.DuckDBPyConnection) -> None:
    """Let a connection, and its cursors, evaluate the SQL of this module."""
    with suppress(duckdb.Error):  # it has been added before
        con.create_function(
            _FUNCTION, read_time, ["varchar"], "bigint", null_handling=FunctionNullHandling.SPECIAL
        )


def read_time(text: str | None) -> int | None:
    """Return the microseconds since the epoch of a time in any form; ``None`` if it is not one."""
    if text is None:
        return None
    text = text.strip(" \t\r\n")
    if number := _NUMBER.fullmatch(text):
        return _of_number(*number.groups())
    try:
        time = _of_calendar(text) or _of_mail(text)
    except (ValueError, OverflowError, OSError):  # no such day, hour or zone
        return None
    us = None if time is None else (time - _EPOCH) // timedelta(microseconds=1)
    return us if us is not None and _FIRST * _SECOND <= us < _END * _SECOND else None


def _cast(field: str, *, native: bool) -> str:
    time = f"epoch_us(try_cast({field} AS TIMESTAMPTZ))"  # a date may be of any year
    return time if native else f"try({time})"


_IN_YEARS: Final = f"BETWEEN {_FIRST * _SECOND} AND {_END * _SECOND - 1}"


def _of_number(digits: str, fraction: str | None) -> int | None:
    number = int(digits)
    for unit in _UNITS:
        if _FIRST * unit <= number < _END * unit:
            parts = int((fraction or "").ljust(6, "0")[:6])
            return (number * _SECOND + parts) // unit
    return None


def _of_calendar(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if not match:
        return None
    year, month, day, *others, hour, minute, second, fraction, offset, brackets = match.groups()
    zone = _offset(offset) if offset else _named_zone(brackets)
    if zone is None:
        return None
    basic, by_week, by_day = others[:3], others[3:6], others[6:]
    if by_week[0]:
        date = datetime.fromisocalendar(*map(int, by_week))
    elif by_day[0]:
        date = datetime(int(by_day[0]), 1, 1) + timedelta(days=int(by_day[1]) - 1)  # noqa: DTZ001
        if date.year != int(by_day[0]):
            return None
    else:
        y, m, d = (year, month, day) if year else basic
        date = datetime(int(y), int(m), int(d))  # noqa: DTZ001
    return _at(date, hour, minute, second, fraction).replace(tzinfo=zone)


def _of_mail(text: str) -> datetime | None:
    """Return the time of a date as in the header of a mail."""
    match = _MAIL.fullmatch(text)
    if not match:
        return None
    day, month, year, hour, minute, second, zone = match.groups()
    hours = _MAIL_ZONES.get(zone and zone.upper())
    offset = timezone(timedelta(hours=hours)) if hours is not None else _offset(zone)
    if offset is None or month.lower() not in _MONTHS:
        return None
    date = datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day))  # noqa: DTZ001
    return _at(date, hour, minute, second, None).replace(tzinfo=offset)


def _at(
    day: datetime, hour: str | None, minute: str | None, second: str | None, fraction: str | None
) -> datetime:
    """Return a time of a day; 24:00 and a leap second are the start of what follows."""
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    us = int((fraction or "").ljust(6, "0")[:6])
    if m > 59 or s > 60 or h > 24 or (h == 24 and (m or s or us)):  # noqa: PLR2004
        raise ValueError
    return day + timedelta(hours=h, minutes=m, seconds=s, microseconds=us)


def _offset(text: str) -> tzinfo | None:
    if text in ("Z", "z"):
        return UTC
    digits = text[1:].replace(":", "")
    if not digits.isdigit() or int(digits[:2]) > 23 or int(digits[2:] or 0) > 59:  # noqa: PLR2004
        return None
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _named_zone(brackets: str) -> tzinfo | None:
    """Return the zone in brackets of a time without an offset, UTC if there is none."""
    if not (name := _ZONE.search(brackets)):
        return UTC
    with suppress(KeyError, ValueError, OSError):
        return ZoneInfo(name[1])
    return None
