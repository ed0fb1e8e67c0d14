"""The report computed a second time, slowly, from its contract alone.

Imports nothing of the package: where the two agree, both read the contract the same way.
"""

from __future__ import annotations

import math
import re
import weakref
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from tests import oracle_analysis

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Row = dict[str, Any]

REQUIRED = (
    "event_id",
    "timestamp",
    "campaign_id",
    "message_id",
    "channel",
    "profile_id",
    "event_type",
)
COLUMNS = (
    *REQUIRED,
    "reason",
    "bounce_type",
    "is_async",
    "domain",
    "platform",
    "execution_id",
    "variant",
    "url",
    "is_test",
    "is_machine",
    "campaign_name",
    "message_name",
    "status_code",
    "machine_reason",
)
BOOLEANS = ("is_async", "is_test", "is_machine")
CHANNELS = ("email", "push", "sms", "in_app", "web", "direct_mail")
BOUNCE_TYPES = ("hard", "soft", "ignored")
EVENT_TYPES = {
    "targeted",
    "excluded",
    "error",
    "sent",
    "delivered",
    "delay",
    "bounce",
    "open",
    "click",
    "unsubscribe",
    "spam_complaint",
    "action",
}
LATER_EVENT_TYPES = ("impression", "dismiss", "conversion")

EMAIL = (
    "sent",
    "delivered",
    "bounces",
    "errors",
    "opens",
    "clicks",
    "unsubscribes",
    "spam_complaints",
)
PUSH = ("sent", "delivered", "bounces", "errors", "opens", "actions", "engagements")
OUTCOMES = ("delivered", "bounces", "errors")


MINUTE = timedelta(minutes=1)


class Widget(NamedTuple):
    """One line of the contract's table of widgets."""

    en: str
    fr: str
    by: str | None
    metrics: tuple[str, ...]


WIDGETS = {
    "campaign.statistics": Widget(
        "Campaign statistics",
        "Statistiques de campagne",
        None,
        ("entered_profiles", "delivered", "errors"),
    ),
    "campaign.funnel": Widget(
        "Funnel by channel",
        "Entonnoir par canal",
        "channel",
        ("targeted", "sent", "delivered", "opens", "clicks", "actions"),
    ),
    "campaign.summary": Widget(
        "Campaign summary",
        "Résumé de la campagne",
        "bucket",
        ("sent", "delivered", "bounces", "errors", "opens", "clicks"),
    ),
    "email.sending_statistics": Widget(
        "Email sending statistics", "Statistiques d'envoi des e-mails", None, OUTCOMES
    ),
    "email.metrics_by_message": Widget(
        "Sending metrics by email", "Envoi de mesures par e-mail", "message_id", EMAIL
    ),
    "email.summary": Widget("Email summary", "Résumé des e-mails", "bucket", EMAIL),
    "email.bounce_reasons": Widget("Bounce reasons", "Causes des bounces", "reason", ("bounces",)),
    "email.bounce_categories": Widget(
        "Bounce categories", "Catégories des bounces", "bounce_type", ("bounces",)
    ),
    "email.bounces_by_message": Widget(
        "Hard bounce and bounce by email",
        "Hard bounce et bounce - par e-mail",
        "message_id",
        ("hard_bounces", "soft_bounces", "ignored_bounces"),
    ),
    "email.error_reasons": Widget("Error reasons", "Raisons de l'erreur", "reason", ("errors",)),
    "email.exclusion_reasons": Widget(
        "Exclusion reasons", "Exclure des raisons", "reason", ("excluded",)
    ),
    "email.recipient_domains": Widget(
        "Best recipient domain",
        "E-mail - Meilleur domaine destinataire",
        "domain",
        ("opens", "sent", "delivered", "bounces", "errors"),
    ),
    "push.sending_performance": Widget(
        "Push sending performance",
        "Performances d'envoi des notifications push",
        None,
        OUTCOMES,
    ),
    "push.summary": Widget("Push summary", "Résumé des notifications push", "bucket", PUSH),
    "push.metrics_by_message": Widget(
        "Sending metrics by push", "Mesures d'envoi par notification push", "message_id", PUSH
    ),
    "push.error_reasons": Widget("Error reasons", "Raisons de l'erreur", "reason", ("errors",)),
    "push.exclusion_reasons": Widget(
        "Exclusion reasons", "Exclure des raisons", "reason", ("excluded",)
    ),
    "push.failures": Widget(
        "Sending statistics - failed",
        "Statistiques d'envoi - Échec",
        None,
        ("bounces", "errors"),
    ),
    "push.tracking_by_platform": Widget(
        "Tracking by platform",
        "Suivi par plateforme",
        "platform",
        ("delivered", "opens", "actions"),
    ),
    "push.sending_by_platform": Widget(
        "Sending by platform", "Envoi par plateforme", "platform", OUTCOMES
    ),
    "push.breakdown_by_platform": Widget(
        "Breakdown by platform",
        "Ventilation par plateforme",
        "platform",
        ("sent", "delivered", "opens", "actions", "engagements", "bounces", "errors"),
    ),
}


