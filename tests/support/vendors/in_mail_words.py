"""A canonical event written as senders of e-mail report it; ``None`` where one has no words for it.

The other direction of what the package does, after the senders' references alone; as in
:mod:`.in_vendors_words`, whose replies of servers are used.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from tests import oracle
from tests.support.vendors import in_vendors_words as common

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]

_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "brevo": {
        "sent": "request",
        "delivered": "delivered",
        "delay": "deferred",
        "open": "opened",
        "click": "click",
        "unsubscribe": "unsubscribed",
        "spam_complaint": "spam",
    },
    "mailjet": {
        "delivered": "sent",
        "bounce": "bounce",
        "open": "open",
        "click": "click",
        "unsubscribe": "unsub",
        "spam_complaint": "spam",
        "error": "blocked",
        "excluded": "blocked",
    },
    "mandrill": {
        "sent": "send",
        "delivered": "delivered",
        "delay": "deferral",
        "open": "open",
        "click": "click",
        "unsubscribe": "unsub",
        "spam_complaint": "spam",
        "excluded": "reject",
    },
    "resend": {
        "sent": "email.sent",
        "delivered": "email.delivered",
        "delay": "email.delivery_delayed",
        "bounce": "email.bounced",
        "open": "email.opened",
        "click": "email.clicked",
        "spam_complaint": "email.complained",
        "error": "email.failed",
        "excluded": "email.suppressed",
    },
    "mailersend": {
        "sent": "activity.sent",
        "delivered": "activity.delivered",
        "delay": "activity.deferred",
        "open": "activity.opened",
        "click": "activity.clicked",
        "unsubscribe": "activity.unsubscribed",
        "spam_complaint": "activity.spam_complaint",
        "excluded": "activity.suppressed",
    },
    "postal": {
        "delivered": "MessageSent",
        "delay": "MessageDelayed",
        "bounce": "MessageDeliveryFailed",
        "open": "MessageLoaded",
        "click": "MessageLinkClicked",
        "excluded": "MessageHeld",
    },
    "mailtrap": {
        "delivered": "delivery",
        "delay": "soft bounce",
        "bounce": "bounce",
        "open": "open",
        "click": "click",
        "unsubscribe": "unsubscribe",
        "spam_complaint": "spam",
        "error": "reject",
        "excluded": "reject",
    },
}
_BOUNCED: Final = {
    "brevo": "{}_bounce",
    "mandrill": "{}_bounce",
    "mailersend": "activity.{}_bounced",
}
"""The name of a bounce where the sender has one for each type."""
_REASONS: Final[Mapping[tuple[str, str], tuple[str | None, ...]]] = {
    ("mailjet", "excluded"): ("preblocked", "blacklisted"),
    ("mailjet", "error"): ("system issue",),
    ("mandrill", "excluded"): ("hard-bounce", "unsub"),
    ("resend", "excluded"): ("Suppressed",),
    ("resend", "error"): ("reached_daily_quota",),
    ("resend", "delay"): ("Undetermined",),
    ("mailersend", "excluded"): ("Suppressed",),
    ("postal", "excluded"): ("Suppressed", "Held"),
    ("mailtrap", "excluded"): ("Suppressed",),
    ("mailtrap", "error"): ("reject",),
}
"""The reasons that a sender can express, where they are not those of servers' replies."""
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "Suppressed": {
        "postal": "Recipient is on the suppression list",
        "mailtrap": "In suppression list",
    }
}


def _kind(  # noqa: PLR0911 - one for each sort of event
    row: Row, sender: str
) -> str | None:
    """Return the sender's name of an event; ``None`` if it cannot express the event."""
    kind, reason = row["event_type"], row["reason"]
    if not common._is_expressible(row):
        return None
    if kind in oracle.EVENT_TYPES and kind != "bounce" and kind not in _KINDS[sender]:
        return None
    if (sender, kind) in _REASONS:
        return _KINDS[sender][kind] if reason in _REASONS[sender, kind] else None
    if kind in ("delay", "bounce") and reason not in common._REPLIES:
        return None
    if kind == "bounce":
        if row["is_async"] or not _has_type(row, sender):
            return None
        return _BOUNCED.get(sender, _KINDS[sender].get(kind, "")).format(row["bounce_type"])
    return _KINDS[sender].get(kind, kind)


def _has_type(row: Row, sender: str) -> bool:
    if sender == "mailtrap":
        return row["bounce_type"] == "hard"
    if sender == "postal":
        return row["bounce_type"] == common._own_type(row["reason"])
    return row["bounce_type"] in ("hard", "soft")


def _reply(row: Row) -> str | None:
    return common._REPLIES.get(row["reason"]) if row["event_type"] in ("bounce", "delay") else None


def _seconds(row: Row) -> int:
    return int(row["timestamp"].timestamp())


def brevo(row: Row) -> Row | None:
    """Return an event of a transactional webhook of Brevo's, to the millisecond."""
    kind = _kind(row, "brevo")
    if kind is None or not common._milliseconds(row):
        return None
    return {
        "event": kind,
        "email": common._address(row),
        "message-id": row["event_id"],
        "ts_epoch": round(row["timestamp"].timestamp() * 1000),
        "X-Mailin-custom": json.dumps(common._noted(row)),
        "reason": _reply(row),
    }


