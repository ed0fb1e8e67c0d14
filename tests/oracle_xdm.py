"""Adobe Journey Optimizer's rows mapped onto canonical events a second time, row by row."""

from __future__ import annotations

import re
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


def _identity(nested: Row) -> str | None:
    """Return the identity flagged primary, else the first by namespace and id."""
    known = [
        (identity.get("primary") is not True, namespace, identity["id"])
        for name, namespaces in nested.items()
        if name.lower() == "identitymap"
        for namespace, identities in namespaces.items()
        for identity in identities
        if identity.get("id")
    ]
    return min(known)[2] if known else None


def _status_code(row: Row) -> str | None:
    """Return the code of a server, enhanced or of three digits; other codes are Adobe's own."""
    path = "_experience.customerjourneymanagement.messagedeliveryfeedback.messagefailure.code"
    is_code = re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}|[245]\d\d", row.get(path) or "")
    return is_code and is_code[0]


def _bounce(row: Row, base: Row, status: str) -> list[Row]:
    failure = "_experience.customerjourneymanagement.messagedeliveryfeedback.messagefailure."
    kind = "hard" if status == "denylist" else row.get(failure + "type")
    late = status == "out_of_band" or (
        str(row.get(failure + "category")).lower() == "async" and status == "bounce"
    )
    bounce = base | {
        "event_type": "bounce",
        "bounce_type": kind.lower() if kind else None,
        "is_async": late,
        "reason": row.get(failure + "reason"),
        "status_code": _status_code(row),
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
        "profile_id": get("messageprofile.messageprofileid"),
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
    copy = "_experience.customerjourneymanagement.secondaryrecipientdetail."
    if status in ("delivered", "read", "duplicate", "unknown"):
        return None
    if any(path.startswith(copy) for path in row):
        return None
    if status == "sent":
        return [
            base | {"event_id": f"{base['event_id']}:{kind}", "event_type": kind}
            for kind in ("sent", "delivered")
        ]
    if status in ("bounce", "denylist", "out_of_band"):
        return _bounce(row, base, status)
    if status in ("error", "exclude", "delay"):
        what = "messageexclusion.reason" if status == "exclude" else "messagefailure.reason"
        kind = {"exclude": "excluded"}.get(status, status)
        code = _status_code(row) if kind == "delay" else None
        return [
            base | {"event_type": kind, "reason": row.get(feedback + what), "status_code": code}
        ]
    if row.get("eventtype") == "pushTracking.applicationOpened":
        return [base | {"event_type": "open"}]
    if row.get("eventtype") == "pushTracking.customAction":
        button = row.get("pushnotificationtracking.customaction.actionid")
        return [base | {"event_type": "action", "reason": button}]
    kind = str(row.get(interaction + "interactiontype") or "")
    machine: Row = {}
    if kind.startswith("bot_"):
        machine = {"is_machine": True, "machine_reason": "vendor_event"}
    elif kind in ("open", "click"):
        flag = row.get(interaction + "isbot")
        machine = {"is_machine": flag, "machine_reason": "vendor_flag" if flag else None}
    return [base | {"event_type": kind.removeprefix("bot_")} | machine]


def xdm_to_canonical(rows: list[Row]) -> tuple[pd.DataFrame, int, int]:
    """Return nested XDM rows as canonical events, with the numbers of ignored and rejected rows."""
    events: list[Row] = []
    ignored = rejected = 0
    for nested in rows:
        mapped = _xdm_events(_flat(nested))
        if person := _identity(nested):
            mapped = mapped and [e | {"profile_id": person} for e in mapped]
        if mapped is None:
            ignored += 1
        elif "_id" not in _flat(nested) or any(event(e) is None for e in mapped):
            rejected += 1
        else:
            events += mapped
    return pd.DataFrame(events, columns=list(COLUMNS), dtype=object), ignored, rejected
