"""A canonical event as a vendor with several channels reports it, and what is left of it then.

The other direction of what the package does, after the vendors' references alone. What a vendor
has no words for is taken off the event first; an event that is nothing without it has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = dict[str, Any]

_REPLIES: Final[Mapping[str | None, str]] = {
    "Mailbox-Full": "552 5.2.2 Over quota",
    "Invalid-Recipient": "550 5.1.1 User unknown",
    "Soft-Bounce": "400 4.0.0 not now",
}
"""Reason → a server's reply with this meaning."""
_OWN_TYPE: Final = {"Mailbox-Full": "soft", "Invalid-Recipient": "hard", "Soft-Bounce": "soft"}
_WORD: Final = re.compile(r"[a-z0-9.-]+")
"""What an address can end in, and a vendor calls a platform (in any case)."""
_REASON: Final = re.compile(r"[A-Za-z0-9 _.-]{1,60}")
"""A vendor's own word for a failure, not a sentence (in which there could be a person)."""


def _is_sound(row: Row) -> bool:
    """Return whether the row is an e-mail or a push whose only fault may be its kind or campaign.

    A blank campaign is a fault that each vendor's row can have.
    """
    if oracle.event(row | {"campaign_id": "c1", "event_type": "sent"}) is None:
        return False
    words = (row["domain"], row["platform"])
    return row["channel"] in ("email", "push") and all(
        word is None or _WORD.fullmatch(word) for word in words
    )


def _is_good(row: Row) -> bool:
    return oracle.event(row) is not None


def _left(row: Row, *columns: str, **fixed: object) -> Row:
    """Return an event with these optional columns alone, and with *fixed* values."""
    lost = set(oracle.COLUMNS) - set(oracle.REQUIRED) - {"domain", "platform", *columns}
    own = {"domain": row["channel"] == "email", "platform": row["channel"] == "push"}
    left = row | dict.fromkeys(lost) | {n: row[n] if own[n] else None for n in own} | fixed
    machine = "vendor_flag" if left["is_machine"] else None
    return left | {"is_test": left["is_test"] is True, "machine_reason": machine}


def _address(row: Row) -> str | None:
    return None if row["domain"] is None else f"{row['profile_id']}@{row['domain'].upper()}"


def _has_campaign(row: Row) -> bool:
    return bool((row["campaign_id"] or "").strip())


def _seconds(row: Row) -> bool:
    return row["timestamp"].microsecond == 0


def _verdict(row: Row, reasons: bool = True) -> Row | None:  # noqa: FBT001, FBT002
    """Return reason and type of a bounce or a delay that vendors can report; else ``None``."""
    if row["event_type"] not in ("bounce", "delay") or row["channel"] != "email":
        return {}
    if reasons and row["reason"] not in _REPLIES:
        return None
    kind = row["bounce_type"] if row["event_type"] == "bounce" else None
    if row["event_type"] == "bounce" and kind not in ("hard", "soft"):
        return None
    if not reasons:
        return {"reason": "Undetermined", "bounce_type": kind}
    code = _REPLIES[row["reason"]].split()[1]
    return {"reason": row["reason"], "bounce_type": kind, "status_code": code}


def _with(row: Row, *kinds: str) -> list[Row]:
    """Return the events of one row of a vendor, each with its own id."""
    if not _is_good(row):
        return [row]
    return [row | {"event_id": f"{row['event_id']}:{k}", "event_type": k} for k in kinds]


# ── Braze ────────────────────────────────────────────────────────────────────────────────

_BRAZE: Final = {
    ("email", "sent"): "email.Send",
    ("email", "delivered"): "email.Delivery",
    ("email", "delay"): "email.Deferral",
    ("email", "open"): "email.Open",
    ("email", "click"): "email.Click",
    ("email", "unsubscribe"): "email.Unsubscribe",
    ("email", "spam_complaint"): "email.MarkAsSpam",
    ("email", "excluded"): "email.Abort",
    ("email", "teleported"): "email.Teleport",
    ("push", "sent"): "pushnotification.Send",
    ("push", "bounce"): "pushnotification.Bounce",
    ("push", "open"): "pushnotification.Open",
    ("push", "action"): "pushnotification.Open",
    ("push", "excluded"): "pushnotification.Abort",
    ("push", "teleported"): "pushnotification.Teleport",
}


