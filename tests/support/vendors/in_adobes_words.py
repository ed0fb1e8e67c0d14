"""A canonical event written as Adobe Journey Optimizer exports it, after the published schemas."""

from __future__ import annotations

from typing import Any, Final

from tests import oracle

Row = dict[str, Any]

_STATUSES: Final = {"sent": "sent", "error": "error", "excluded": "exclude", "delay": "delay"}
_INTERACTIONS: Final = ("open", "click", "unsubscribe", "spam_complaint")
_URI: Final = "https://ns.adobe.com/xdm/channels/"
_PROVIDERS: Final = {"ios": "apns", "android": "fcm"}


def xdm(row: Row) -> Row | None:
    """Return a nested row; ``None`` if no row can express only this event or its fault."""
    kind = row["event_type"]
    faults = ("bounce_type", *oracle.BOOLEANS)
    if oracle.event(row) is None and oracle.event(row | dict.fromkeys(faults)) is not None:
        return None  # its value has no field in such a row, or is ignored
    if kind in (None, "targeted", "delivered", *oracle.LATER_EVENT_TYPES) or row["channel"] is None:
        return None  # a missing channel is derived from the rest of the row
    inner: Row = {
        "messageExecution": {
            "campaignID": row["campaign_id"],
            "messageID": row["message_id"],
            "batchInstanceID": row["execution_id"],
        },
        "messageProfile": {
            "messageProfileID": row["profile_id"],
            "channel": {"_id": row["channel"] and _URI + _camel(row["channel"])},
            "variant": row["variant"],
            "isTestExecution": row["is_test"],
        },
        "emailChannelContext": {"domain": row["domain"]},
    }
    platform = _PROVIDERS.get(row["platform"], row["platform"])
    if platform is not None:
        inner["pushChannelContext"] = {"platform": platform}
    out = {
        "_id": row["event_id"],
        "timestamp": row["timestamp"],
        "_experience": {"customerJourneyManagement": inner},
    }
    if kind == "action":
        out["pushNotificationTracking"] = {"customAction": {"actionID": row["reason"]}}
        return out | {"eventType": "pushTracking.customAction"}
    if kind == "open" and row["channel"] == "push":
        return out | {"eventType": "pushTracking.applicationOpened"}
    if kind in _INTERACTIONS:
        flag = {"isBot": row["is_machine"]}
        inner["messageInteraction"] = {"interactionType": kind, "url": row["url"], **flag}
        return out | {"eventType": "message.tracking"}
    inner["messageDeliveryfeedback"] = _feedback(row)
    return out | {"eventType": "message.feedback"}


def _camel(channel: str) -> str:
    return {"in_app": "inApp", "direct_mail": "directMail"}.get(channel, channel)


def _feedback(row: Row) -> Row:
    kind = row["event_type"]
    failure: Row = {"reason": row["reason"], "code": row["status_code"]}
    if kind == "excluded":
        return {"feedbackStatus": "exclude", "messageExclusion": {"reason": row["reason"]}}
    if kind == "bounce":
        failure["type"] = row["bounce_type"] and row["bounce_type"].title()
        failure["category"] = "async" if row["is_async"] else "sync"
    return {"feedbackStatus": _STATUSES.get(kind, kind), "messageFailure": failure}


def xdm_means(row: Row) -> list[Row]:
    """Return the events of a row: accepted is sent and delivered; it has no names.

    Of those who opened a push, no one knows whether they are machines.
    """
    row = row | {"campaign_name": None, "message_name": None}
    if row["channel"] == "push" and row["event_type"] == "open":
        row = row | {"is_machine": None}
    row = row | {"machine_reason": "vendor_flag" if row["is_machine"] is True else None}
    second = {"sent": "delivered", "bounce": "sent"}.get(row["event_type"])
    if oracle.event(row) is None or second is None:
        return [row]
    if row["event_type"] == "bounce" and row["is_async"] is True:
        return [row]
    return [row, row | {"event_id": f"{row['event_id']}:{second}", "event_type": second}]
