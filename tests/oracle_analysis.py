"""The tiles that explain others, computed a second time from their contract alone.

Imports nothing of the package, as :mod:`tests.oracle`, which adds them to its reports.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

Row = dict[str, Any]

TITLES: Final = {
    "email.machine_reasons": (
        "How machines were recognised",
        "Comment les machines ont été reconnues",
    ),
    "deliverability.providers": ("Mailbox providers", "Fournisseurs de messagerie"),
    "deliverability.failures_over_time": (
        "Failures by provider over time",
        "Échecs par fournisseur au fil du temps",
    ),
    "deliverability.bounce_codes": (
        "Server replies by code",
        "Réponses des serveurs par code",
    ),
    "deliverability.bounce_classes": (
        "Why mail comes back",
        "Pourquoi les messages reviennent",
    ),
    "deliverability.causes_by_provider": ("Causes by provider", "Causes par fournisseur"),
    "email.links": ("Links", "Liens"),
}
"""Titles in English and French, in the order of the analysis."""
FAMILIES: Final = {
    "gmail.com": "gmail",
    "googlemail.com": "gmail",
    "msn.com": "microsoft",
    "yahoo.co.jp": "yahoo_japan",
    "ymail.com": "yahoo",
    "comcast.net": "yahoo",
    "icloud.com": "apple",
    "web.de": "united_internet",
    "t-online.de": "t_online",
    "wanadoo.fr": "orange",
    "laposte.net": "laposte",
    "proton.me": "proton",
}
"""Some domains with their family..."""
NAMES: Final = {
    **dict.fromkeys(("outlook", "hotmail", "live"), "microsoft"),
    **dict.fromkeys(("yahoo", "aol"), "yahoo"),
    "gmx": "united_internet",
}
"""...and names that have one under com, net, two letters, co.xx and com.xx."""
CLASSES: Final = (
    *("address", "domain", "mailbox", "technical", "volume", "authentication"),
    *("reputation", "content", "reply", "unclassified"),
)
BLOCKS: Final = ("reputation", "authentication", "volume", "content")
CODES: Final = {
    **dict.fromkeys(("x.1.1", "x.1.3", "x.1.6", "5.2.1"), "address"),
    **dict.fromkeys(("x.1.2", "x.1.10", "x.4.4"), "domain"),
    **dict.fromkeys(("x.2.2", "x.2.4"), "mailbox"),
    **dict.fromkeys(("x.4.1", "x.4.7"), "technical"),
    **dict.fromkeys(("x.7.28", "4.2.1", "x.5.3", "x.4.5"), "volume"),
    **dict.fromkeys((*(f"x.7.{n}" for n in range(20, 28)), "x.7.8", "5.7.515"), "authentication"),
    **dict.fromkeys(("x.2.3", "x.3.4"), "content"),
}
SUBJECTS: Final = {
    "1": "address",
    "2": "mailbox",
    **dict.fromkeys("345", "technical"),
    "6": "content",
    "7": "reputation",
}
REASONS: Final = {
    **dict.fromkeys(("Invalid-Recipient", "Generic-Bounce-No-RCPT"), "address"),
    **dict.fromkeys(("DNS-Failure", "Relaying-Denied"), "domain"),
    "Mailbox-Full": "mailbox",
    **dict.fromkeys(("Timeout", "Transient-Failure", "Admin-Failure", "Soft-Bounce"), "technical"),
    **dict.fromkeys(("Mail-Block", "Spam-Block"), "reputation"),
    **dict.fromkeys(("Spam-Content", "Prohibited-Attachment", "Too-Large"), "content"),
    **dict.fromkeys(("Auto-Reply", "Challenge-Response"), "reply"),
}
LAST: Final = ("other", "unknown")
COMPLAINT_LINES: Final = (0.001, 0.003)
FAILURE_LINES: Final = (0.02, 0.05)


class Near(float):
    """A number that equals all that differ by rounding alone."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and math.isclose(
            self, other, rel_tol=1e-9, abs_tol=1e-15
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__