def _braze_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    verdict = _verdict(row)
    if not _is_sound(row) or not _seconds(row) or verdict is None:
        return None
    if kind in ("excluded", "action") and row["reason"] is None:
        return None
    if kind == "bounce":
        own = {} if is_mail else {"bounce_type": "hard", "reason": None}
        verdict = verdict | own | {"is_async": not is_mail}
    elif (row["channel"], kind) not in _BRAZE:
        return None
    reason = {"reason": row["reason"]} if kind in ("excluded", "action") else {}
    machine = {"is_machine": row["is_machine"] is True or None} if kind == "open" else {}
    names = ("variant", "url", "campaign_name", "message_name", "is_machine")
    return _left(row, *names, **(verdict | reason | (machine if is_mail else {"is_machine": None})))


def braze(row: Row) -> Row | None:
    """Return a step of a Canvas in Braze's Currents: in whole seconds, without a test mark."""
    left = _braze_left(row)
    if left is None:
        return None
    kind = left["event_type"]
    name = _BRAZE.get((left["channel"], kind))
    if kind == "bounce":
        soft = "Soft" if left["bounce_type"] == "soft" else ""
        name = f"email.{soft}Bounce" if left["channel"] == "email" else "pushnotification.Bounce"
    properties = {
        "app_group_id": "5f3c",
        "dispatch_id": "of-one-person",
        "canvas_id": left["campaign_id"],
        "canvas_name": left["campaign_name"],
        "canvas_step_id": left["message_id"],
        "canvas_step_name": left["message_name"],
        "canvas_variation_id": left["variant"],
        "email_address": _address(left),
        "platform": left["platform"],
        "url": left["url"],
        "bounce_reason": _REPLIES.get(left["reason"]) if kind == "bounce" else None,
        "deferral_reason": _REPLIES.get(left["reason"]) if kind == "delay" else None,
        "abort_type": left["reason"] if kind == "excluded" else None,
        "button_string": left["reason"] if kind == "action" else None,
        "machine_open": "true" if left["is_machine"] and kind == "open" else None,
        "is_suspected_bot_click": left["is_machine"] if kind == "click" else None,
    }
    return {
        "event_type": f"users.messages.{name}",
        "id": left["event_id"],
        "properties": properties,
        "time": int(left["timestamp"].timestamp()),
        "user": {"user_id": left["profile_id"], "external_user_id": None},
    }


def braze_means(row: Row) -> list[Row]:
    """Return the events of a record: a push is delivered when it is sent."""
    left = _braze_left(row) or row
    if left["channel"] == "push" and left["event_type"] == "sent":
        return _with(left, "sent", "delivered")
    return [left]


def braze_record(row: Row) -> Row | None:
    """Return the same as a record of an Avro file: side by side, without the type."""
    raw = braze(row)
    if raw is None:
        return None
    return {"id": raw["id"], "time": raw["time"], **raw["user"], **raw["properties"]}


# ── Iterable ─────────────────────────────────────────────────────────────────────────────

_ITERABLE: Final = {
    "sent": "Send",
    "bounce": "Bounce",
    "open": "Open",
    "excluded": "SendSkip",
    "teleported": "Teleport",
}
_ITERABLE_MAIL: Final = {
    "click": "Click",
    "unsubscribe": "UnSubscribe",
    "spam_complaint": "Complaint",
}


def _iterable_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    known = _ITERABLE | (_ITERABLE_MAIL if is_mail else {})
    verdict = _verdict(row, reasons=False)
    if not _is_sound(row) or not _seconds(row) or kind not in known or verdict is None:
        return None
    if kind == "bounce":
        own = {} if is_mail else {"bounce_type": "hard", "reason": None}
        verdict = verdict | own | {"is_async": True}
    fixed = verdict | {"message_id": row["campaign_id"], "platform": None}
    if kind == "excluded":
        fixed["reason"] = row["reason"]
    left = _left(row, "variant", "url", "is_machine", "campaign_name", **fixed)
    # only the whole distinguishes one event from another
    whole = [left[n] for n in ("event_type", "event_id", "profile_id", "timestamp", "url")]
    return left | {"event_id": repr([*whole, left["campaign_id"]])} if _is_good(left) else left


def iterable(row: Row) -> Row | None:
    """Return an event of Iterable's system webhooks: in whole seconds, without an id."""
    left = _iterable_left(row)
    if left is None:
        return None
    known = _ITERABLE | _ITERABLE_MAIL
    address = _address(left)
    return {
        "email": address,
        "userId": left["profile_id"],
        "eventName": left["channel"] + known[left["event_type"]],
        "dataFields": {
            "campaignId": left["campaign_id"],
            "campaignName": left["campaign_name"],
            "createdAt": f"{left['timestamp']:%Y-%m-%d %H:%M:%S} +00:00",
            "email": address,
            "messageId": row["event_id"],
            "templateId": left["variant"],
            "experimentId": 12,
            "url": left["url"],
            "recipientState": {"hard": "HardBounce", "soft": "SoftBounce"}.get(left["bounce_type"]),
            "reason": left["reason"] if left["event_type"] == "excluded" else None,
            "isBot": left["is_machine"],
        },
    }


