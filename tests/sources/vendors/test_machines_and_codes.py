"""Who opened and clicked, and what servers replied, from a row of a sender to the report's tiles.

Typed by hand, in the form that each sender documents: nothing here uses the package.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.support.cli import call
from tests.support.events.staged import staged

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

SECONDS: Final = 1763640000
SEEN: Final = "2025-11-20T12:00:00.000Z"
ADDRESS: Final = "jane.doe@Example.com"
URL: Final = "https://Shop.example.com/sale/?u=jane.doe%40example.com&t=9f8e7d6c#top"
LINK: Final = "shop.example.com/sale"
UNKNOWN_USER: Final = "550 5.1.1 <jane.doe@example.com>: Recipient address rejected: User unknown"


class Case(NamedTuple):
    """A raw row, and what its open, click, bounce or delay shows."""

    raw: Row
    is_machine: bool | None = None
    machine_reason: str | None = None
    url: str | None = None
    status_code: str | None = None
    domain: str | None = "example.com"


FAILURE: Final = ("bounce", "delay")
JUDGED: Final = ("open", "click", *FAILURE)


def _ajo(context: Row, **parts: Row) -> Row:
    message = {
        "messageExecution": {"campaignID": "sale", "messageID": "hello"},
        "messageProfile": {"channel": {"_id": "https://ns.adobe.com/xdm/channels/email"}},
        "emailChannelContext": context,
        **parts,
    }
    return {
        "timestamp": SEEN,
        "identityMap": {"ECID": [{"id": "1", "primary": True}]},
        "_experience": {"customerJourneyManagement": message},
    }


def _ajo_seen(kind: str, **more: object) -> Row:
    return _ajo({"address": ADDRESS}, messageInteraction={"interactionType": kind, **more})


def _ajo_failed(status: str, code: object, **more: object) -> Row:
    failure = {"code": code, "reason": "Mailbox-Full", "type": "soft", "category": "sync", **more}
    feedback = {"feedbackStatus": status, "messageFailure": failure}
    return _ajo({"domain": "Example.com"}, messageDeliveryfeedback=feedback)


def _sendgrid(kind: str, **more: object) -> Row:
    return {
        "email": ADDRESS,
        "timestamp": SECONDS,
        "event": kind,
        "category": ["sale"],
        "sg_message_id": "14c5d75ce93.dfd.64b469.recvd-5",
        **more,
    }


def _ses(kind: str, part: str, **more: object) -> Row:
    tags = {"campaign_id": ["sale"]}
    mail = {"messageId": "7c191be45", "timestamp": SEEN, "destination": [ADDRESS], "tags": tags}
    return {"eventType": kind, "mail": mail, part: {"timestamp": SEEN, **more}}


def _bounced(**status: object) -> Row:
    people = [{"emailAddress": ADDRESS, "action": "failed", **status}]
    return _ses(
        *("Bounce", "bounce"),
        bounceType="Permanent",
        bounceSubType="General",
        bouncedRecipients=people,
        reportingMTA="dsn; a8-70.smtp-out.amazonses.com",
    )


def _mailgun(kind: str, **more: object) -> Row:
    event = {
        "event": kind,
        "timestamp": SECONDS + 0.25,
        "log-level": "info",
        "recipient": ADDRESS,
        "tags": ["sale"],
        "flags": {"is-test-mode": False},
        "message": {"headers": {"message-id": "20251120@example.com"}},
        **more,
    }
    return {
        "signature": {"timestamp": "1", "token": "c41a", "signature": "9f"},
        "event-data": event,
    }


def _postmark(kind: str, **more: object) -> Row:
    who = {"Email": ADDRESS} if kind == "Bounce" else {"Recipient": ADDRESS}
    at = {"BouncedAt": SEEN} if kind == "Bounce" else {"ReceivedAt": SEEN}
    return {"RecordType": kind, "MessageID": "0000-1", "Tag": "sale", **who, **at, **more}


def _sparkpost(kind: str, **more: object) -> Row:
    event = {
        "type": kind,
        "campaign_id": "sale",
        "message_id": "000443ee14578172be22",
        "rcpt_to": ADDRESS,
        "template_id": "hello",
        "timestamp": str(SECONDS),
        **more,
    }
    group = "message_event" if kind in ("bounce", "delay", "out_of_band") else "track_event"
    return {"msys": {group: event}}


def _by(reason: str) -> Row:
    return {"is_machine": True, "machine_reason": reason}


def _parsed(prefetched: str) -> Row:
    parsed = {"agent_family": "Apple Mail", "is_prefetched": json.loads(prefetched)}
    return {"user_agent_parsed": parsed}


CASES: Final[dict[str, list[Case]]] = {
    "ajo": [
        Case(_ajo_seen("open")),
        Case(_ajo_seen("open", isBot=None)),
        Case(_ajo_seen("open", isBot=False), is_machine=False),
        Case(_ajo_seen("open", isBot=True), **_by("vendor_flag")),
        Case(_ajo_seen("bot_open"), **_by("vendor_event")),
        Case(_ajo_seen("click", url=URL), url=URL),
        Case(_ajo_seen("click", url=URL, isBot=False), is_machine=False, url=URL),
        Case(_ajo_seen("click", url=URL, isBot=True), **_by("vendor_flag"), url=URL),
        Case(_ajo_seen("bot_click", url=URL, isBot=False), **_by("vendor_event"), url=URL),
        Case(_ajo_failed("bounce", "5.1.1"), status_code="5.1.1"),
        Case(_ajo_failed("bounce", "550"), status_code="550"),
        Case(_ajo_failed("bounce", 452), status_code="452"),
        Case(_ajo_failed("bounce", "Mailbox full: jane.doe@example.com")),
        Case(_ajo_failed("bounce", "20")),
        Case(_ajo_failed("denylist", None)),
        Case(_ajo_failed("out_of_band", "5.7.26"), status_code="5.7.26"),
        Case(_ajo_failed("delay", "4.2.1"), status_code="4.2.1"),
    ],
    "sendgrid": [
        Case(_sendgrid("open")),
        Case(_sendgrid("open", sg_machine_open=False), is_machine=False),
        Case(_sendgrid("open", sg_machine_open=True), **_by("apple_privacy")),
        Case(_sendgrid("click", url=URL), url=URL),
        Case(_sendgrid("click", url=URL, sg_machine_open=True), url=URL),
        Case(_sendgrid("bounce", status="5.1.1", reason="unknown user"), status_code="5.1.1"),
        Case(_sendgrid("bounce", reason=UNKNOWN_USER), status_code="5.1.1"),
        Case(_sendgrid("bounce", reason="550 no such user"), status_code="550"),
        Case(_sendgrid("bounce", reason="unable to get mx info: jane.doe@example.com")),
        Case(_sendgrid("deferred", response="421 4.7.28 slow"), status_code="4.7.28"),
        Case(_sendgrid("deferred", response="451 try again later"), status_code="451"),
    ],
    "ses": [
        Case(_ses("Open", "open", ipAddress="192.0.2.1", userAgent="GoogleImageProxy")),
        Case(_ses("Click", "click", link=URL, userAgent="bot"), url=URL),
        Case(_bounced(status="5.1.1", diagnosticCode="smtp; 550 no"), status_code="5.1.1"),
        Case(_bounced(diagnosticCode=f"smtp; {UNKNOWN_USER}"), status_code="5.1.1"),
        Case(_bounced(diagnosticCode="smtp; 554 refused"), status_code="554"),
        Case(_bounced()),
        Case(
            _ses(
                *("DeliveryDelay", "deliveryDelay"),
                delayType="TransientCommunicationFailure",
                delayedRecipients=[{"emailAddress": ADDRESS, "status": "4.4.1"}],
            ),
            status_code="4.4.1",
        ),
    ],
    "mailgun": [
        Case(_mailgun("opened")),
        Case(_mailgun("opened", **{"client-info": {"client-name": "Chrome"}})),
        Case(_mailgun("opened", **{"client-info": {"bot": ""}}), is_machine=False),
        Case(_mailgun("opened", **{"client-info": {"bot": "apple"}}), **_by("apple_privacy")),
        Case(_mailgun("opened", **{"client-info": {"bot": "gmail"}}), **_by("prefetch")),
        Case(_mailgun("clicked", url=URL), url=URL),
        Case(
            _mailgun("clicked", url=URL, **{"client-info": {"bot": ""}}), is_machine=False, url=URL
        ),
        Case(
            _mailgun("clicked", url=URL, **{"client-info": {"bot": "generic"}}),
            **_by("vendor_flag"),
            url=URL,
        ),
        Case(
            _mailgun(
                "failed",
                severity="permanent",
                reason="bounce",
                **{"delivery-status": {"code": 550, "message": "5.1.1 user unknown"}},
            ),
            status_code="5.1.1",
        ),
        Case(
            _mailgun(
                "failed",
                severity="permanent",
                reason="bounce",
                **{"delivery-status": {"code": 550, "bounce-code": "5.7.1", "message": "no"}},
            ),
            status_code="5.7.1",
        ),
        Case(
            _mailgun(
                "failed",
                severity="temporary",
                reason="generic",
                **{"delivery-status": {"code": 452, "message": "try again", "attempt-no": 2}},
            ),
            status_code="452",
        ),
        Case(
            _mailgun(
                "failed",
                severity="permanent",
                reason="suppress-bounce",
                **{
                    "delivery-status": {"code": 605, "description": "Not delivering", "message": ""}
                },
            ),
        ),
    ],
    "postmark": [
        Case(_postmark("Open", FirstOpen=True, UserAgent="GoogleImageProxy")),
        Case(_postmark("Click", OriginalLink=URL, UserAgent="bot"), url=URL),
        Case(
            _postmark("Bounce", ID=1, Type="HardBounce", Details=f"smtp;{UNKNOWN_USER}"),
            status_code="5.1.1",
        ),
        Case(_postmark("Bounce", ID=2, Type="Blocked", Details="smtp;554 no"), status_code="554"),
        Case(_postmark("Bounce", ID=3, Type="HardBounce", Details="test bounce details")),
        Case(
            _postmark("Bounce", ID=4, Type="Transient", Details="action: delayed 4.4.7 expired"),
            status_code="4.4.7",
        ),
    ],
    "sparkpost": [
        Case(_sparkpost("open", event_id="1")),
        Case(_sparkpost("open", event_id="2", **_parsed("null"))),
        Case(_sparkpost("open", event_id="3", **_parsed("false")), is_machine=False),
        Case(_sparkpost("amp_open", event_id="4", **_parsed("true")), **_by("prefetch")),
        Case(_sparkpost("click", event_id="5", target_link_url=URL), url=URL),
        Case(_sparkpost("click", event_id="51", target_link_url=URL, **_parsed("true")), url=URL),
        Case(_sparkpost("click", event_id="52", target_link_url=URL, **_parsed("false")), url=URL),
        Case(
            _sparkpost("bounce", event_id="6", bounce_class="10", raw_reason=UNKNOWN_USER),
            status_code="5.1.1",
        ),
        Case(
            _sparkpost("bounce", event_id="7", bounce_class="10", error_code="550", reason="no"),
            status_code="550",
        ),
        Case(_sparkpost("out_of_band", event_id="8", bounce_class="1", raw_reason="no route")),
        Case(
            _sparkpost("delay", event_id="9", error_code="421", raw_reason="421 4.7.0 too many"),
            status_code="4.7.0",
        ),
    ],
}
"""Form → rows, in each of which a different field decides."""


def write(folder: Path, form: str) -> Path:
    """Write the rows of a form, each as a separate event."""
    path = folder / f"{form}.ndjson"
    rows = []
    for number, case in enumerate(CASES[form]):
        raw = dict(case.raw)
        if form == "ajo":
            raw["_id"] = f"x{number}"
        elif form == "sendgrid":
            raw["sg_event_id"] = f"x{number}"
        elif form == "mailgun":
            raw["event-data"] = raw["event-data"] | {"id": f"x{number}"}
        elif form in ("ses", "postmark"):  # without an id: two rows differ in their message
            raw = json.loads(json.dumps(raw).replace("7c191be45", f"m{number}"))
            raw = raw | {"MessageID": f"m{number}"} if form == "postmark" else raw
        rows.append(json.dumps(raw) + "\n")
    path.write_text("".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", CASES)
def test_each_row_shows_who_it_was_and_what_the_server_replied(tmp_path: Path, form: str) -> None:
    judged = [row for row in staged(write(tmp_path, form)) if row["event_type"] in JUDGED]
    names = Case._fields[1:]
    assert [{name: row[name] for name in names} for row in judged] == [
        {name: getattr(case, name) for name in names} for case in CASES[form]
    ]
    assert {row["cause"] for row in judged} == {None}


@pytest.mark.parametrize("form", CASES)
def test_tiles_count_what_the_rows_show(tmp_path: Path, form: str) -> None:
    source = str(write(tmp_path, form))
    types = [row["event_type"] for row in staged(source) if row["event_type"] in JUDGED]
    at = ("--campaign", "sale", "--at", "2025-11-20T12:30:00Z")
    run = call("report", source, *at, "--format", "json")
    assert run.code == 0, run.err
    tiles = json.loads(run.out)["widgets"]
    machines: Counter[tuple[str, str]] = Counter()
    links: Counter[str] = Counter()
    codes: Counter[tuple[str, str]] = Counter()
    for case, kind in zip(CASES[form], types, strict=True):
        if case.is_machine:
            machines[case.machine_reason or "unknown", kind] += 1
        if kind == "click":
            assert case.url == URL
            links["clicks"] += 1
            links["machine_clicks"] += bool(case.is_machine)
        if kind in FAILURE:
            codes[case.status_code or "unknown", kind] += 1
    assert _sums(tiles["email.machine_reasons"], "machine_reason", "opens", "clicks") == {
        name: (machines[name, "open"], machines[name, "click"]) for name, _ in machines
    }
    assert _sums(tiles["email.links"], "link", "clicks", "machine_clicks") == {
        LINK: (links["clicks"], links["machine_clicks"])
    }
    assert _sums(tiles["deliverability.bounce_codes"], "status_code", "bounces", "retries") == {
        name: (codes[name, "bounce"], codes[name, "delay"]) for name, _ in codes
    }
    assert "jane" not in run.out
    assert "9f8e7d6c" not in run.out


def _sums(tile: Row, by: str, *metrics: str) -> dict[str, tuple[int, ...]]:
    """Return the sums of metrics of a tile by a column."""
    sums: dict[str, tuple[int, ...]] = {}
    for values in tile["rows"]:
        row = dict(zip(tile["columns"], values, strict=True))
        sums[row[by]] = tuple(
            before + row[metric]
            for before, metric in zip(sums.get(row[by], (0,) * len(metrics)), metrics, strict=True)
        )
    return sums
