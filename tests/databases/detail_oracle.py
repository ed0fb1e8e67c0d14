"""What a snapshot counts by detail and of machines, of canonical rows, in plain Python."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests import oracle
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from campaign_live_widgets.snapshot import Snapshot

Row = dict[str, Any]
Counted = dict[tuple[Any, ...], int]

WHITE = " \t\n\r\f\v"
COLUMNS = (
    *("bounce", "delay", "open", "open_people", "open_machine"),
    *("click", "click_people", "click_machine"),
)
"""The counts that are compared."""


def link(url: str | None) -> str:
    """Return the link of a URL, taken apart character by character."""
    url = (url or "").strip(WHITE)
    scheme, colon, rest = url.partition(":")
    if colon and scheme.lower() in ("mailto", "tel", "sms"):
        return scheme.lower()
    if not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme) or not rest.startswith("//"):
        return "unknown"
    place = re.split("[?#]", rest[2:])[0]
    host, *segments = place.rstrip("/").split("/")
    host = host.rpartition("@")[2]
    before, colon, port = host.rpartition(":")
    if colon and set(port) <= set("0123456789"):
        host = before
    host = "".join(c.lower() if c.isascii() else c for c in host)
    return "/".join([host, *map(_segment, segments)]) if host else "unknown"


def _segment(text: str) -> str:
    digits = sum(c in "0123456789" for c in text)
    letters = sum(c.isalpha() or not c.isascii() for c in text if c not in "0123456789")
    is_number = len(text) >= 6 and digits == len(text)
    is_long = len(text) >= 20 and digits > 0 and letters > 0
    return "*" if "@" in text or "%40" in text or is_number or is_long else text


def provider(domain: str | None) -> str:
    """Return the family of a generated domain; all of them end with ``.example``."""
    return "unknown" if domain is None else "other"


def detail(event: Row) -> tuple[str | None, ...] | None:
    """Return the values of an event's detail; None where its kind has none."""
    kind, is_machine = event["event_type"], event["is_machine"] is True
    cause = event["machine_reason"] if is_machine else None
    values: tuple[str | None, ...]
    if kind in ("bounce", "delay"):
        values = provider(event["domain"]), event["reason"], event["status_code"]
    elif kind == "click":
        values = link(event["url"]), cause
    elif kind == "open" and is_machine:
        values = (cause,)
    else:
        return None
    return tuple(value and value.replace("\x1f", " ") for value in values)


def columns(event: Row) -> tuple[str, ...]:
    """Return the names of the counts in which an event is, of those that are compared here."""
    kind, judged = event["event_type"], event["is_machine"] is not None
    if kind in ("open", "click") and judged:
        return kind, f"{kind}_{'machine' if event['is_machine'] else 'people'}"
    return (kind,) if kind in COLUMNS else ()


def counted(  # noqa: PLR0913 - as of the oracle
    rows: Iterable[Row],
    campaign: str,
    window: timedelta,
    *,
    tests: bool = False,
    messages: Collection[str] = (),
    executions: Collection[str] = (),
) -> Counted:
    """Return dimension, value, channel and count → events, for ``detail`` and ``message_id``."""
    good = [event for row in rows if (event := oracle.event(row)) is not None]
    end = AT.replace(second=0, microsecond=0) + timedelta(minutes=1)
    totals: Counter[tuple[Any, ...]] = Counter()
    for event in {one["event_id"]: one for one in good}.values():
        if (
            event["campaign_id"] == campaign
            and end - window <= event["timestamp"] < end
            and (tests or event["is_test"] is not True)
            and (not messages or event["message_id"] in messages)
            and (not executions or event["execution_id"] in executions)
        ):
            values = {"detail": detail(event), "message_id": event["message_id"]}
            for dimension, value in values.items():
                for name in columns(event):
                    if value is not None:
                        totals[dimension, value, event["channel"], name] += 1
    return dict(totals)


def without_pairs(widgets: Row) -> Row:
    """Return the oracle's widgets as databases give them, which count no distinct pairs."""
    links = widgets["email.links"]
    place = links["columns"].index("unique_people")
    rows = [[*row[:place], None, *row[place + 1 :]] for row in links["rows"]]
    return {**widgets, "email.links": {**links, "rows": rows}}


def counts_of(snapshot: Snapshot) -> Counted:
    """Return the same of a snapshot."""
    totals: Counted = {}
    for dimension in ("detail", "message_id"):
        table = snapshot.counts[dimension]
        for name in COLUMNS:
            counts = table.column(name).tolist()
            for value, channel, count in zip(table.values, table.channels, counts, strict=True):
                if count:
                    text = str(value)
                    unpacked = _unpacked(text) if dimension == "detail" else text
                    key = (dimension, unpacked, channel, name)
                    assert key not in totals
                    totals[key] = count
    return totals


def _unpacked(text: str) -> tuple[str | None, ...]:
    parts = text.split("\x1f")
    assert all(part[:1] in ("", "=") for part in parts)
    return tuple(part[1:] if part else None for part in parts)
