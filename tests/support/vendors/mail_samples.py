"""Rows of senders of e-mail, in the shape that their documentation shows.

Typed by hand, each with its canonical events: nothing here uses the package.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.support.channels.samples import Sample

Row = dict[str, Any]

SECONDS: Final = 1763640000
"""Noon of 20 November 2025 (UTC), the time of each sample."""
SEEN: Final = "2025-11-20T12:00:00.000Z"
_JANE: Final = hashlib.sha256(b"jane.doe@example.com").hexdigest()[:32]
_MAIL: Final = {"domain": "example.com", "channel": "email"}
_UNNAMED: Final = _MAIL | {"profile_id": _JANE}
_HARD: Final = {
    "event_type": "bounce",
    "bounce_type": "hard",
    "reason": "Invalid-Recipient",
    "status_code": "5.1.1",
    "is_async": False,
}
_REPLY: Final = "550 5.1.1 <jane.doe@example.com>: Recipient address rejected: User unknown"


def _events(*kinds: str, **more: object) -> list[Row]:
    return [{"event_type": kind} | _MAIL | more for kind in kinds]


def _brevo(kind: str, **more: object) -> Row:
    return {
        "event": kind,
        "email": "Jane.Doe@Example.com",
        "id": 26224,
        "date": "2025-11-20 13:00:00",
        "ts": 1763640007,
        "message-id": "<202511201200.27287306012@smtp-relay.mailin.example>",
        "ts_event": 1763640007,
        "subject": "For Jane",
        "X-Mailin-custom": json.dumps({"profile_id": "customer-7"}),
        "sending_ip": "192.0.2.1",
        "template_id": 22,
        "tag": '["autumn-sale","second"]',
        "tags": ["autumn-sale", "second"],
        "ts_epoch": SECONDS * 1000,
        **more,
    }


_BREVO_MAIL: Final = {"message_id": "22"}
_BREVO: Final[list[Sample]] = [
    (_brevo("request"), _events("sent", **_BREVO_MAIL)),
    (_brevo("delivered"), _events("delivered", **_BREVO_MAIL)),
    (_brevo("hard_bounce", reason=f" RecipientError: {_REPLY}"), [_HARD | _MAIL | _BREVO_MAIL]),
    (
        _brevo("blocked", reason="blocked : due to blacklist user"),
        [_HARD | _MAIL | _BREVO_MAIL | {"reason": "Suppressed", "status_code": None}],
    ),
    (
        _brevo("unique_proxy_open", device_used="UNKNOWN"),
        _events("open", is_machine=True, machine_reason="vendor_event", **_BREVO_MAIL),
    ),
    (
        _brevo("click", link="https://shop.example/"),
        _events("click", url="https://shop.example/", **_BREVO_MAIL),
    ),
    (
        {
            "id": 1,
            "camp_id": 7,
            "email": "jane.doe@example.com",
            "campaign name": "Autumn sale",
            "date_sent": "2025-11-20 13:00:00",
            "date_event": "2025-11-20 13:00:00",
            "event": "unsubscribe",
            "tag": "autumn-sale",
            "ts_sent": 1763639999,
            "ts_event": SECONDS,
            "list_id": [3, 42],
        },
        _events(*["unsubscribe"], campaign_id="7", campaign_name="Autumn sale", profile_id=_JANE),
    ),
    (
        {"event": "list_addition", "email": ["jane.doe@example.com"], "camp_id": 7, "ts_event": 1},
        [],
    ),
]


def _mailjet(kind: str, **more: object) -> Row:
    return {
        "event": kind,
        "time": SECONDS,
        "MessageID": 19421777835146490,
        "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
        "email": "jane.doe@example.com",
        "mj_campaign_id": 7257,
        "mj_contact_id": 4,
        "customcampaign": "autumn-sale",
        "CustomID": "helloworld",
        "Payload": json.dumps({"profile_id": "customer-7"}),
        **more,
    }


_MAILJET: Final[list[Sample]] = [
    (
        _mailjet("sent", mj_message_id="19421777835146490", smtp_reply="sent (250 2.0.0 OK)"),
        _events("sent", "delivered"),
    ),
    (
        _mailjet(
            "bounce",
            blocked=False,
            hard_bounce=True,
            error_related_to="recipient",
            error="user unknown",
            comment=_REPLY,
        ),
        [*_events("sent"), _HARD | _MAIL],
    ),
    (
        _mailjet("blocked", error_related_to="mailjet", error="preblocked"),
        _events("excluded", reason="preblocked"),
    ),
    (_mailjet("open", ip="192.0.2.1", geo="", agent="Mozilla/5.0"), _events("open")),
    (_mailjet("spam", source="JMRPP"), _events("spam_complaint")),
    (
        _mailjet("unsub", Payload="", mj_list_id=1, ip="192.0.2.1"),
        _events("unsubscribe", profile_id=_JANE),
    ),
]


def _mandrill(kind: str, mail: Row | None = None, **more: object) -> Row:
    return {
        "event": kind,
        "_id": "exampleaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ts": SECONDS,
        "msg": {
            "ts": 1365109999,
            "subject": "For Jane",
            "email": "jane.doe@example.com",
            "sender": "news@example.com",
            "tags": ["autumn-sale"],
            "opens": [],
            "clicks": [],
            "state": "sent",
            "metadata": {"profile_id": "customer-7"},
            "_id": "exampleaaaaaaaaaaaaaaaaaaaaaaaaa",
            "_version": "exampleaaaaaaaaaaaaaaa",
            **(mail or {}),
        },
        **more,
    }


_MANDRILL: Final[list[Sample]] = [
    (_mandrill("send"), _events("sent")),
    (
        _mandrill("hard_bounce", {"bounce_description": "bad_mailbox", "diag": f"smtp;{_REPLY}"}),
        [*_events("sent"), _HARD | _MAIL],
    ),
    (
        _mandrill("deferral", {"smtp_events": [{"diag": "451 4.3.5 Temporarily unavailable"}]}),
        _events("delay", reason="Admin-Failure", status_code="4.3.5"),
    ),
    (
        _mandrill("click", url="https://shop.example/", ip="192.0.2.1"),
        _events("click", url="https://shop.example/"),
    ),
    (
        _mandrill("reject", {"state": "rejected", "tags": ["autumn-sale"]}),
        _events("excluded", reason="reject"),
    ),
    (
        {
            "type": "blacklist",
            "action": "add",
            "reject": {"email": "jane.doe@example.com", "reason": "hard-bounce"},
            "ts": SECONDS,
        },
        [],
    ),
]


def _resend(kind: str, **more: object) -> Row:
    return {
        "type": f"email.{kind}",
        "created_at": SEEN,
        "data": {
            "broadcast_id": "autumn-sale",
            "created_at": "2025-11-19T23:41:11.894719+00:00",
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Shop <news@example.com>",
            "to": ["Jane <jane.doe@example.com>"],
            "subject": "For Jane",
            "template_id": "43f68331",
            "tags": {"category": "confirm_email", "profile_id": "customer-7"},
            **more,
        },
    }


_RESEND_MAIL: Final = {"message_id": "43f68331"}
_RESEND: Final[list[Sample]] = [
    (_resend("sent"), _events("sent", **_RESEND_MAIL)),
    (
        _resend(
            "bounced",
            bounce={"message": "is on the list", "subType": "Suppressed", "type": "Permanent"},
        ),
        [_HARD | _MAIL | _RESEND_MAIL | {"reason": "Suppressed", "status_code": None}],
    ),
    (
        _resend("clicked", click={"ipAddress": "192.0.2.1", "link": "https://shop.example/"}),
        _events("click", url="https://shop.example/", **_RESEND_MAIL),
    ),
    (
        _resend("opened", to=["jane.doe@example.com", "jo@example.com"]),
        _events("open", **_RESEND_MAIL | {"domain": None}),
    ),
    (_resend("scheduled"), []),
]


def _mailersend(kind: str, **more: object) -> Row:
    return {
        "type": f"activity.{kind}",
        "domain_id": "yv69oxl5kl785kw2",
        "created_at": "2025-11-20T12:00:07.520507Z",
        "webhook_id": "2351ndgwr4zqx8ko",
        "url": "https://hooks.example.com/mailersend",
        "data": {
            "object": "activity",
            "id": "63fd1c1d31b9c750540fe85c",
            "type": kind,
            "created_at": SEEN,
            "email": {
                "object": "email",
                "id": "63fd1c1de225707fa905f0a8",
                "created_at": "2025-11-20T11:59:49.141000Z",
                "from": "news@example.com",
                "subject": "For Jane",
                "status": "sent",
                "tags": ["autumn-sale", "Tag 2"],
                "message": {"object": "message", "id": "63fd1c1d5f010335ed07066b"},
                "recipient": {"object": "recipient", "email": "jane.doe@example.com"},
            },
            "morph": None,
            "template_id": "hello",
            **more,
        },
    }


_MAILERSEND_MAIL: Final = _UNNAMED | {"message_id": "hello"}
_MAILERSEND: Final[list[Sample]] = [
    (_mailersend("sent"), _events("sent", **_MAILERSEND_MAIL)),
    (
        _mailersend("hard_bounced", morph={"object": "recipient_bounce", "reason": _REPLY}),
        [_HARD | _MAILERSEND_MAIL],
    ),
    (
        {
            "type": "activity.soft_bounced",
            "created_at": SEEN,
            "data": {
                "type": "soft_bounced",
                "id": "63fd1c",
                "recipient": "jane.doe@example.com",
                "message_id": "63fd1d",
                "tags": ["autumn-sale"],
                "meta": {"bounce_code": 452, "bounce_reason": "mailbox is full"},
            },
        },
        [
            _HARD
            | _UNNAMED
            | {"bounce_type": "soft", "reason": "Mailbox-Full", "status_code": "452"}
        ],
    ),
    (_mailersend("opened_unique"), []),
]


def _postal(kind: str, mail: Row | None = None, **payload: object) -> Row:
    message = {
        "id": 12345,
        "token": "abcdef123",
        "direction": "outgoing",
        "message_id": "5817a64332f44_4ec93ff59e79d154565eb@app34.mail",
        "to": "jane.doe@example.com",
        "from": "news@example.com",
        "subject": "For Jane",
        "timestamp": 1477945177.12994,
        "spam_status": "NotSpam",
        "tag": "autumn-sale",
        **(mail or {}),
    }
    return {
        "event": kind,
        "timestamp": SECONDS,
        "payload": {"message": message, **payload},
        "uuid": f"uuid-{kind}",
    }


_POSTAL: Final[list[Sample]] = [
    (
        _postal("MessageSent", status="Sent", output="250 2.0.0 OK", timestamp=SECONDS),
        _events("sent", "delivered", **_UNNAMED),
    ),
    (
        _postal("MessageDeliveryFailed", status="HardFail", output=_REPLY),
        [*_events("sent", **_UNNAMED), _HARD | _UNNAMED],
    ),
    (
        _postal("MessageHeld", status="Held", details="Recipient is on the suppression list"),
        _events("excluded", reason="Suppressed", **_UNNAMED),
    ),
    (
        {
            "event": "MessageBounced",
            "timestamp": SECONDS,
            "payload": {
                "original_message": _postal("x")["payload"]["message"],
                "bounce": {"id": 12347, "token": "abcdef124", "direction": "incoming"},
            },
            "uuid": "uuid-bounced",
        },
        _events("bounce", reason="Undetermined", is_async=True, **_UNNAMED),
    ),
    (
        _postal("MessageLinkClicked", url="https://shop.example/", ip_address="192.0.2.1"),
        _events("click", url="https://shop.example/", **_UNNAMED),
    ),
    (_postal("MessageSent", {"direction": "incoming"}, status="Sent"), []),
]


def _mailtrap(kind: str, **more: object) -> Row:
    return {
        "event": kind,
        "message_id": "00000000-0000-0000-0000-000000000000",
        "sending_stream": "bulk",
        "email": "jane.doe@example.com",
        "timestamp": SECONDS,
        "event_id": f"event-{kind}",
        "sending_domain_name": "example.com",
        "category": "autumn-sale",
        "custom_variables": {"profile_id": "customer-7"},
        **more,
    }


_MAILTRAP: Final[list[Sample]] = [
    ({"events": [_mailtrap("delivery")]}, _events("sent", "delivered")),
    (
        _mailtrap(
            "bounce",
            response=f"bounced ({_REPLY})",
            response_code=550,
            bounce_category="badmailbox",
        ),
        [*_events("sent"), _HARD | _MAIL],
    ),
    (
        _mailtrap("soft bounce", response="too busy, try again later", response_code=450),
        _events("delay", reason="Transient-Failure", status_code="450"),
    ),
    (
        _mailtrap("reject", reason="Recipient in suppression list. Reason: unsubscription"),
        _events("excluded", reason="Suppressed"),
    ),
    (_mailtrap("spam"), _events("spam_complaint")),
    (_mailtrap("inbound.message_received"), []),
]
SAMPLES: Final[dict[str, list[Sample]]] = {
    "brevo": _BREVO,
    "mailjet": _MAILJET,
    "mandrill": _MANDRILL,
    "resend": _RESEND,
    "mailersend": _MAILERSEND,
    "postal": _POSTAL,
    "mailtrap": _MAILTRAP,
}