class Span(NamedTuple):
    """A window, ``end`` outside, and the width of its buckets."""

    start: datetime
    end: datetime
    width: timedelta


def blank(value: object) -> bool:
    """Return whether a cell holds nothing."""
    if isinstance(value, float) and math.isnan(value):
        return True
    return value is None or value is pd.NaT or not str(value).strip()


def instant(value: object) -> datetime | None:
    """Return a time in UTC, or None where there is none to be read."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or not 1990 <= value.year <= 2100:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


WORDS: Final = {
    "status_code": r" *(\d\.\d{1,3}\.\d{1,3}|\d{3}) *",
    "machine_reason": r"[A-Za-z_-]{1,40}",
}
"""Columns whose values are null where they have another form."""


def _word(value: str | None, form: str) -> str | None:
    return value if value is not None and re.fullmatch(form, value, re.ASCII) else None


def _domain(value: str | None) -> str | None:
    """Return what follows the last ``@`` of a domain, up to a path, a query or a fragment."""
    return value and (re.split("[/?#]", value.rsplit("@", 1)[-1])[0].lower() or None)


def _boolean(value: object) -> bool | None:
    return None if value is None else {"true": True, "false": False}[str(value).lower()]


def event(raw: Mapping[str, Any]) -> Row | None:
    """Return the row as an event, or None where it must be rejected."""
    row = {name: None if blank(raw.get(name)) else raw.get(name) for name in COLUMNS}
    row["timestamp"] = instant(row["timestamp"])
    row["domain"] = _domain(row["domain"])
    row |= {name: _word(row[name], form) for name, form in WORDS.items()}
    try:
        row |= {name: _boolean(row[name]) for name in BOOLEANS}
    except KeyError:
        return None
    if (
        any(row[name] is None for name in REQUIRED)
        or row["channel"] not in CHANNELS
        or row["event_type"] not in EVENT_TYPES
        or row["bounce_type"] not in (None, *BOUNCE_TYPES)
    ):
        return None
    return row


_MAPPED: dict[int, tuple[weakref.ref[pd.DataFrame], list[Row], int]] = {}
"""By the frame's id, which another one may get later: the frame, its events, rows ignored."""


def _mapped(events: pd.DataFrame) -> tuple[list[Row], int]:
    """Return the rows that are events and the number of those to ignore, once for each frame."""
    known = _MAPPED.get(id(events))
    if known is None or known[0]() is not events:
        raw = events.to_dict("records")
        good = [row for one in raw if (row := event(one)) is not None]
        known = weakref.ref(events), good, sum(map(is_ignored, raw))
        _MAPPED.clear()
        _MAPPED[id(events)] = known
    return known[1], known[2]


def _good(events: pd.DataFrame) -> list[Row]:
    return _mapped(events)[0]


def is_ignored(raw: Mapping[str, Any]) -> bool:
    """Return whether a row is sound, but of an event that is not counted yet."""
    return (
        raw.get("event_type") in LATER_EVENT_TYPES
        and event({**raw, "event_type": "sent"}) is not None
    )


def _count(events: list[Row], metric: str) -> int:
    """Return one metric over a group of distinct events."""

    def of(kind: str) -> list[Row]:
        return [e for e in events if e["event_type"] == kind]

    if metric == "entered_profiles":
        entered = of("targeted") + of("sent") + of("excluded") + of("error")
        return len({e["profile_id"] for e in entered})
    if metric == "delivered":
        return len(of("delivered")) - sum(e["is_async"] is True for e in of("bounce"))
    if metric == "targeted":
        return len(of("sent")) + len(of("excluded")) + len(of("error"))
    if metric == "engagements":
        return len(of("open")) + len(of("action"))
    if (kind := metric.removesuffix("_bounces")) in BOUNCE_TYPES:
        return sum(e["bounce_type"] == kind for e in of("bounce"))
    kind = metric if metric in EVENT_TYPES else metric.removesuffix("s")
    if kind not in EVENT_TYPES:
        message = f"The metric {metric!r} is not defined in tests/oracle.py: add it to _count."
        raise NotImplementedError(message)
    return len(of(kind))


