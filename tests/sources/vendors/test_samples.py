"""Rows in the very shape vendors publish, typed by hand: each event, column by column."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.sources.formats.times import NOT_A_TIME
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

SENDGRID = {
    "email": "jane.doe@example.com",
    "timestamp": 1763640000,
    "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
    "event": "bounce",
    "category": ["autumn-sale"],
    "sg_event_id": "NhUpY2xvZ2lj",
    "sg_message_id": "14c5d75ce93.dfd.64b469.recvd-5",
    "bounce_classification": "Invalid Address",
    "reason": "550 5.1.1 The email account that you tried to reach does not exist",
    "status": "5.1.1",
    "type": "bounce",
    "ip": "192.0.2.1",
    "tls": 1,
    "profile_id": "customer-7",
    "asm_group_id": 3,
}
SES = {
    "eventType": "Click",
    "click": {
        "ipAddress": "192.0.2.1",
        "link": "https://shop.example.com/",
        "linkTags": {"sample": ["a"]},
        "timestamp": "2025-11-20T12:00:00.085Z",
        "userAgent": "Mozilla/5.0",
    },
    "mail": {
        "commonHeaders": {"from": ["news@example.com"], "subject": "Sale"},
        "destination": ["Jane Doe <jane.doe@example.com>"],
        "headers": [{"name": "X-SES-CONFIGURATION-SET", "value": "Marketing"}],
        "headersTruncated": False,
        "messageId": "7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        "sendingAccountId": "123456789012",
        "source": "news@example.com",
        "tags": {
            "campaign_id": ["autumn-sale"],
            "message_id": ["hello"],
            "ses:configuration-set": ["Marketing"],
        },
        "timestamp": "2025-11-20T11:59:00.085Z",
    },
}
MAILGUN = {
    "signature": {"timestamp": "1763640000", "token": "c41a", "signature": "9f1b"},
    "event-data": {
        "event": "failed",
        "severity": "permanent",
        "reason": "suppress-unsubscribe",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "timestamp": 1763640000.25,
        "log-level": "error",
        "recipient": "jane.doe@example.com",
        "recipient-domain": "example.com",
        "tags": ["autumn-sale", "second"],
        "campaigns": [],
        "user-variables": {},
        "delivery-status": {
            "attempt-no": 1,
            "code": 605,
            "description": "Not delivering to a user who marked your messages as spam",
            "message": "",
            "session-seconds": 0,
        },
        "flags": {"is-test-mode": False, "is-routed": False},
        "message": {"headers": {"message-id": "20251120@example.com"}, "size": 111},
    },
}
POSTMARK = {
    "RecordType": "Delivery",
    "ServerID": 23,
    "MessageStream": "broadcast",
    "MessageID": "00000000-0000-0000-0000-000000000000",
    "Recipient": "jane.doe@example.com",
    "Tag": "autumn-sale",
    "DeliveredAt": "2025-11-20T07:00:00.2500000-05:00",
    "Details": "Test delivery webhook details",
    "Metadata": {"profile_id": "customer-7", "message_id": "hello"},
}
SPARKPOST = {
    "msys": {
        "track_event": {
            "type": "open",
            "campaign_id": "autumn-sale",
            "customer_id": "1",
            "event_id": "92356927693813856",
            "ip_address": "192.0.2.1",
            "message_id": "000443ee14578172be22",
            "rcpt_meta": {"profile_id": "customer-7"},
            "rcpt_tags": ["male", "US"],
            "rcpt_to": "jane.doe@example.com",
            "raw_rcpt_to": "Jane.Doe@example.com",
            "template_id": "hello",
            "timestamp": "1763640000",
            "transmission_id": "65832150921904138",
            "user_agent_parsed": {"agent_family": "Apple", "is_prefetched": True},
        }
    }
}
JANE = hashlib.sha256(b"jane.doe@example.com").hexdigest()[:32]
NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)
COMMON: Row = {
    "campaign_id": "autumn-sale",
    "message_id": "autumn-sale",
    "channel": "email",
    "profile_id": JANE,
    "domain": "example.com",
    "reason": None,
    "bounce_type": None,
    "is_async": None,
    "url": None,
    "is_test": False,
    "is_machine": None,
    "machine_reason": None,
    "status_code": None,
    "cause": None,
}
SAMPLES: dict[str, tuple[Row, list[Row]]] = {
    "sendgrid": (
        SENDGRID,
        [
            {
                "event_id": "sendgrid:NhUpY2xvZ2lj",
                "at": NOON,
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Invalid-Recipient",
                "status_code": "5.1.1",
                "is_async": False,
                "profile_id": "customer-7",
            }
        ],
    ),
    "ses": (
        SES,
        [
            {
                "at": NOON.replace(microsecond=85_000),
                "event_type": "click",
                "message_id": "hello",
                "url": "https://shop.example.com/",
            }
        ],
    ),
    "mailgun": (
        MAILGUN,
        [
            {
                "event_id": "mailgun:G9Bn5sl1TC6nu79C8C0bwg:1763640000.25",
                "at": NOON.replace(microsecond=250_000),
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "suppress-unsubscribe",
                "is_async": False,
            }
        ],
    ),
    "postmark": (
        POSTMARK,
        [
            {
                "at": NOON.replace(microsecond=250_000),
                "event_type": kind,
                "message_id": "hello",
                "profile_id": "customer-7",
            }
            for kind in ("sent", "delivered")
        ],
    ),
    "sparkpost": (
        SPARKPOST,
        [
            {
                "event_id": "sparkpost:92356927693813856",
                "at": NOON,
                "event_type": "open",
                "message_id": "hello",
                "profile_id": "customer-7",
                "is_machine": True,
                "machine_reason": "prefetch",
            }
        ],
    ),
}


@pytest.mark.parametrize("vendor", SAMPLES)
def test_each_vendors_documented_example_becomes_its_events(tmp_path: Path, vendor: str) -> None:
    raw, wanted = SAMPLES[vendor]
    path = tmp_path / "posted.json"
    path.write_text(json.dumps(raw, indent=2), encoding="utf-8")
    rows = staged(path)
    assert len(rows) == len(wanted)
    for got, event in zip(rows, wanted, strict=True):
        at = datetime.fromtimestamp(got["us"] / 1e6, UTC)
        for name, value in (COMMON | event).items():
            assert (at if name == "at" else got[name]) == value, name
    assert len({got["event_id"] for got in rows}) == len(rows)
    assert "jane" not in json.dumps(rows).lower(), "an address is not kept"


@pytest.mark.parametrize("vendor", ["ses", "postmark"])
def test_an_event_without_an_id_gets_the_same_id_in_every_envelope(
    tmp_path: Path, vendor: str
) -> None:
    raw = SAMPLES[vendor][0]
    carried = {"Type": "Notification", "MessageId": "x", "Message": json.dumps(raw)}
    lines = [raw, carried if vendor == "ses" else {"Bounces": [raw]}]
    (tmp_path / "a.ndjson").write_text("".join(json.dumps(r) + "\n" for r in lines), "utf-8")
    (tmp_path / "b.json").write_text(json.dumps([raw]), "utf-8")
    ids = [row["event_id"] for row in staged(tmp_path)]
    count = len(SAMPLES[vendor][1])
    assert len(ids) == 3 * count
    assert len(set(ids)) == count
    assert all(one.startswith(f"{vendor}:") for one in ids)


def test_files_of_all_vendors_can_share_a_folder(tmp_path: Path) -> None:
    for vendor, (raw, _) in SAMPLES.items():
        (tmp_path / f"{vendor}.json").write_text(json.dumps([raw]), encoding="utf-8")
    rows = staged(tmp_path)
    assert [row["cause"] for row in rows] == [None] * 6
    assert {row["campaign_id"] for row in rows} == {"autumn-sale"}


@pytest.mark.parametrize(
    ("vendor", "change", "cause"),
    [
        ("sendgrid", {"category": None}, "campaign is missing: no custom argument"),
        ("sendgrid", {"event": "jane.doe@example.com"}, "unknown event"),
        ("sendgrid", {"email": " ", "profile_id": None}, "recipient is missing"),
        ("postmark", {"Tag": ""}, "campaign is missing: no metadata"),
        ("postmark", {"DeliveredAt": "1795176000"}, None),
        ("postmark", {"DeliveredAt": "noon"}, NOT_A_TIME),
    ],
)
def test_a_row_is_rejected_with_its_cause(
    tmp_path: Path, vendor: str, change: Row, cause: str | None
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([SAMPLES[vendor][0] | change]), encoding="utf-8")
    for row in staged(path):
        assert row["cause"] == cause or str(row["cause"]).startswith(str(cause))
        assert "jane" not in str(row["cause"])