def iterable_means(row: Row) -> list[Row]:
    """Return the events of a row: what is sent is delivered until it bounces."""
    left = _iterable_left(row) or row
    return _with(left, "sent", "delivered") if left["event_type"] == "sent" else [left]


# ── Customer.io ──────────────────────────────────────────────────────────────────────────

_CUSTOMERIO: Final = {
    "sent": "sent",
    "delivered": "delivered",
    "delay": "attempted",
    "bounce": "bounced",
    "open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "spam_complaint": "spammed",
    "error": "failed",
    "excluded": "dropped",
    "teleported": "teleported",
}


def _customerio_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    verdict = _verdict(row)
    if not _is_sound(row) or not _seconds(row) or kind not in _CUSTOMERIO or verdict is None:
        return None
    if kind == "bounce":
        if is_mail and verdict["bounce_type"] != _OWN_TYPE[verdict["reason"]]:
            return None
        verdict = {"bounce_type": None, "reason": None} | verdict | {"is_async": False}
    if kind in ("error", "excluded"):
        verdict = {"reason": _CUSTOMERIO[kind]}
    return _left(row, "variant", "execution_id", "url", **verdict)


def customerio(row: Row) -> Row | None:
    """Return an event of Customer.io's reporting webhooks, in whole seconds."""
    left = _customerio_left(row)
    if left is None:
        return None
    arm = left["variant"]
    action = {"action_id": left["message_id"]}
    if arm is not None:
        action = {"action_id": arm, "parent_action_id": left["message_id"]}
    device = [{"device_id": "d", "device_platform": left["platform"]}]
    return {
        "event_id": left["event_id"],
        "object_type": left["channel"],
        "metric": _CUSTOMERIO[left["event_type"]],
        "timestamp": int(left["timestamp"].timestamp()),
        "data": {
            "customer_id": left["profile_id"],
            "delivery_id": "RPILAgA",
            "campaign_id": left["campaign_id"],
            "recipient": _address(left),
            "trigger_id": left["execution_id"],
            "href": left["url"],
            "failure_message": _REPLIES.get(left["reason"]),
            **action,
            **({"recipients": device} if left["channel"] == "push" else {}),
        },
    }


def customerio_means(row: Row) -> list[Row]:
    """Return the event of a row, without a machine's mark and names."""
    return [_customerio_left(row) or row]


# ── Klaviyo ──────────────────────────────────────────────────────────────────────────────

_KLAVIYO: Final = {
    ("email", "delivered"): "received_email",
    ("email", "bounce"): "bounced_email",
    ("email", "open"): "opened_email",
    ("email", "click"): "clicked_email",
    ("email", "unsubscribe"): "unsubscribed_from_email_marketing",
    ("email", "spam_complaint"): "marked_email_as_spam",
    ("email", "excluded"): "dropped_email",
    ("email", "teleported"): "teleported_email",
    ("push", "delivered"): "received_push",
    ("push", "bounce"): "bounced_push",
    ("push", "open"): "opened_push",
    ("push", "teleported"): "teleported_push",
}


def _klaviyo_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    verdict = _verdict(row, reasons=False)
    if not _is_sound(row) or (row["channel"], kind) not in _KLAVIYO or verdict is None:
        return None
    if kind == "unsubscribe" and not _has_campaign(row):
        return None  # it is about no message
    if kind == "bounce":
        push = {"bounce_type": None, "reason": "Undetermined"}
        verdict = (verdict if is_mail else push) | {"is_async": False}
    if kind == "excluded":
        verdict = {"reason": "Dropped"}
    machine = row["is_machine"] if is_mail and kind in ("open", "click") else None
    return _left(row, "variant", "url", "message_name", **verdict, is_machine=machine)


