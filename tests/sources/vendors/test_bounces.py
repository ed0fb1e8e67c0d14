"""Replies of mail servers: what they say, by code and by words."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

import campaign_live_widgets.catalog as catalogue
from campaign_live_widgets.sources.formats import bounce_reasons as bounces

REPLIES = [
    # status, reply, reason, type where the vendor is silent
    (None, "550 5.1.1 <a@example.com>: Recipient address rejected", "Invalid-Recipient", "hard"),
    ("5.1.1", None, "Invalid-Recipient", "hard"),
    (None, "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", "DNS-Failure", "hard"),
    (None, "550 No such user here", "Invalid-Recipient", "hard"),
    (None, "550 The account you tried to reach is disabled", "Invalid-Recipient", "hard"),
    (None, "550 5.4.1 Recipient address rejected: Access denied", "Timeout", "soft"),
    ("5.2.2", "552 5.2.2 Mailbox full", "Mailbox-Full", "soft"),
    (None, "452 4.2.2 The email account is over quota", "Mailbox-Full", "soft"),
    (None, "552 Requested mail action aborted", "Mailbox-Full", "soft"),
    (None, "552 5.3.4 Message size exceeds fixed limit", "Too-Large", "soft"),
    (None, "message too large", "Too-Large", "soft"),
    (None, "554 5.7.1 Service unavailable; blocked using bl.example.net", "Spam-Block", "hard"),
    (None, "550 5.7.1 Message contains spam or virus", "Prohibited-Attachment", "hard"),
    (None, "550 5.7.1 This message looks like spam", "Spam-Content", "hard"),
    (None, "554 5.7.1 <a@example.com>: Relay access denied", "Relaying-Denied", "hard"),
    (None, "550 5.7.26 fails DMARC evaluation", "Mail-Block", "hard"),
    (None, "550 5.7.509 Access denied", "Mail-Block", "hard"),
    (None, "451 4.7.1 Greylisting in action, please come back later", "Transient-Failure", "soft"),
    (None, "421 4.7.0 Too many connections", "Transient-Failure", "soft"),
    (None, "450 later", "Transient-Failure", "soft"),
    (None, "554 5.4.7 [internal] message timeout", "Timeout", "soft"),
    (None, "550 5.4.4 unrouteable", "DNS-Failure", "hard"),
    (None, "No MX for nomx.example.com", "DNS-Failure", "hard"),
    (None, "550 5.6.1 media not supported", "Prohibited-Attachment", "hard"),
    (None, "501 5.5.4 bad sequence", "Admin-Failure", "hard"),
    (None, "Out of office: back in May", "Auto-Reply", "ignored"),
    (None, "Automatic reply: I am away", "Auto-Reply", "ignored"),
    ("5.0.0", "we shall not", "Generic-Bounce", "hard"),
    ("4.0.0", "we shall not now", "Soft-Bounce", "soft"),
    (None, "554 no", "Generic-Bounce", "hard"),
    (None, "something", "Undetermined", None),
    (None, None, "Undetermined", None),
    # numbers that are no codes
    (None, "see 5.7.1.2 for why", "Undetermined", None),
    (None, "connection to 192.5.1.1 lost", "Undetermined", None),
    (None, "5.1.1. Gone.", "Invalid-Recipient", "hard"),
    (None, "code=5.2.2;", "Mailbox-Full", "soft"),
    ("nonsense", "4.4.2", "Transient-Failure", "soft"),
    (None, "2550 messages", "Undetermined", None),
]


@pytest.mark.parametrize(("status", "reply", "reason", "kind"), REPLIES)
def test_a_reply_of_a_mail_server_has_one_reason_and_bounce_type(
    status: str | None, reply: str | None, reason: str, kind: str | None
) -> None:
    expression = bounces.reason("status", "reply")
    sql = f"SELECT {expression}, {bounces.bounce_type(expression, 'status', 'reply')} FROM replies"
    con = duckdb.connect()
    con.execute("CREATE TABLE replies AS SELECT ?::VARCHAR AS status, ?::VARCHAR AS reply", [
        status, reply,
    ])  # fmt: skip
    assert con.execute(sql).fetchone() == (reason, kind)


def test_every_reason_is_in_the_catalogue() -> None:
    path = Path(catalogue.__file__).with_name("reasons.csv")
    with path.open(encoding="utf-8") as file:
        known = {row["code"] for row in csv.DictReader(file) if row["kind"] == "bounce"}
    assert {reason for _, _, reason, _ in REPLIES} <= known
    used = {*bounces._BY_CODE, *bounces._BY_BASIC_CODE, *(name for name, _ in bounces._BY_WORDS)}
    assert used <= known
