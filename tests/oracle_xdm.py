"""Adobe Journey Optimizer's rows mapped onto canonical events a second time, row by row."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tests.oracle import COLUMNS, Row, blank, event


def _flat(value: object, path: str = "") -> Row:
    """Return a nested row as lower-case dotted paths; a list stays a leaf."""
    if not isinstance(value, Mapping):
        return {path: value}
    leaves: Row = {}
    for name, inner in value.items():
        leaves |= _flat(inner, f"{path}.{name}".strip(".").lower())
    return {path: leaf for path, leaf in leaves.items() if not _blank_leaf(leaf)}


def _blank_leaf(leaf: object) -> bool:
    return not isinstance(leaf, list) and blank(leaf)


def _primary(row: Row) -> str | None:
    for path, identities in row.items():
        if path.startswith("identitymap."):
            for identity in identities:
                if identity.get("primary") is True:
                    return identity["id"]
    return None


def _bounce(row: Row, base: Row, status: str) -> list[Row]:
    failure = "_experience.customerjourneymanagement.messagedeliveryfeedback.messagefailure."
    kind = "hard" if status == "denylist" else row.get(failure + "type")
    late = str(row.get(failure + "category")).lower() == "async" and status == "bounce"
    bounce = base | {
        "event_type": "bounce",
        "bounce_type": kind.lower() if kind else None,
        "is_async": late,
        "reason": row.get(failure + "reason"),
    }
    if late:
        return [bounce]
    return [
        base | {"event_id": f"{base['event_id']}:sent", "event_type": "sent"},
        bounce | {"event_id": f"{base['event_id']}:bounce"},
    ]


def _base(row: Row) -> Row:
    prefix = "_experience.customerjourneymanagement."
    get = {path.removeprefix(prefix): leaf for path, leaf in row.items()}.get
    domain = get("emailchannelcontext.domain")
    if domain is None and "@" in str(get("emailchannelcontext.address")):
        domain = get("emailchannelcontext.address").rsplit("@", 1)[1]
    platform = get("pushchannelcontext.platform")
    return {
        "event_id": get("_id"),
        "timestamp": get("timestamp"),
        "campaign_id": get("messageexecution.campaignid"),
        "message_id": get("messageexecution.messageid")
        or get("messageexecution.messageexecutionid"),
        "execution_id": get("messageexecution.batchinstanceid"),
        "channel": str(get("messageprofile.channel._id") or "").rsplit("/", 1)[-1],
        "profile_id": get("messageprofile.messageprofileid") or _primary(row),
        "domain": domain.lower() if domain else None,
        "platform": {"apns": "ios", "apnsSandbox": "ios", "fcm": "android"}.get(platform, platform),
        "variant": get("messageprofile.variant"),
        "url": get("messageinteraction.url"),
        "is_test": get("messageprofile.istestexecution"),
    }


def _xdm_events(row: Row) -> list[Row] | None:  # noqa: PLR0911 - one for each kind of row
    """Return the events of a flattened row; None where the vendor means none."""
    feedback = "_experience.customerjourneymanagement.messagedeliveryfeedback."
    interaction = "_experience.customerjourneymanagement.messageinteraction."
    base, status = _base(row), row.get(feedback + "feedbackstatus")
    if status in ("delivered", "read", "duplicate", "unknown"):
        return None
    if status == "sent":
        return [
            base | {"event_id": f"{base['event_id']}:{kind}", "event_type": kind}
            for kind in ("sent", "delivered")
        ]
    if status in ("bounce", "denylist"):
        return _bounce(row, base, status)
    if status in ("error", "exclude", "delay"):
        what = "messageexclusion.reason" if status == "exclude" else "messagefailure.reason"
        kind = {"exclude": "excluded"}.get(status, status)
        return [base | {"event_type": kind, "reason": row.get(feedback + what)}]
    if row.get("eventtype") == "pushTracking.applicationOpened":
        return [base | {"event_type": "open"}]
    if row.get("eventtype") == "pushTracking.customAction":
        button = row.get("pushnotificationtracking.customaction.actionid")
        return [base | {"event_type": "action", "reason": button}]
    kind = str(row.get(interaction + "interactiontype") or "")
    machine = kind in ("bot_open", "bot_click") or row.get(interaction + "isbot")
    return [base | {"event_type": kind.removeprefix("bot_"), "is_machine": machine}]


def xdm_to_canonical(rows: list[Row]) -> tuple[pd.DataFrame, int, int]:
    """Return nested XDM rows as canonical events, with the numbers of ignored and rejected rows."""
    events: list[Row] = []
    ignored = rejected = 0
    for nested in rows:
        mapped = _xdm_events(_flat(nested))
        if mapped is None:
            ignored += 1
        elif "_id" not in _flat(nested) or any(event(e) is None for e in mapped):
            rejected += 1
        else:
            events += mapped
    return pd.DataFrame(events, columns=list(COLUMNS), dtype=object), ignored, rejected