def klaviyo(row: Row) -> Row | None:
    """Return a topic of Klaviyo's webhooks: of a message of a flow."""
    left = _klaviyo_left(row)
    if left is None:
        return None
    kind, flow = left["event_type"], left["campaign_id"]
    flags = {"open": "machine_open", "click": "Bot Click"}
    return {
        "external_id": left["event_id"],
        "topic": f"event:klaviyo.{_KLAVIYO[left['channel'], kind]}",
        "payload": {
            "data": {
                "type": "event",
                "id": "4L3cwQae2TX",
                "attributes": {
                    "datetime": left["timestamp"].isoformat(),
                    "event_properties": {
                        "$flow": flow,
                        "$message": left["message_id"] if _has_campaign(left) else None,
                        "$variation": left["variant"],
                        "Campaign Name": left["message_name"],
                        "Email Domain": left["domain"] and left["domain"].upper(),
                        "Platform": left["platform"],
                        "URL": left["url"],
                        "Bounce Type": left["bounce_type"] and left["bounce_type"].title(),
                        **({flags[kind]: left["is_machine"]} if kind in flags else {}),
                    },
                },
                "relationships": {"profile": {"data": {"id": left["profile_id"]}}},
            }
        },
    }


def klaviyo_means(row: Row) -> list[Row]:
    """Return the events of a topic: what is received or bounces was also sent."""
    left = _klaviyo_left(row) or row
    if left["event_type"] not in ("delivered", "bounce"):
        return [left]
    sent = {"bounce_type": None, "is_async": None, "reason": None}
    return [
        event | (sent if event["event_type"] == "sent" else {})
        for event in _with(left, "sent", left["event_type"])
    ]


# ── OneSignal ────────────────────────────────────────────────────────────────────────────

_ONESIGNAL: Final = {
    "email": {
        "sent": "sent",
        "delivered": "received",
        "open": "opened",
        "click": "clicked",
        "unsubscribe": "unsubscribed",
        "spam_complaint": "reported_as_spam",
        "bounce": "bounced",
        "error": "failed",
        "excluded": "suppressed",
        "teleported": "teleported",
    },
    "push": {
        "sent": "sent",
        "delivered": "received",
        "open": "clicked",
        "error": "failed",
        "unsubscribe": "unsubscribed",
        "teleported": "teleported",
    },
}


def _onesignal_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    if not _is_sound(row) or kind not in _ONESIGNAL[row["channel"]]:
        return None
    if row["timestamp"].microsecond % 1000:
        return None
    fixed: Row = {"message_id": row["campaign_id"]}
    if kind == "bounce":
        fixed |= {"bounce_type": "hard", "is_async": False, "reason": "Undetermined"}
    elif kind == "error":
        if is_mail and row["reason"] not in _REPLIES:
            return None
        if not is_mail and not _REASON.fullmatch(row["reason"] or "failed"):
            return None
        fixed["reason"] = row["reason"] if is_mail else (row["reason"] or "failed")
    elif kind == "excluded":
        fixed["reason"] = "Suppressed"
    names = ("execution_id", "variant", "is_test", "campaign_name")
    return _left(row, *names, **fixed)


def onesignal(row: Row) -> Row | None:
    """Return an event of OneSignal's event streams: to the millisecond, of a template."""
    left = _onesignal_left(row)
    if left is None:
        return None
    is_mail, at = left["channel"] == "email", left["timestamp"]
    failure = None
    if left["event_type"] == "error":
        failure = _REPLIES[left["reason"]] if is_mail else left["reason"]
    return {
        "event": {
            "kind": f"message.{left['channel']}.{_ONESIGNAL[left['channel']][left['event_type']]}",
            "id": left["event_id"],
            "datetime": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "subscription_device_type": "Email" if is_mail else left["platform"],
            "external_id": left["profile_id"],
            "onesignal_id": "c3d4",
            "data": {"failure_reason": failure},
        },
        "message": {
            "id": left["execution_id"] if _has_campaign(left) else None,
            "template_id": left["campaign_id"],
            "name": left["campaign_name"],
        },
        "user": {"subscription": {"subscription_token": _address(left)}},
        "variant": left["variant"],
        "is_test": left["is_test"],
    }


def onesignal_means(row: Row) -> list[Row]:
    """Return the event of a row: a template is a campaign with one message."""
    return [_onesignal_left(row) or row]


# ── Airship ──────────────────────────────────────────────────────────────────────────────

_AIRSHIP: Final = {
    "delivered": "delivery",
    "delay": "delay",
    "bounce": "bounce",
    "open": "open",
    "click": "click",
    "unsubscribe": "unsubscribe",
    "spam_complaint": "spam_complaint",
}
_AIRSHIP_PUSH: Final = {
    "sent": "SEND",
    "bounce": "SEND_REJECTED",
    "excluded": "SEND_ABORTED",
    "open": "OPEN",
    "teleported": "TELEPORT",
}


