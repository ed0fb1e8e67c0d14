"""A canonical event written as a mail vendor reports it; ``None`` where it has no words for it.

The other direction of what the package does, after the vendors' references alone. A mail event
of a row that must be rejected is written so that the fault stays in it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]

_NONE_OF_MAIL: Final = ("action", "targeted", *oracle.LATER_EVENT_TYPES)
_DOMAIN: Final = re.compile(r"[a-z0-9.-]+")
_REPLIES: Final[Mapping[str | None, str]] = {
    "Mailbox-Full": "552 5.2.2 Over quota",
    "Invalid-Recipient": "550 5.1.1 User unknown",
    "Soft-Bounce": "400 4.0.0 not now",
}
"""Reason → a server's reply with this meaning."""
_CODES: Final = {reason: reply.split()[1] for reason, reply in _REPLIES.items()}


def _is_expressible(row: Row) -> bool:
    """Return whether mail vendors can express the row, or its fault."""
    if oracle.event(row | {"campaign_id": "c1", "event_type": "sent"}) is None:
        return False
    if row["channel"] != "email" or row["event_type"] in _NONE_OF_MAIL:
        return False
    return row["domain"] is None or _DOMAIN.fullmatch(row["domain"]) is not None


def _noted(row: Row) -> Row:
    """Return what a sender notes on a message."""
    test = {None: None, True: "true", False: "false"}[row["is_test"]]
    names = ("campaign_id", "message_id", "profile_id", "execution_id", "variant")
    labels = ("campaign_name", "message_name")
    notes = {name: row[name] for name in names + labels} | {"is_test": test}
    return {name: value for name, value in notes.items() if value is not None}


def _address(row: Row) -> str | None:
    return None if row["domain"] is None else f"{row['profile_id']}@{row['domain'].upper()}"


def _time(row: Row) -> str:
    return f"{row['timestamp']:%Y-%m-%dT%H:%M:%S}.{row['timestamp'].microsecond // 1000:03}Z"


def _milliseconds(row: Row) -> bool:
    return row["timestamp"].microsecond % 1000 == 0


def means(row: Row, *judged: str, reason: str = "", code: str | None = None) -> Row:
    """Return the event of a row: its code is the reply's, and only some types are judged.

    *reason*: how a machine is recognised. *code*: instead of the reply's.
    """
    is_machine = row["is_machine"] if row["event_type"] in judged else None
    return row | {
        "is_machine": is_machine,
        "machine_reason": reason if is_machine is True else None,
        "status_code": code or _CODES.get(row["reason"]),
    }


def replied(row: Row) -> list[Row]:
    """Return the event of a row of a vendor that judges no one."""
    return [means(row)]


_SENDGRID: Final = {
    "sent": "processed",
    "delivered": "delivered",
    "delay": "deferred",
    "bounce": "bounce",
    "open": "open",
    "click": "click",
    "unsubscribe": "unsubscribe",
    "spam_complaint": "spamreport",
    "error": "dropped",
    "excluded": "dropped",
}


def sendgrid(row: Row) -> Row | None:
    """Return an event of SendGrid's webhook: whole seconds, its own reasons for a drop."""
    if not _is_expressible(row) or row["timestamp"].microsecond:
        return None
    kind, reason = row["event_type"], row["reason"]
    raw = {
        "email": _address(row),
        "timestamp": int(row["timestamp"].timestamp()),
        "event": _SENDGRID.get(kind, kind),
        "sg_event_id": row["event_id"],
        "sg_message_id": None if kind == "bounce" and row["is_async"] else "sg-1",
        **_noted(row),
    }
    if kind in ("bounce", "delay"):
        verdict = {"hard": "bounce", "soft": "blocked"}.get(row["bounce_type"])
        if reason not in _REPLIES or (kind == "bounce" and verdict is None):
            return None
        return raw | {"reason": _REPLIES[reason], "type": verdict}
    if kind in ("error", "excluded"):
        suppressed = reason in ("Bounced Address", "Unsubscribed Address")
        return raw | {"reason": reason} if suppressed == (kind == "excluded") else None
    return raw | ({"sg_machine_open": row["is_machine"]} if kind == "open" else {"url": row["url"]})


def sendgrid_means(row: Row) -> list[Row]:
    """Return the event of a row: machines are reported for opens alone."""
    return [means(row, "open", reason="apple_privacy")]


