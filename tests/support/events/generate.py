"""Seeded events with everything nasty a source may hold: canonical rows as plain dicts."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

Row = dict[str, Any]

AT: Final = datetime(2026, 11, 23, 11, 58, 30, 250_000, tzinfo=UTC)
END: Final = datetime(2026, 11, 23, 11, 59, tzinfo=UTC)
WINDOWS: Final = MappingProxyType(
    {
        "15m": timedelta(minutes=15),
        "2h": timedelta(hours=2),
        "6h": timedelta(hours=6),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
        "30d": timedelta(days=30),
    }
)
TICK: Final = timedelta(microseconds=1)
DAY_US: Final = 86_400_000_000

HOSTILE: Final = (
    '=HYPERLINK("http://x.example","y")',
    "+1-2",
    "-2+3",
    "@SUM(A1:A9)",
    "\tcmd",
    "a,b;c|d",
    'say "hello", twice ""',
    "it's; DROP TABLE events --",
    "two\nlines",
    "two\r\nlines",
    "\u202eright to left \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "<img src=x onerror=alert(1)>",
    '\\N \\n \\" \\u0041',
    '{"json": [1, null]}',
    "NULL",
    "null",
    "NaN",
    "NA",
    "None",
    "unknown",
    "true",
    "007",
    "1e5",
    "2026-11-23",
    " padded ",
    "x" * 10_000,
)  # fmt: skip
BY_CODE_POINT: Final = ("Z", "a", "\u00e9", "e\u0301", "\uff5e", "\U0001f600", "Ab", "aB")
"""Names that a locale, a case fold or UTF-16 would put in another order."""

REASONS: Final = (
    *("Mailbox-Full", "Invalid-Recipient", "Soft-Bounce"),
    "never heard of it",  # codespell:ignore heard
)
DOMAINS: Final = tuple(f"isp{i:02}.example" for i in range(16))
PLATFORMS: Final = ("ios", "android", "web", "toaster")
CHANNELS: Final = ("email",) * 10 + ("push",) * 8 + ("sms", "in_app", "web", "direct_mail")
EVENT_TYPES: Final = (
    ("targeted",)
    + ("excluded",) * 2
    + ("error",) * 2
    + ("sent",) * 5
    + ("delivered",) * 4
    + ("delay",)
    + ("bounce",) * 5
    + ("open",) * 4
    + ("click",) * 2
    + ("unsubscribe", "spam_complaint")
    + ("action",) * 2
)
BROKEN: Final = (
    *({name: None} for name in ("event_id", "timestamp", "campaign_id", "message_id")),
    *({name: None} for name in ("channel", "profile_id", "event_type")),
    {"event_id": ""},
    {"campaign_id": ""},
    {"profile_id": ""},
    {"channel": "fax"},
    {"event_type": "teleported"},
    {"bounce_type": "squishy"},
    {"timestamp": "yesterday"},
    {"timestamp": "2026-13-45T00:00:00Z"},
    {"is_test": "maybe"},
    {"is_async": "perhaps"},
    {"is_machine": "2"},
)
"""Each makes a sound row one that must be rejected."""


def instant(rng: random.Random, days: float = 45.0) -> datetime:
    """Return a time before, seldom after, the end; near it more often than far."""
    far = rng.choice((0.01, 0.08, 0.25, 1.0, 7.0, days))
    at = END - timedelta(microseconds=rng.randrange(-DAY_US // 50, int(far * DAY_US)))
    if rng.random() < 0.1:
        at += timedelta(days=1)
    if rng.random() < 0.2:
        return at.replace(second=0, microsecond=0)
    return at.replace(microsecond=rng.choice((0, 250_000, at.microsecond)))


def some(rng: random.Random, values: tuple[str, ...], *, hostile: float = 0.08) -> str | None:
    """Return one of *values*, sometimes nothing, sometimes something hostile."""
    roll = rng.random()
    if roll < 0.12:
        return None
    if roll < 0.12 + hostile:
        return rng.choice(HOSTILE + BY_CODE_POINT)
    return rng.choice(values)


def _name(rng: random.Random, what: str, at: datetime) -> str | None:
    """Return a display name that changes with time, the same for the same instant."""
    if rng.random() < 0.3:
        return None
    return f"{HOSTILE[at.hour % len(HOSTILE)][:200]} {what} {at:%d %H:%M:%S.%f}"


def event(rng: random.Random, number: int, at: datetime | None = None) -> Row:
    """Return one sound row."""
    at = at or instant(rng)
    channel, kind = rng.choice(CHANNELS), rng.choice(EVENT_TYPES)
    campaign = rng.choice(("c1", "c1", "c1", "c1", "c2", 'c"3", =1+1'))
    bounced = kind == "bounce" or rng.random() < 0.02
    message = rng.choice((f"{channel}-1", f"{channel}-1", f"{channel}-2", "007", 'a, "quoted"\nid'))
    return {
        "event_id": rng.choice((f"e{number}", f"{number:012}", f'e"{number},\n')),
        "timestamp": at,
        "campaign_id": campaign,
        "message_id": message,
        "channel": channel,
        "profile_id": f"p{rng.randrange(60)}",
        "event_type": kind,
        "reason": some(rng, REASONS),
        "bounce_type": rng.choice(("hard", "soft", "soft", "ignored", None)) if bounced else None,
        "is_async": rng.choice((True, False, False, None)) if bounced else None,
        "domain": some(rng, DOMAINS) if channel == "email" else None,
        "platform": some(rng, PLATFORMS) if channel == "push" else None,
        "execution_id": some(rng, ("run-1", "run-2")),
        "variant": some(rng, ("A", "B")),
        "url": "https://shop.example/?a=1&b=2" if kind == "click" else None,
        "is_test": rng.choice((None, None, False, False, False, True)),
        "is_machine": rng.choice((True, False, None)) if kind in ("open", "click") else None,
        "status_code": ("5.1.1", "450", None)[number % 3] if bounced else None,
        "machine_reason": "prefetch" if kind == "open" and number % 5 == 0 else None,
        "campaign_name": _name(rng, campaign, at),
        "message_name": _name(rng, message, at),
    }


def _edges(rng: random.Random, first: int) -> list[Row]:
    """Return events just inside, on and outside each end of every window."""
    times = [END - TICK, END, END + TICK]
    for window in WINDOWS.values():
        start = END - window
        times += [start - TICK, start, start, start + TICK, start - timedelta(minutes=1)]
    return [event(rng, first + i, at) for i, at in enumerate(times)]


def broken(rng: random.Random, first: int) -> list[Row]:
    """Return one row for each way of being rejected."""
    return [event(rng, first + i) | fault for i, fault in enumerate(BROKEN)]


def repeated(rng: random.Random, rows: list[Row], share: float = 0.12) -> list[Row]:
    """Return *rows* with some of them again, next to the first or far from it."""
    out: list[Row] = []
    for row in rows:
        out.append(row)
        if rng.random() < share / 2:
            out.append(dict(row))
    far = rng.sample(rows, int(len(rows) * share / 2))
    return out + [dict(row) for row in far for _ in range(rng.choice((1, 1, 3)))]


def events(seed: int, size: int = 500, *, faults: bool = True) -> list[Row]:
    """Return about *size* sound rows of several campaigns, repeats and, if asked, bad rows.

    Where *faults* is false, every value has the canonical table's type.
    """
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [event(rng, i) for i in range(size)] + _edges(rng, size)
    rows = repeated(rng, rows)
    if faults:
        bad = broken(rng, 2 * size)
        bad[12]["event_id"] = rows[0]["event_id"]
        rows += [*bad, dict(bad[-1])]
    rng.shuffle(rows)
    return rows


def simple(seed: int, size: int = 300) -> list[Row]:
    """Return rows with the required columns only, as the smallest source has them."""
    required = (
        "event_id",
        "timestamp",
        "campaign_id",
        "message_id",
        "channel",
        "profile_id",
        "event_type",
    )
    return [{name: row[name] for name in required} for row in events(seed, size, faults=False)]


def later(seed: int, size: int = 6) -> list[Row]:
    """Return rows of events that are not counted yet, one of them broken as well."""
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [event(rng, i) | {"event_id": f"later-{i}"} for i in range(size)]
    for row in rows:
        row["event_type"] = rng.choice(("impression", "dismiss", "conversion"))
    return [*rows, rows[0] | {"event_id": "later-broken", "campaign_id": None}]