def _airship_left(row: Row) -> Row | None:
    kind, is_mail = row["event_type"], row["channel"] == "email"
    is_own = is_mail and kind in _AIRSHIP
    if not _is_sound(row) or not (is_own or kind in _AIRSHIP_PUSH):
        return None
    if row["timestamp"].microsecond % 1000:
        return None
    is_opened = kind == "open" and not is_mail
    if is_opened and (row["execution_id"] is None or not _has_campaign(row)):
        return None  # no push has led to it
    fixed: Row = {}
    if kind in ("bounce", "delay"):
        fixed["reason"] = "Undetermined" if is_mail else None
    if kind == "bounce":
        late = is_mail and row["is_async"] is True
        fixed |= {"bounce_type": None if is_mail else "hard", "is_async": late}
    if kind == "excluded":
        fixed["reason"] = "SEND_ABORTED"
    return _left(row, "execution_id", "variant", "url", **fixed)


def airship(row: Row) -> Row | None:
    """Return an event of Airship's Real-Time Data Streaming, to the millisecond."""
    left = _airship_left(row)
    if left is None:
        return None
    kind, is_mail, at = left["event_type"], left["channel"] == "email", left["timestamp"]
    push: Row = {}
    if _has_campaign(left):
        push = {
            "push_id": left["execution_id"],
            "group_id": left["message_id"],
            "variant_id": left["variant"],
            "campaigns": {"categories": [left["campaign_id"], "another"]},
        }
    name = _AIRSHIP_PUSH.get(kind, "CUSTOM")
    body = push
    if is_mail and kind in _AIRSHIP:
        word = "out_of_band" if left["is_async"] else _AIRSHIP[kind]
        name, body = "CUSTOM", push | {"name": word, "url": left["url"]}
    elif kind == "open":
        body = {"triggering_push": push}
    return {
        "id": left["event_id"],
        "type": name,
        "offset": "1000065081250",
        "occurred": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
        "device": {
            "channel": "5a3a",
            "device_type": "EMAIL" if is_mail else left["platform"] and left["platform"].upper(),
            "named_user_id": left["profile_id"],
            "delivery_address": _address(left),
        },
        "body": body,
    }


def airship_means(row: Row) -> list[Row]:
    """Return the event of a row, without a machine's mark and names."""
    return [_airship_left(row) or row]


# ── Firebase Cloud Messaging ─────────────────────────────────────────────────────────────

_FCM: Final = {
    "sent": "MESSAGE_ACCEPTED",
    "delivered": "MESSAGE_DELIVERED",
    "error": "INVALID_REGISTRATION",
    "teleported": "MESSAGE_TELEPORTED",
}


def _fcm_left(row: Row) -> Row | None:
    if not _is_sound(row) or row["channel"] != "push" or row["event_type"] not in _FCM:
        return None
    fixed: Row = {"message_id": row["campaign_id"]}
    if row["event_type"] == "error":
        fixed["reason"] = _FCM["error"]
    left = _left(row, "execution_id", **fixed)
    whole = [left[name] for name in ("event_type", "event_id", "profile_id", "timestamp")]
    return left | {"event_id": repr(whole)} if _is_good(left) else left


def fcm(row: Row) -> Row | None:
    """Return a row of Firebase Cloud Messaging's delivery data, which has no own id."""
    left = _fcm_left(row)
    if left is None:
        return None
    return {
        "event_timestamp": f"{left['timestamp']:%Y-%m-%d %H:%M:%S.%f} UTC",
        "project_number": 480183,
        "message_id": row["event_id"],
        "instance_id": left["profile_id"],
        "message_type": "DATA_MESSAGE",
        "sdk_platform": left["platform"] and left["platform"].upper(),
        "app_name": "com.example.shop",
        "bulk_id": left["execution_id"] if _has_campaign(left) else None,
        "event": _FCM[left["event_type"]],
        "analytics_label": left["campaign_id"],
    }


def fcm_means(row: Row) -> list[Row]:
    """Return the event of a row: a label is a campaign with one message."""
    return [_fcm_left(row) or row]


WORDS: Final[dict[str, tuple[Callable[[Row], Row | None], Callable[[Row], list[Row]]]]] = {
    "airship": (airship, airship_means),
    "braze": (braze, braze_means),
    "customerio": (customerio, customerio_means),
    "fcm": (fcm, fcm_means),
    "iterable": (iterable, iterable_means),
    "klaviyo": (klaviyo, klaviyo_means),
    "onesignal": (onesignal, onesignal_means),
}
"""Vendor → its row for a canonical event, and the events of that row."""