_SES: Final[Mapping[str, tuple[str, str, str | None]]] = {
    "sent": ("Send", "send", None),
    "delivered": ("Delivery", "delivery", "recipients"),
    "delay": ("DeliveryDelay", "deliveryDelay", "delayedRecipients"),
    "bounce": ("Bounce", "bounce", "bouncedRecipients"),
    "open": ("Open", "open", None),
    "click": ("Click", "click", None),
    "spam_complaint": ("Complaint", "complaint", "complainedRecipients"),
    "unsubscribe": ("Subscription", "subscription", None),
    "error": ("Reject", "reject", None),
}
"""Event → its name in SES, the key of its details, and of its recipients in them."""


def ses(row: Row) -> Row | None:
    """Return an event of Amazon SES as it publishes it: to the millisecond, to one recipient."""
    if not _is_expressible(row) or not _milliseconds(row):
        return None
    kind, place, whom = _SES.get(row["event_type"], (row["event_type"], "other", None))
    body, address = _ses_body(row), _address(row)
    if body is None:
        return None
    own = body.pop("recipient", {})
    if whom:
        body[whom] = [] if address is None else [{"emailAddress": address} | own]
    if whom == "recipients":
        body[whom] = [] if address is None else [address]
    return {
        "eventType": kind,
        "mail": {
            "timestamp": _time(row),
            "messageId": row["event_id"],
            "destination": [] if address is None else [address],
            "tags": {name: [value] for name, value in _noted(row).items()},
        },
        place: {"timestamp": _time(row)} | body,
    }


def _ses_body(row: Row) -> Row | None:
    """Return the details of an event, and those of its ``recipient``."""
    kind, reason = row["event_type"], row["reason"]
    if kind == "unsubscribe":
        return {"newTopicPreferences": {"unsubscribeAll": True}}
    if kind in ("error", "excluded"):
        return {"reason": reason} if kind == "error" and reason else None
    if kind not in ("bounce", "delay"):
        return {"link": row["url"]} if kind == "click" else {}
    if reason not in _REPLIES or row["domain"] is None:
        return None
    details: Row = {"recipient": {"diagnosticCode": f"smtp; {_REPLIES[reason]}"}}
    if kind == "delay":
        return details
    verdict = {"hard": "Permanent", "soft": "Transient"}.get(row["bounce_type"])
    reporter = f"dns; {'mx.example' if row['is_async'] else 'a1.amazonses.com'}"
    return verdict and details | {"bounceType": verdict, "reportingMTA": reporter}


def ses_by_sns(row: Row) -> Row | None:
    """Return the same as a topic of SNS delivers it: text in an envelope."""
    raw = ses(row)
    return raw and {
        "Type": "Notification",
        "MessageId": "sns-1",
        "Message": json.dumps(raw),
        "Timestamp": "2020-01-01T00:00:00.000Z",
    }


_MAILGUN: Final = {
    "sent": "accepted",
    "delivered": "delivered",
    "delay": "failed",
    "bounce": "failed",
    "open": "opened",
    "click": "clicked",
    "unsubscribe": "unsubscribed",
    "spam_complaint": "complained",
    "error": "rejected",
}


def mailgun(row: Row) -> Row | None:
    """Return an event as Mailgun's webhooks post it: to the microsecond, beside a signature."""
    if not _is_expressible(row) or row["event_type"] == "excluded":
        return None
    kind, reason = row["event_type"], row["reason"]
    event: Row = {
        "id": row["event_id"],
        "timestamp": row["timestamp"].timestamp(),
        "event": _MAILGUN.get(kind, kind),
        "log-level": "info",
        "recipient": _address(row),
        "user-variables": _noted(row),
        "flags": {"is-test-mode": False},
    }
    if kind in ("bounce", "delay"):
        if reason not in _REPLIES or (kind == "bounce" and row["bounce_type"] != _own_type(reason)):
            return None
        code, message = _REPLIES[reason].split(" ", 1)
        event["severity"] = "permanent" if kind == "bounce" else "temporary"
        event["delivery-status"] = {"code": int(code), "message": message}
        event["flags"]["is-delayed-bounce"] = bool(row["is_async"])
    if kind == "error":
        event["reject"] = {"reason": reason}
    if kind in ("open", "click"):
        robot = {None: None, False: "", True: "gmail"}[row["is_machine"]]
        event |= {"client-info": {"bot": robot}, "url": row["url"]}
    return {"signature": {"token": "c41a"}, "event-data": event}


def mailgun_means(row: Row) -> list[Row]:
    """Return the event of a row: Mailgun reports machines by name."""
    return [means(row, "open", "click", reason="prefetch")]


def _own_type(reason: str) -> str:
    """Return the bounce type that only the server's reply implies."""
    return "hard" if reason == "Invalid-Recipient" else "soft"