def bucket_width(window: timedelta) -> timedelta:
    """Return how wide a point of a series is."""
    if window <= timedelta(hours=2):
        return timedelta(minutes=1)
    if window <= timedelta(hours=6):
        return timedelta(minutes=5)
    if window <= timedelta(hours=24):
        return timedelta(minutes=15)
    if window <= timedelta(days=7):
        return timedelta(hours=1)
    return timedelta(days=1)


def _floor(at: datetime, width: timedelta) -> datetime:
    return at - (at - datetime(1970, 1, 1, tzinfo=UTC)) % width


def text(at: datetime | None) -> str | None:
    """Return a time as RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _buckets(span: Span) -> list[datetime]:
    """Return the start of every bucket of a window."""
    first = _floor(span.start, span.width)
    count = math.ceil((span.end - first) / span.width)
    return [first + i * span.width for i in range(count)]


def _series(events: list[Row], metrics: tuple[str, ...], span: Span) -> list[list[Any]]:
    rows = []
    for bucket in _buckets(span):
        own = [e for e in events if bucket <= e["timestamp"] < bucket + span.width]
        rows.append([text(bucket), *(_count(own, m) for m in metrics)])
    return rows


def _grouped(events: list[Row], by: str, metrics: tuple[str, ...]) -> list[list[Any]]:
    groups: dict[str, list[Row]] = {}
    for e in events:
        groups.setdefault("unknown" if e[by] is None else e[by], []).append(e)
    rows = [[name, *(_count(own, m) for m in metrics)] for name, own in groups.items()]
    return sorted((row for row in rows if any(row[1:])), key=lambda row: (-row[1], row[0]))


def _share(metric: str, count: int, sent: int) -> float | None:
    if sent == 0 or count < 0 or (metric != "errors" and count > sent):
        return None
    return count / sent


def _widget(name: str, events: list[Row], span: Span, locale: str) -> Row:
    widget, tab = WIDGETS[name], name.partition(".")[0]
    if tab != "campaign":
        events = [e for e in events if e["channel"] == tab]
    columns = [widget.by or "metric", *(widget.metrics if widget.by else ("count",))]
    if widget.by == "channel":
        own = {channel: [e for e in events if e["channel"] == channel] for channel in CHANNELS}
        rows = [
            [channel, *(_count(those, m) for m in widget.metrics)]
            for channel, those in own.items()
            if those
        ]
    elif widget.by == "bucket":
        rows = _series(events, widget.metrics, span)
    elif widget.by is not None:
        rows = _grouped(events, widget.by, widget.metrics)
    else:
        rows = [[metric, _count(events, metric)] for metric in widget.metrics]
    if name in ("email.sending_statistics", "push.sending_performance"):
        columns.append("share")
        sent = _count(events, "sent")
        rows = [[metric, count, _share(metric, count, sent)] for metric, count in rows]
    if name == "email.bounce_categories":
        counts = dict(rows)
        listed = [*BOUNCE_TYPES, *(["unknown"] if "unknown" in counts else [])]
        rows = [[kind, counts.get(kind, 0)] for kind in listed]
    if name == "email.recipient_domains":
        rows = [row for row in rows if row[1] > 0][:10]
    title = widget.fr if locale == "fr" else widget.en
    is_some = any(any(row[1:]) for row in rows)
    of = {"share": "Envoyés" if locale == "fr" else "Sent"} if "share" in columns else {}
    return {
        "title": title,
        "columns": columns,
        "rows": rows,
        "state": "ok" if is_some else "none",
        "of": of,
    }


def _newest(events: list[Row], name: str) -> str | None:
    named = [(e["timestamp"], e[name]) for e in events if e[name] is not None]
    return max(named)[1] if named else None


def message_names(events: pd.DataFrame, campaign: str) -> dict[str, str]:
    """Return the newest display name of every message of a campaign that has one."""
    good = _good(events)
    messages: dict[str, list[Row]] = {}
    for e in good:
        if e["campaign_id"] == campaign:
            messages.setdefault(e["message_id"], []).append(e)
    names = {message: _newest(own, "message_name") for message, own in messages.items()}
    return {message: name for message, name in names.items() if name is not None}


def _listed(events: list[Row], by: str) -> list[tuple[str, list[Row]]]:
    """Return the names in a column with their events, the one with the newest event first."""
    groups: dict[str, list[Row]] = {}
    for e in events:
        if e[by] is not None:
            groups.setdefault(e[by], []).append(e)
    newest = {name: max(e["timestamp"] for e in own) for name, own in groups.items()}
    return sorted(groups.items(), key=lambda item: (-newest[item[0]].timestamp(), item[0]))


def _own(events: pd.DataFrame, campaign: str) -> list[Row]:
    """Return the distinct events of a campaign."""
    good = _good(events)
    distinct = {row["event_id"]: row for row in good}
    return [e for e in distinct.values() if e["campaign_id"] == campaign]


def _last(events: list[Row], at: datetime | None, now: datetime | None) -> datetime | None:
    """Return the last event that is neither after now nor after the minute of *at*."""
    now = now or datetime.now(UTC)
    times = [e["timestamp"] for e in events if e["timestamp"] <= now]
    if at is not None:
        times = [time for time in times if time < _floor(at, MINUTE) + MINUTE]
    return max(times, default=None)


def newest_campaign(
    events: pd.DataFrame, at: datetime | None = None, now: datetime | None = None
) -> str:
    """Return the campaign that a report of *at* shows where none is named."""
    good = _good(events)
    own: dict[str, list[Row]] = {}
    for e in good:
        own.setdefault(e["campaign_id"], []).append(e)
    last = {campaign: _last(rows, at, now) for campaign, rows in own.items()}
    newest = max((time for time in last.values() if time is not None), default=None)
    return min(campaign for campaign, time in last.items() if time == newest)


def ahead(events: pd.DataFrame, now: datetime) -> tuple[int, datetime | None]:
    """Return how many distinct events of the source are after *now*, and the last of them."""
    good = _good(events)
    times = {e["event_id"]: e["timestamp"] for e in good if e["timestamp"] > now}
    return len(times), max(times.values(), default=None)


def campaigns(events: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return id, name, number of events, oldest and newest event of every campaign.

    For events of which none is after now.
    """
    good = _good(events)
    distinct = {row["event_id"]: row for row in good}
    listed = _listed(list(distinct.values()), "campaign_id")
    return [(campaign, _newest(own, "campaign_name"), *_extent(own)) for campaign, own in listed]