def family(domain: str | None) -> str:
    """Return the family of a recipient domain."""
    if domain is None:
        return "unknown"
    if domain in FAMILIES:
        return FAMILIES[domain]
    name, _, ending = domain.partition(".")
    if name in NAMES and re.fullmatch(r"com|net|[a-z]{2}|com?\.[a-z]{2}", ending):
        return NAMES[name]
    return "other"


def explained(reason: str | None, code: str | None) -> str:
    """Return the class of a bounce or a delay."""
    inside = re.search(r"(?<![0-9.])[45]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9])", reason or "")
    for step in (
        _exact(code),
        REASONS.get(reason or ""),
        _subject(code),
        _exact(inside[0]) or _subject(inside[0]) if inside else None,
    ):
        if step is not None:
            return step
    return "unclassified"


def _exact(code: str | None) -> str | None:
    if code is None or not re.fullmatch(r"[45]\.\d+\.\d+", code):
        return None
    return CODES.get(code) or CODES.get("x" + code[1:])


def _subject(code: str | None) -> str | None:
    match = re.fullmatch(r"[45]\.(\d+)\.\d+", code or "")
    return SUBJECTS.get(match[1]) if match else None


def link(url: str | None) -> str:
    """Return a URL without what may identify a person."""
    url = (url or "").strip(" \t\n\r\f\v")
    scheme = url.partition(":")[0].lower()
    if ":" in url and scheme in ("mailto", "tel", "sms"):
        return scheme
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^?#]*)", url, re.DOTALL)
    if match is None:
        return "unknown"
    host = re.sub(r":[0-9]*\Z", "", match[1].rpartition("@")[2])
    host = re.sub("[A-Z]", lambda letter: letter[0].lower(), host)
    if not host:
        return "unknown"
    link = host + "/".join(map(_segment, match[2].rstrip("/").split("/")))
    return link.replace("\x1f", " ")


def _segment(part: str) -> str:
    is_number = re.fullmatch("[0-9]{6,}", part)
    is_token = (
        len(part) >= 20
        and re.search("[0-9]", part)
        and any("a" <= c <= "z" or "A" <= c <= "Z" or ord(c) > 127 for c in part)
    )
    return "*" if "@" in part or "%40" in part or is_number or is_token else part


def wilson(k: int, n: int) -> tuple[float, float, float] | None:
    """Return a rate with the ends of its interval."""
    if n <= 0 or k < 0 or k > n:
        return None
    z, p = NormalDist().inv_cdf(0.975), k / n
    d = 1 + z**2 / n
    c = (p + z**2 / (2 * n)) / d
    h = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / d
    return p, max(c - h, 0.0), min(c + h, 1.0)


def verdict(k: int, n: int, lines: tuple[float, float]) -> str:
    """Return the verdict on a rate."""
    if n <= 0:
        return "none"
    rate, (warning, limit) = wilson(k, n), lines
    if rate is None:
        return "thin"
    p, low, high = rate
    if high <= limit:
        return "ok" if p <= warning else "watch"
    if k < 3:
        return "thin"
    if low > limit:
        return "over"
    return "watch" if low > warning or p >= limit else "thin"


def _of(events: Sequence[Row], *kinds: str) -> list[Row]:
    return [e for e in events if e["event_type"] in kinds]


def _counts(events: Sequence[Row]) -> dict[str, int]:
    """Return the counts of one provider."""
    bounces = _of(events, "bounce")
    late = sum(e["is_async"] is True for e in bounces)
    sent, delivered = len(_of(events, "sent")), len(_of(events, "delivered")) - late
    types = {kind: sum(e["bounce_type"] == kind for e in bounces) for kind in ("hard", "soft")}
    return {
        "sent": sent,
        "delivered": delivered,
        "pending": sent - delivered - len(bounces),
        "retries": len(_of(events, "delay")),
        "hard_bounces": types["hard"],
        "soft_bounces": types["soft"],
        "blocks": sum(explained(e["reason"], e["status_code"]) in BLOCKS for e in bounces),
        "spam_complaints": len(_of(events, "spam_complaint")),
    }