def postmark(row: Row) -> Row | None:
    """Return a record of Postmark's webhooks, in which nothing is ever just sent."""
    if not _is_expressible(row) or row["event_type"] == "sent":
        return None
    raw = {"MessageID": row["event_id"], "Metadata": _noted(row), "Recipient": _address(row)}
    plain = {
        "delivered": ("Delivery", "DeliveredAt", {}),
        "open": ("Open", "ReceivedAt", {}),
        "click": ("Click", "ReceivedAt", {"OriginalLink": row["url"]}),
        "unsubscribe": ("SubscriptionChange", "ChangedAt", {"SuppressSending": True}),
        "teleported": ("Teleported", "ReceivedAt", {}),
    }
    if row["event_type"] in plain:
        kind, time, more = plain[row["event_type"]]
        return raw | {"RecordType": kind, time: row["timestamp"].isoformat()} | more
    verdict = _postmark_verdict(row)
    return verdict and raw | {
        "RecordType": "Bounce",
        "BouncedAt": row["timestamp"].isoformat(),
        **verdict,
    }


def _postmark_verdict(row: Row) -> Row | None:
    kind, reason = row["event_type"], row["reason"]
    if kind == "spam_complaint":
        return {"Type": "SpamComplaint"}
    if kind is None:
        return None
    if kind in ("error", "excluded"):
        known = {"SMTPApiError": "error", "ManuallyDeactivated": "excluded"}
        return {"Type": reason} if known.get(reason) == kind else None
    if kind == "bounce" and (reason, row["bounce_type"], row["is_async"]) == (
        *("Auto-Reply", "ignored"),
        True,
    ):
        return {"Type": "AutoResponder"}
    if reason not in _REPLIES or (kind == "bounce" and row["is_async"]):
        return None
    kinds = {"hard": "HardBounce", "soft": "SoftBounce"}
    verdict = "Transient" if kind == "delay" else kinds.get(row["bounce_type"])
    return {"Type": verdict, "Details": f"smtp;{_REPLIES[reason]}"} if verdict else None


def postmark_means(row: Row) -> list[Row]:
    """Return the events of a record: delivered or rejected at once, a message was also sent."""
    row = means(row)
    if oracle.event(row) is None or row["event_type"] not in ("delivered", "bounce"):
        return [row]
    return [row] if row["is_async"] is True and row["event_type"] == "bounce" else _and_sent(row)


def _and_sent(row: Row) -> list[Row]:
    return [row | {"event_id": f"{row['event_id']}:sent", "event_type": "sent"}, row]


_SPARKPOST: Final = {
    "sent": "injection",
    "delivered": "delivery",
    "delay": "delay",
    "bounce": "bounce",
    "open": "open",
    "click": "click",
    "unsubscribe": "link_unsubscribe",
    "spam_complaint": "spam_complaint",
    "error": "generation_failure",
    "excluded": "policy_rejection",
}
_CLASSES: Final = {
    ("Invalid-Recipient", "hard"): "10",
    ("Soft-Bounce", "soft"): "20",
    ("Mailbox-Full", "soft"): "22",
    ("Auto-Reply", "ignored"): "60",
}


def sparkpost(row: Row) -> Row | None:
    """Return an event of SparkPost's webhooks: to the millisecond, bounces by their class."""
    if not _is_expressible(row) or not _milliseconds(row):
        return None
    kind, reason = row["event_type"], row["reason"]
    fixed = {"error": "generation_failure", "excluded": "Suppressed"}
    if kind in fixed and fixed[kind] != reason:
        return None
    event = {
        "type": _SPARKPOST.get(kind, kind),
        "event_id": row["event_id"],
        "timestamp": _time(row).replace("Z", "+00:00"),
        "rcpt_to": _address(row),
        "rcpt_meta": _noted(row),
    }
    if kind == "excluded":
        event["raw_reason"] = "554 5.7.1 recipient address suppressed due to policy"
    if kind in ("bounce", "delay"):
        classes = {key: one for key, one in _CLASSES.items() if key[0] == reason}
        wanted = (reason, row["bounce_type"]) if kind == "bounce" else next(iter(classes), None)
        if wanted not in classes:
            return None
        event |= {"bounce_class": classes[wanted], "raw_reason": "550 no"}
        if kind == "bounce" and row["is_async"]:
            event["type"] = "out_of_band"
    if kind in ("open", "click"):
        event["target_link_url"] = row["url"]
        event["user_agent_parsed"] = {"is_prefetched": row["is_machine"]}
    return {"msys": {"message_event": event}}


def sparkpost_means(row: Row) -> list[Row]:
    """Return the event of a row: what is fetched ahead is opened."""
    return [means(row, "open", reason="prefetch", code="550")]