def messages(events: pd.DataFrame, campaign: str) -> list[tuple[Any, ...]]:
    """Return id, name, channels, number of events and newest event of every message."""
    return [
        (
            message,
            _newest(own, "message_name"),
            {e["channel"] for e in own},
            len(own),
            max(e["timestamp"] for e in own),
        )
        for message, own in _listed(_own(events, campaign), "message_id")
    ]


def executions(events: pd.DataFrame, campaign: str) -> list[tuple[Any, ...]]:
    """Return id, number of events, oldest and newest event of every execution."""
    listed = _listed(_own(events, campaign), "execution_id")
    return [(execution, *_extent(own)) for execution, own in listed]


def _extent(events: list[Row]) -> tuple[int, datetime, datetime]:
    times = [e["timestamp"] for e in events]
    return len(times), min(times), max(times)


def report(  # noqa: PLR0913 - one for each option of the command
    events: pd.DataFrame,
    campaign: str,
    at: datetime,
    window: timedelta,
    *,
    include_tests: bool = False,
    ignored: int = 0,
    rejected: int = 0,
    locale: str = "en",
    messages: Collection[str] = (),
    executions: Collection[str] = (),
    now: datetime | None = None,
) -> Row:
    """Return the report of *campaign* as ``report --format json`` prints it.

    *events* are canonical rows as they are in a source, bad ones too. *ignored* and
    *rejected* are rows that a vendor's format has already lost on its way to them. Where
    *messages* or *executions* are named, only their events are counted.
    """
    good = _good(events)
    distinct = {row["event_id"]: row for row in good}
    later = _mapped(events)[1]
    own = [e for e in distinct.values() if e["campaign_id"] == campaign]
    end = _floor(at + timedelta(minutes=1, microseconds=-1), timedelta(minutes=1))
    span = Span(end - window, end, bucket_width(window))
    counted = [
        e
        for e in own
        if span.start <= e["timestamp"] < end
        and (include_tests or e["is_test"] is not True)
        and (not messages or e["message_id"] in messages)
        and (not executions or e["execution_id"] in executions)
    ]
    return {
        "schema_version": 2,
        "campaign_id": campaign,
        "campaign_name": _newest(own, "campaign_name"),
        "window": {
            "start": text(span.start),
            "end": text(end),
            "bucket_seconds": int(span.width.total_seconds()),
        },
        "newest_event": text(_last(own, at, now)),
        "health": {
            "events": len(distinct),
            "duplicates": len(good) - len(distinct),
            "rejected": len(events) - len(good) - later + rejected,
            "ignored": ignored + later,
            "missing": 0,
            "gone": 0,
        },
        "freshness": None,
        "alerts": [],
        "notes": [],
        "widgets": {
            **{name: _widget(name, counted, span, locale) for name in WIDGETS},
            **oracle_analysis.widgets(counted, _buckets(span), locale),
        },
    }