def _failed(events: Sequence[Row]) -> tuple[int, int]:
    """Return failures and messages with a known result."""
    bounces = _of(events, "bounce")
    ignored = sum(e["bounce_type"] == "ignored" for e in bounces)
    return len(bounces) - ignored, _counts(events)["delivered"] + len(bounces)


def _by(events: Sequence[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for e in events:
        groups[key(e)].append(e)
    return groups


def _providers(events: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the providers, those with most mail first."""
    groups = _by(events, lambda e: family(e["domain"]))
    order = {name: (LAST.index(name) + 1 if name in LAST else 0) for name in groups}
    return sorted(
        groups.items(), key=lambda item: (order[item[0]], -len(_of(item[1], "sent")), item[0])
    )


def _near(values: Sequence[float] | None) -> list[Near | None]:
    return [None] * 3 if values is None else [Near(value) for value in values]


def _provider_row(name: str, own: Sequence[Row]) -> list[Any]:
    counts, (failures, decided) = _counts(own), _failed(own)
    complaints = counts["spam_complaints"], counts["delivered"]
    verdicts = [verdict(failures, decided, FAILURE_LINES)]
    if name != "gmail":
        verdicts.append(verdict(*complaints, COMPLAINT_LINES))
    worst = next(v for v in ("over", "watch", "thin", "ok", "none") if v in verdicts)
    return [
        name,
        *counts.values(),
        *_near(wilson(failures, decided)),
        *_near(None if name == "gmail" else wilson(*complaints)),
        Near(counts["retries"] / counts["sent"]) if counts["sent"] else None,
        worst,
    ]


def _series(
    events: Sequence[Row], buckets: Sequence[datetime]
) -> tuple[list[str], list[list[Any]]]:
    """Return the five providers with most mail, and their failure rates over time."""
    groups = {
        name: own for name, own in _providers(events) if name not in LAST and _of(own, "sent")
    }
    names = list(groups)[:5]
    rows: list[list[Any]] = []
    for i, start in enumerate(buckets):
        end = buckets[i + 1] if i + 1 < len(buckets) else None
        row: list[Any] = [start.isoformat().replace("+00:00", "Z")]
        for name in names:
            inside = [
                e
                for e in groups[name]
                if start <= e["timestamp"] and (end is None or e["timestamp"] < end)
            ]
            k, n = _failed(inside)
            row.append(Near(k / n) if n >= 50 and 0 <= k <= n else None)
        rows.append(row)
    return names, rows


def _codes(events: Sequence[Row]) -> list[list[Any]]:
    groups = _by(
        _of(events, "bounce", "delay"),
        lambda e: (e["status_code"] or "unknown", e["reason"] or "unknown"),
    )
    rows = [
        [code, reason, explained(reason, code), len(_of(own, "bounce")), len(_of(own, "delay"))]
        for (code, reason), own in groups.items()
    ]
    rows.sort(key=lambda row: (-row[3], -row[4], row[0], row[1]))
    rest = rows[50:]
    others = ["others", None, None, sum(r[3] for r in rest), sum(r[4] for r in rest)]
    return rows[:50] + [others] * bool(rest)


def _classes(events: Sequence[Row]) -> list[list[Any]]:
    groups = _by(_of(events, "bounce", "delay"), lambda e: explained(e["reason"], e["status_code"]))
    rows = []
    for name, own in groups.items():
        bounces = _of(own, "bounce")
        types = [sum(e["bounce_type"] == t for e in bounces) for t in ("hard", "soft", "ignored")]
        rows.append([name, len(bounces), len(_of(own, "delay")), *types])
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _causes(events: Sequence[Row]) -> list[list[Any]]:
    rows = []
    for name, own in _providers(events):
        causes = [explained(e["reason"], e["status_code"]) for e in _of(own, "bounce")]
        if causes:
            rows.append([name, *map(causes.count, CLASSES)])
    return rows


def _links(events: Sequence[Row]) -> list[list[Any]]:
    clicks = _of(events, "click")
    rows: list[list[Any]] = [
        [name, len(own), sum(e["is_machine"] is True for e in own), _people(own)]
        for name, own in _by(clicks, lambda e: link(e["url"])).items()
    ]
    rows.sort(key=lambda row: (-row[1], row[0]))
    rest = rows[50:]
    others = ["others", sum(row[1] for row in rest), sum(row[2] for row in rest), None]
    listed = rows[:50] + [others] * bool(rest)
    return [[*row, Near(row[1] / len(clicks))] for row in listed]


def _people(clicks: Sequence[Row]) -> int:
    """Return the distinct pairs of a profile and a send with a click that is no machine's."""
    mine = [e for e in clicks if e["is_machine"] is not True]
    return len({(e["profile_id"], e["message_id"], e["execution_id"]) for e in mine})


def _machines(events: Sequence[Row]) -> list[list[Any]]:
    machines = [e for e in _of(events, "open", "click") if e["is_machine"] is True]
    groups = _by(machines, lambda e: e["machine_reason"] or "unknown")
    rows = [[name, len(_of(own, "open")), len(_of(own, "click"))] for name, own in groups.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def widgets(events: Sequence[Row], buckets: Sequence[datetime], locale: str) -> dict[str, Row]:
    """Return the tiles of events of one campaign in one window."""
    french = locale == "fr"
    events = [e for e in events if e["channel"] == "email"]
    decided = "Délivrés + bounces" if french else "Delivered + bounces"
    providers = [_provider_row(*item) for item in _providers(events)]
    providers = [row for row in providers if any(row[1:9])]
    names, series = _series(events, buckets)
    rates = [rate for row in series for rate in row[1:]]
    types = ["hard_bounces", "soft_bounces", "ignored_bounces"]
    tables: dict[str, tuple[list[str], list[list[Any]]]] = {
        "email.machine_reasons": (["machine_reason", "opens", "clicks"], _machines(events)),
        "deliverability.providers": (
            [
                *("provider", "sent", "delivered", "pending", "retries", "hard_bounces"),
                *("soft_bounces", "blocks", "spam_complaints"),
                *("failure_rate", "failure_low", "failure_high"),
                *("complaint_rate", "complaint_low", "complaint_high"),
                *("retries_per_sent", "verdict"),
            ],
            providers,
        ),
        "deliverability.failures_over_time": (["bucket", *names], series),
        "deliverability.bounce_codes": (
            ["status_code", "reason", "class", "bounces", "retries"],
            _codes(events),
        ),
        "deliverability.bounce_classes": (
            ["class", "bounces", "retries", *types],
            _classes(events),
        ),
        "deliverability.causes_by_provider": (["provider", *CLASSES], _causes(events)),
        "email.links": (
            ["link", "clicks", "machine_clicks", "unique_people", "share"],
            _links(events),
        ),
    }
    states = {name: "ok" if rows else "none" for name, (_, rows) in tables.items()}
    if providers and {row[-1] for row in providers} <= {"thin", "none"}:
        states["deliverability.providers"] = "thin"
    states["deliverability.failures_over_time"] = (
        "none" if not names else "ok" if any(rate is not None for rate in rates) else "thin"
    )
    delivered, clicks = ("Délivrés", "Clics") if french else ("Delivered", "Clicks")
    of = {
        "deliverability.providers": {
            "failure_rate": decided,
            "complaint_rate": delivered,
            "retries_per_sent": "Envoyés" if french else "Sent",
        },
        "deliverability.failures_over_time": dict.fromkeys(names, decided),
        "email.links": {"share": clicks},
    }
    return {
        name: {
            "title": TITLES[name][french],
            "columns": columns,
            "rows": rows,
            "state": states[name],
            "of": of.get(name, {}),
        }
        for name, (columns, rows) in tables.items()
    }