def mailjet(row: Row) -> Row | None:
    """Return an event of Mailjet's, to the second; nothing is ever just sent."""
    kind = _kind(row, "mailjet")
    if kind is None or row["timestamp"].microsecond:
        return None
    raw = {
        "event": kind,
        "time": _seconds(row),
        "MessageID": row["event_id"],
        "email": common._address(row),
        "mj_contact_id": 7,
        "mj_campaign_id": 0,
        "Payload": json.dumps(common._noted(row)),
    }
    if kind == "bounce":
        raw |= {"comment": _reply(row), "hard_bounce": row["bounce_type"] == "hard", "error": ""}
    return raw | ({"error": row["reason"]} if kind == "blocked" else {})


def mandrill(row: Row) -> Row | None:
    """Return an event of Mandrill's, to the second."""
    kind = _kind(row, "mandrill")
    if kind is None or row["timestamp"].microsecond:
        return None
    mail: Row = {"_id": row["event_id"], "email": common._address(row) or ""}
    mail |= {"tags": [], "metadata": common._noted(row), "diag": _reply(row)}
    if kind == "deferral":
        mail["smtp_events"] = [{"diag": mail.pop("diag")}]
    if kind == "reject":
        mail["reject"] = {"reason": row["reason"]}
    return {"event": kind, "ts": _seconds(row), "_id": row["event_id"], "msg": mail}


def resend(row: Row) -> Row | None:
    """Return an event of Resend's, to the millisecond."""
    kind = _kind(row, "resend")
    if kind is None or not common._milliseconds(row):
        return None
    address = common._address(row)
    mail: Row = {"email_id": row["event_id"], "to": [] if address is None else [address]}
    mail["tags"] = common._noted(row)
    if kind == "email.bounced":
        verdict = {"hard": "Permanent", "soft": "Transient"}[row["bounce_type"]]
        mail["bounce"] = {"message": _reply(row), "subType": "General", "type": verdict}
    if kind == "email.failed":
        mail["failed"] = {"reason": row["reason"]}
    return {"type": kind, "created_at": common._time(row), "data": mail}


def mailersend(row: Row) -> Row | None:
    """Return an activity of MailerSend's, which knows nothing of the mail but a tag."""
    kind = _kind(row, "mailersend")
    if kind is None or row["domain"] is None:
        return None
    seen = f"{row['timestamp']:%Y-%m-%dT%H:%M:%S.%fZ}"
    mail = {
        "tags": [row["campaign_id"]],
        "message": {"id": "m1"},
        "recipient": {"email": common._address(row)},
    }
    data: Row = {"id": row["event_id"], "created_at": seen, "email": mail}
    data |= {"morph": {"reason": _reply(row)}, "template_id": row["message_id"]}
    return {"type": kind, "created_at": seen, "data": data}


def postal(row: Row) -> Row | None:
    """Return an event of Postal's, which knows nothing of the mail but a tag."""
    kind = _kind(row, "postal")
    if kind is None or row["domain"] is None:
        return None
    mail = {"token": "t1", "direction": "outgoing", "to": common._address(row)}
    payload: Row = {"message": mail | {"tag": row["campaign_id"]}, "output": _reply(row)}
    payload["details"] = _OWN.get(row["reason"] or "", {}).get("postal", "held")
    return {
        "event": kind,
        "timestamp": row["timestamp"].timestamp(),
        "uuid": row["event_id"],
        "payload": payload,
    }


def mailtrap(row: Row) -> Row | None:
    """Return an event of Mailtrap's, to the second; nothing is ever just sent."""
    kind = _kind(row, "mailtrap")
    if kind is None or row["timestamp"].microsecond:
        return None
    return {
        "event": kind,
        "event_id": row["event_id"],
        "message_id": "m1",
        "sending_stream": "bulk",
        "email": common._address(row),
        "timestamp": _seconds(row),
        "custom_variables": common._noted(row),
        "response": _reply(row),
        "reason": _OWN.get(row["reason"] or "", {}).get("mailtrap", "not verified"),
    }


def bounced_means(row: Row) -> list[Row]:
    """Return the events of a row where a bounce implies that the mail was sent."""
    return common.postmark_means(row) if row["event_type"] == "bounce" else [row]


def anonymous_means(row: Row) -> list[Row]:
    """Return the event of a row of which only its address, its tag and its template are known."""
    address = common._address(row)
    if oracle.event(row) is None or address is None:
        return [row]
    unknown = ("execution_id", "variant", "is_test", "campaign_name", "message_name")
    profile = hashlib.sha256(address.lower().encode()).hexdigest()[:32]
    return [row | dict.fromkeys(unknown) | {"profile_id": profile}]


def tagged_means(row: Row) -> list[Row]:
    """Return the events of a row that is one without a template, and of a mail that was sent."""
    known = anonymous_means(row)[0] | {"message_id": row["campaign_id"]}
    return common.postmark_means(known)