def link(url: str | None) -> str:
    """Return the link that a click counts for."""
    url = (url or "").strip(" \t\n\r\f\v")
    scheme, colon, rest = url.partition(":")
    if colon and scheme.lower() in ("mailto", "tel", "sms"):
        return scheme.lower()
    if not rest.startswith("//") or not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return "unknown"
    address = re.split("[?#]", rest[2:])[0]
    host, *path = address.split("/")
    host = re.sub(":[0-9]*$", "", host.rpartition("@")[2])
    while path and not path[-1]:
        path.pop()
    host = "".join(char.lower() if char.isascii() else char for char in host)
    return "/".join([host, *map(_step, path)]).replace("\x1f", " ") if host else "unknown"


def _step(segment: str) -> str:
    digits = [char for char in segment if char in "0123456789"]
    letters = [char for char in segment if (char.isascii() and char.isalpha()) or char > "\x7f"]
    if "@" in segment or "%40" in segment or (len(digits) == len(segment) >= 6):
        return "*"
    return "*" if len(segment) >= 20 and digits and letters else segment


def provider(domain: str | None) -> str:
    """Return the family of a generated domain; all of them end with ``.example``."""
    return "unknown" if domain is None else "other"


def detail(e: Row) -> tuple[str | None, ...] | None:
    """Return the values that an event is counted by together, or None if it has none."""
    kind, by_machine = e["event_type"], e["is_machine"] is True
    if kind in ("bounce", "delay"):
        return provider(e["domain"]), e["reason"], e["status_code"]
    cause = e["machine_reason"] if by_machine else None
    if kind == "click":
        return link(e["url"]), cause
    return (cause,) if kind == "open" and by_machine else None


def counts(  # noqa: PLR0913 - one for each option
    events: pd.DataFrame,
    campaign: str,
    at: datetime,
    window: timedelta,
    *,
    include_tests: bool = False,
    messages: Collection[str] = (),
    executions: Collection[str] = (),
) -> dict[str, dict[tuple[Any, str], dict[str, int]]]:
    """Return the numbers by detail and by message: value and channel → column → count."""
    end = _floor(at + timedelta(minutes=1, microseconds=-1), timedelta(minutes=1))
    tables: dict[str, dict[tuple[Any, str], Counter[str]]] = {"detail": {}, "message_id": {}}
    for e in _own(events, campaign):
        if (
            not end - window <= e["timestamp"] < end
            or (e["is_test"] is True and not include_tests)
            or (messages and e["message_id"] not in messages)
            or (executions and e["execution_id"] not in executions)
        ):
            continue
        kind = e["event_type"]
        columns = [] if kind == "targeted" else [kind]
        if kind == "bounce":
            columns += [f"bounce_{e['bounce_type']}"] if e["bounce_type"] else []
            columns += ["bounce_async"] if e["is_async"] is True else []
        elif kind in ("open", "click") and e["is_machine"] is not None:
            columns.append(f"{kind}_{'machine' if e['is_machine'] else 'people'}")
        values = {"detail": detail(e), "message_id": e["message_id"]}
        for name, value in values.items():
            if value is not None:
                tables[name].setdefault((value, e["channel"]), Counter()).update(columns)
    return {name: {key: dict(own) for key, own in rows.items()} for name, rows in tables.items()}
