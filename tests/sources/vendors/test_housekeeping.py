"""Rows that are no event of a message, complaints that are none, and mail that comes later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]
WHO = ["ann@one.example", "bob@two.example"]
MAIL = {"messageId": "s1", "destination": WHO, "timestamp": "2026-11-20T12:00:00Z"}
SES = {"mail": MAIL | {"tags": {"campaign_id": ["c"]}}}


def complaint(**fields: object) -> Row:
    who = [{"emailAddress": one} for one in WHO]
    report = {"complainedRecipients": who, "timestamp": "2026-11-20T12:05:00Z", **fields}
    return SES | {"eventType": "Complaint", "complaint": report}


def sns(message: str, kind: str = "Notification") -> Row:
    return {"Type": kind, "MessageId": "n", "TopicArn": "arn:aws:sns:x:1:t", "Message": message}


def postmark(**fields: object) -> Row:
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "m",
        "Recipient": WHO[0],
        "Tag": "c",
        "ChangedAt": "2026-11-20T12:00:00Z",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Origin": "Recipient",
        **fields,
    }


def mailgun(event: str, **fields: object) -> Row:
    return {
        "event": event,
        "id": "i",
        "timestamp": 1795176000.25,
        "log-level": "warn",
        "tags": ["c"],
        **fields,
    }


def deferred(reply: str) -> tuple[Row, ...]:
    """Return the same deferral in the words of each vendor."""
    sparkpost = {"type": "delay", "event_id": "1", "timestamp": "1795176000", "rcpt_to": WHO[0]}
    status = {"code": 450, "message": reply}
    delay = {"delayedRecipients": [{"emailAddress": WHO[0], "diagnosticCode": reply}]}
    return (
        {"event": "deferred", "email": WHO[0], "sg_event_id": "1", "timestamp": 1795176000}
        | {"category": "c", "response": reply},
        SES | {"eventType": "DeliveryDelay", "deliveryDelay": delay},
        mailgun("failed", severity="temporary", recipient=WHO[0], **{"delivery-status": status}),
        {"msys": {"message_event": sparkpost | {"campaign_id": "c", "raw_reason": reply}}},
        {"msys": {"message_event": sparkpost | {"campaign_id": "c", "raw_reason": reply}}}
        | {"bounce_class": "51"},
    )


NOW_KNOWN = "AmazonSnsSubscriptionSucceeded"
NOTHING: tuple[str, ...] = ()
ROWS: tuple[tuple[Row, tuple[str, ...]], ...] = (
    (complaint(complaintFeedbackType="abuse"), ("spam_complaint",)),
    (complaint(complaintFeedbackType="Not-Spam"), NOTHING),
    (complaint(complaintSubType="OnAccountSuppressionList"), ("excluded", "excluded")),
    (sns("Successfully validated SNS topic for Amazon SES event publishing."), NOTHING),
    (sns(json.dumps({"notificationType": NOW_KNOWN, "message": "a topic"})), NOTHING),
    (sns("You have chosen to subscribe", "SubscriptionConfirmation"), NOTHING),
    (sns("You have chosen to leave", "UnsubscribeConfirmation"), NOTHING),
    (sns(json.dumps({"notificationType": "Received", "mail": MAIL})), NOTHING),
    (sns(json.dumps(complaint())), ("spam_complaint",)),
    (postmark(), ("unsubscribe",)),
    (postmark(Origin="Customer", MessageID=None, Tag=None), NOTHING),
    (postmark(Origin="Admin"), NOTHING),
    (postmark(SuppressSending=False), NOTHING),
    (postmark(SuppressionReason="HardBounce"), NOTHING),
    (mailgun("rejected", message={"headers": {"to": "Ann <ann@one.example>"}}), ("error",)),
    (mailgun("list_member_deleted", **{"mailing-list": {"address": "l@one.example"}}), NOTHING),
)


@pytest.mark.parametrize(("row", "events"), ROWS)
def test_a_row_has_the_events_that_it_means(
    row: Row, events: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(row) + "\n")
    read = staged(tmp_path)
    assert [row["cause"] for row in read] == [None] * len(read)
    assert tuple(row["event_type"] for row in read if row["part"]) == events


def test_one_complaint_of_two_recipients_has_no_domain(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(json.dumps(complaint()) + "\n")
    assert [row["domain"] for row in staged(tmp_path)] == [None]


@pytest.mark.parametrize(
    ("to", "domain"),
    [
        ("Ann <ann@one.example>", "one.example"),
        ('"B, A" <a@x.example>', "x.example"),
        ("ann@one.example, bob@two.example", None),
    ],
)
def test_a_rejected_mail_is_for_whom_it_was_written(
    to: str, domain: str | None, tmp_path: Path
) -> None:
    row = mailgun("rejected", message={"headers": {"to": to}}, reject={"reason": "Sandbox"})
    (tmp_path / "a.ndjson").write_text(json.dumps(row) + "\n")
    (read,) = staged(tmp_path)
    assert (read["event_type"], read["reason"], read["domain"]) == ("error", "Sandbox", domain)
    assert "@" not in read["profile_id"]


@pytest.mark.parametrize(
    "reply",
    [
        "450 4.7.1 <x>: Recipient address rejected: Greylisted, see http://postgrey.example/",
        "451 4.7.1 Greylisting in action, please come back later",
        "450 4.1.1 mailbox unavailable (grey-listed)",
        "421 blocked by graylist policy",
    ],
)
def test_a_greylisted_mail_is_a_transient_failure(reply: str, tmp_path: Path) -> None:
    for number, row in enumerate(deferred(reply)):
        path = tmp_path / f"{number}.ndjson"
        path.write_text(json.dumps(row) + "\n")
        (read,) = staged(path)
        assert (read["event_type"], read["reason"]) == ("delay", "Transient-Failure"), row
