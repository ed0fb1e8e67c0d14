"""What the door takes and what it refuses, request by request."""

from __future__ import annotations

import gzip
import json
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import door_signing as signing
import pytest
from door_process import BEARER, EVENTS, TOKEN, Running, event, refused_to_start, running

from campaign_live_widgets.app.cli.receive import receive
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.limits import Limits
from campaign_live_widgets.webhooks.run import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOGIN = "hook:pässword-of-the-tests"
ADDRESS = "jane.doe@example.com"
SENDGRID, OTHER, MAILGUN = signing.SendGrid(), signing.SendGrid(), signing.Mailgun()
SECRETS = EVENTS | {
    "CAMPAIGN_LIVE_SENDGRID_KEYS": f"{OTHER.public}, {SENDGRID.public}",
    "CAMPAIGN_LIVE_MAILGUN_KEYS": f"key-of-before,{MAILGUN.key}",
    "CAMPAIGN_LIVE_POSTMARK_LOGINS": f"old:login-of-before,{LOGIN}",
    "CAMPAIGN_LIVE_SPARKPOST_LOGINS": LOGIN,
}
LARGEST = 4096
STORED = {"stored": 1, "duplicates": 0, "rejected": 0, "ignored": 0}
NOTHING = {"stored": 0, "duplicates": 0, "rejected": 0, "ignored": 0}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, processes: None) -> Iterator[Running]:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("door")
    with running(folder, SECRETS, "--max-body", "4K") as it:
        yield it
        said = it.said()
        assert it.stop() == 0
    assert check(folder / "store").problems == []
    for secret in (TOKEN, LOGIN, "pässword", MAILGUN.key, SENDGRID.public, ADDRESS, "profile-of"):
        assert secret not in said


def sendgrid(key: str, **more: object) -> dict[str, Any]:
    return {
        "email": ADDRESS,
        "timestamp": 1763640000,
        "event": "processed",
        "category": "c1",
        "sg_event_id": key,
        "sg_message_id": f"of-{key}",
        **more,
    }


def mailgun(key: str) -> dict[str, Any]:
    return {
        "id": key,
        "timestamp": 1763640000.5,
        "event": "accepted",
        "log-level": "info",
        "recipient": ADDRESS,
        "tags": ["c1"],
    }


def postmark(key: str) -> dict[str, Any]:
    return {
        "RecordType": "Open",
        "ReceivedAt": "2026-11-23T10:00:00Z",
        "MessageID": key,
        "Recipient": ADDRESS,
        "Tag": "c1",
    }


def sparkpost(key: str) -> dict[str, Any]:
    return {
        "msys": {
            "message_event": {
                "type": "injection",
                "event_id": key,
                "timestamp": "1763640000",
                "rcpt_to": ADDRESS,
                "campaign_id": "c1",
            }
        }
    }


# ── each vendor's own way of showing who it is ───────────────────────────────────────────


def test_what_is_the_vendors_is_stored(door: Running) -> None:
    for path, (body, headers) in {
        "/sendgrid": SENDGRID.posted([sendgrid("a1")]),
        "/mailgun": MAILGUN.posted(mailgun("a1")),
        "/postmark": (json.dumps(postmark("a1")), signing.basic(LOGIN)),
        "/sparkpost": (json.dumps([sparkpost("a1")]), signing.basic(LOGIN)),
        "/events": (json.dumps(event("a1")), BEARER),
    }.items():
        got = door.ask(path, body, headers)
        assert (got.status, got.content) == (200, STORED), path


def test_another_key_than_the_first_counts_too(door: Running) -> None:
    assert door.ask("/sendgrid", *OTHER.posted([sendgrid("rotated")])).status == 200
    old = signing.basic("old:login-of-before")
    assert door.ask("/postmark", json.dumps(postmark("rotated")), old).status == 200


def test_an_event_that_comes_again_is_a_duplicate(door: Running) -> None:
    rows = [event("again"), event("again"), {"event_id": "again", "event_type": "sent"}]
    assert door.ask("/events", json.dumps(rows), BEARER).content == {
        **NOTHING,
        "stored": 1,
        "duplicates": 1,
        "rejected": 1,
    }
    assert door.ask("/events", json.dumps(rows[0]), BEARER).content["duplicates"] == 1


@pytest.mark.parametrize("header", ["Signature", "Timestamp"])
def test_sendgrid_without_a_header(door: Running, header: str) -> None:
    body, headers = SENDGRID.posted([sendgrid("b1")])
    del headers[f"X-Twilio-Email-Event-Webhook-{header}"]
    assert door.ask("/sendgrid", body, headers).status == 401


def test_sendgrid_altered(door: Running) -> None:
    body, headers = SENDGRID.posted([sendgrid("b2")])
    assert door.ask("/sendgrid", body.replace(b'"b2"', b'"b3"'), headers).status == 401
    later = headers | {"X-Twilio-Email-Event-Webhook-Timestamp": str(int(time.time()) + 1)}
    assert door.ask("/sendgrid", body, later).status == 401
    garbage = headers | {"X-Twilio-Email-Event-Webhook-Signature": "???"}
    assert door.ask("/sendgrid", body, garbage).status == 401
    stranger = signing.SendGrid().posted([sendgrid("b2")])
    assert door.ask("/sendgrid", *stranger).status == 401
    assert door.ask("/sendgrid", body, headers).status == 200


@pytest.mark.parametrize("apart", [-310, 310])
def test_too_far_from_now(door: Running, apart: float) -> None:
    at = time.time() + apart
    assert door.ask("/sendgrid", *SENDGRID.posted([sendgrid("c1")], at)).status == 401
    assert door.ask("/mailgun", *MAILGUN.posted(mailgun("c1"), at)).status == 401


def test_not_so_far_from_now(door: Running) -> None:
    at = time.time() - 200
    assert door.ask("/sendgrid", *SENDGRID.posted([sendgrid("c2")], at)).status == 200
    assert door.ask("/mailgun", *MAILGUN.posted(mailgun("c2"), at)).status == 200


def test_the_same_request_again(door: Running) -> None:
    request = SENDGRID.posted([sendgrid("d1")])
    assert door.ask("/sendgrid", *request).status == 200
    assert door.ask("/sendgrid", *request).status == 409
    request = MAILGUN.posted(mailgun("d1"))
    assert door.ask("/mailgun", *request).status == 200
    assert door.ask("/mailgun", *request).status == 406  # it does not try again


def test_the_other_signature_of_the_same(door: Running) -> None:
    """Of each signature by ECDSA there are two; whoever has one can make the other."""
    import base64  # noqa: PLC0415

    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415
        decode_dss_signature,
        encode_dss_signature,
    )

    body, headers = SENDGRID.posted([sendgrid("d2")])
    name = "X-Twilio-Email-Event-Webhook-Signature"
    r, s = decode_dss_signature(base64.b64decode(headers[name]))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    twin = base64.b64encode(encode_dss_signature(r, order - s)).decode()
    assert door.ask("/sendgrid", body, headers).status == 200
    assert door.ask("/sendgrid", body, headers | {name: twin}).status == 409


def test_a_token_of_mailguns_with_another_event(door: Running) -> None:
    """Its signature does not cover the event."""
    body, headers = MAILGUN.posted(mailgun("d3"))
    assert door.ask("/mailgun", body, headers).status == 200
    assert door.ask("/mailgun", body.replace(b'"d3"', b'"d4"'), headers).status == 406


def test_mailgun_unsigned(door: Running) -> None:
    stranger = signing.Mailgun()
    for body in (
        stranger.posted(mailgun("e1"))[0],
        MAILGUN.posted(mailgun("e1"), signature="0" * 64)[0],
        MAILGUN.posted(mailgun("e1"), signature="é")[0],
        MAILGUN.posted(mailgun("e1"), token="\ud800")[0],  # noqa: S106 - a token of its signature
        MAILGUN.posted(mailgun("e1"), timestamp=None)[0],
        json.dumps({"event-data": mailgun("e1")}).encode(),
        json.dumps({"signature": "x", "event-data": mailgun("e1")}).encode(),
    ):
        assert door.ask("/mailgun", body, signing.JSON).status == 401, body


def test_mailgun_takes_what_stands_where_it_should(door: Running) -> None:
    body, headers = MAILGUN.posted(mailgun("e2"))
    more = json.loads(body) | {"items": [mailgun("e3"), mailgun("e4")]}
    assert door.ask("/mailgun", json.dumps(more), headers).content == STORED


@pytest.mark.parametrize("path", ["/postmark", "/sparkpost", "/events"])
@pytest.mark.parametrize(
    "shown",
    ["", "Basic", "Basic ???", "Bearer é", "Bearer ", "Basic aG9vazp3cm9uZw==", "Digest x"],
)
def test_a_wrong_password(door: Running, path: str, shown: str) -> None:
    headers = signing.JSON | {"Authorization": shown.encode("latin-1")}
    got = door.ask(path, b"[]", headers)
    assert got.status == 401
    assert got.headers["WWW-Authenticate"].startswith(("Basic", "Bearer"))


# ── what a body may be ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[", b'"text"', b"7", b"[NaN]", b"\xff\xfe", b"[" * 100_000, b"[1, null]"],
)
def test_no_json_of_events(door: Running, body: bytes) -> None:
    got = door.ask("/events", body[:LARGEST], BEARER)
    assert got.status == 400
    assert list(got.content) == ["error"]


@pytest.mark.parametrize("path", ["/sendgrid", "/sparkpost", "/postmark", "/mailgun", "/events"])
def test_nothing_in_it_is_the_vendors(door: Running, path: str) -> None:
    foreign = {"hello": "world", "email": ADDRESS}
    request = {
        "/sendgrid": SENDGRID.posted([foreign]),
        "/mailgun": MAILGUN.posted(foreign),
        "/events": (json.dumps([foreign]), BEARER),
    }.get(path, (json.dumps(foreign), signing.basic(LOGIN)))
    before = door.metrics().get("campaign_live_receive_commit_seconds_count")
    assert door.ask(path, *request).status == 400
    assert door.metrics().get("campaign_live_receive_commit_seconds_count") == before


def test_rows_that_are_rejected_are_taken_and_told(door: Running) -> None:
    rows = [sendgrid("f1"), sendgrid("f2", category=None), {"nothing": "of it"}]
    got = door.ask("/sendgrid", *SENDGRID.posted(rows))
    assert (got.status, got.content) == (200, {**NOTHING, "stored": 1, "rejected": 2})


def test_what_vendors_post_to_see_whether_somebody_is_there(door: Running) -> None:
    login = signing.basic(LOGIN)
    assert door.ask("/sparkpost", b'[{"msys": {}}]', login).content == NOTHING
    assert door.ask("/sendgrid", *SENDGRID.posted([])).content == NOTHING


def test_lines(door: Running) -> None:
    text = f"{json.dumps(event('g1'))}\n\nnot json\r\n{json.dumps(event('g2'))}"
    headers = BEARER | {"Content-Type": "application/x-ndjson; charset=utf-8"}
    got = door.ask("/events", text.encode(), headers)
    assert got.content == {**NOTHING, "stored": 2, "rejected": 1}
    login = signing.basic(LOGIN)
    assert door.ask("/sparkpost", text.encode(), login).status == 400


def test_gzip(door: Running) -> None:
    packed = BEARER | {"Content-Encoding": "gzip"}
    body = gzip.compress(json.dumps([event("h1")]).encode())
    assert door.ask("/events", body, packed).content == STORED
    for bad in (body[:-4], body + b"more", b"no gzip", b""):
        assert door.ask("/events", bad, packed).status == 400
    bomb = gzip.compress(b" " * 1_000_000 + b"[]")
    assert len(bomb) < LARGEST
    assert door.ask("/events", bomb, packed).status == 413
    assert door.ask("/events", body, BEARER | {"Content-Encoding": "br"}).status == 415
    login = signing.basic(LOGIN) | {"Content-Encoding": "gzip"}
    assert door.ask("/postmark", body, login).status == 415


def test_oversized_by_its_header_alone(door: Running) -> None:
    """The answer comes before a byte of the body is sent."""
    for length in (LARGEST + 1, 10**15, 10**40):
        with socket.create_connection(("127.0.0.1", door.port), timeout=120) as wire:
            wire.sendall(
                f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Length: {length}\r\n\r\n".encode()
            )
            assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_oversized_without_a_length(door: Running) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1000

    # what is under way is read for a while, so that the answer arrives
    assert door.ask("/events", (b" " * 500 for _ in range(12)), BEARER).status == 413
    with suppress(ConnectionError):
        assert door.ask("/events", parts(), BEARER).status == 413
    assert door.metrics()["campaign_live_receive_pending_bytes"] == 0


def test_just_so_large(door: Running) -> None:
    body = json.dumps([event("i1")]).encode()
    body += b" " * (LARGEST - len(body))
    assert door.ask("/events", body, BEARER).status == 200
    assert door.ask("/events", iter([body[:100], body[100:]]), BEARER).status == 200


def test_a_client_that_asks_before_it_sends(door: Running) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=120) as wire:
        wire.sendall(
            b"POST /events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 10\r\n\r\n"
        )
        said = b""
        while part := wire.recv(1000):
            said += part
    assert said.startswith(b"HTTP/1.1 401 ")
    assert b"100" not in said.split(b"\r\n")[0]
    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_other_methods(door: Running, method: str) -> None:
    got = door.ask("/events", b"[]" if method == "PUT" else None, BEARER, method)
    assert (got.status, got.headers["Allow"]) == (405, "POST")


def test_what_is_no_method_or_no_request(door: Running) -> None:
    assert door.ask("/events", None, BEARER, "BREW").status == 405
    with socket.create_connection(("127.0.0.1", door.port), timeout=120) as wire:
        wire.sendall(b"\x16\x03\x01\x02\x00 no http at all\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_content_type_that_is_not_json(door: Running) -> None:
    form = BEARER | {"Content-Type": "application/x-www-form-urlencoded"}
    assert door.ask("/events", b"a=b", form).status == 400
    del form["Content-Type"]
    assert door.ask("/events", json.dumps(event("j1")), form).status == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/events/more", "/EVENTS", "/../etc/passwd"])
def test_no_such_route(door: Running, path: str) -> None:
    assert door.ask(path, b"[]", BEARER).status == 404


def test_a_route_that_is_closed_names_its_variable(door: Running) -> None:
    got = door.ask("/ses", b"{}")
    assert got.status == 404
    assert "CAMPAIGN_LIVE_SES_TOPICS" in got.content["error"]


def test_connections_are_kept(door: Running) -> None:
    connection = door.connection()
    for number in range(3):
        connection.request("POST", "/events", json.dumps(event(f"k{number}")), BEARER)
        response = connection.getresponse()
        assert (response.status, response.getheader("Connection")) == (200, None)
        response.read()
    connection.close()


# ── what it tells of itself ──────────────────────────────────────────────────────────────


def test_the_pages(door: Running) -> None:
    assert door.get("/health").status == 200
    assert door.get("/ready").content == {"ready": True}
    assert door.ask("/health", b"x").status == 400
    before = door.metrics()
    door.ask("/events", json.dumps([event("l1"), event("l1"), {"event_type": "x"}]), BEARER)
    door.ask("/events", b"[]", {"Authorization": "Bearer wrong"})
    after = door.metrics()
    name = "campaign_live_receive_{}"

    def more(what: str) -> float:
        return after[name.format(what)] - before.get(name.format(what), 0.0)

    assert more('events_total{outcome="stored",route="events"}') == 1
    assert more('events_total{outcome="duplicates",route="events"}') == 1
    assert more('requests_total{route="events",status="200"}') == 1
    assert more('requests_total{route="events",status="401"}') == 1
    assert more('refused_total{reason="unproven",route="events"}') == 1
    assert more("commit_seconds_count") == 1
    assert after[name.format("pending_requests")] == after[name.format("pending_bytes")] == 0
    assert after[name.format("newest_event_timestamp_seconds")] == 1795428000.0
    assert after["process_resident_memory_bytes"] > 0


def test_it_says_which_routes_are_open(door: Running) -> None:
    lines = door.err.read_text().splitlines()[: len(SECRETS)]
    assert sorted(line.split()[1] for line in lines) == [
        "/events",
        "/mailgun",
        "/postmark",
        "/sendgrid",
        "/sparkpost",
    ]
    assert door.out.read_text() == f"http://127.0.0.1:{door.port}\n"


# ── what it does not start with ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("secrets", "word"),
    [
        ({}, "CAMPAIGN_LIVE_SENDGRID_KEYS"),
        ({"CAMPAIGN_LIVE_SENDGRID_KEYS": " , "}, "no route is open"),
        ({"CAMPAIGN_LIVE_SENDGRID_KEYS": "bm8ga2V5"}, "CAMPAIGN_LIVE_SENDGRID_KEYS: cannot"),
        ({"CAMPAIGN_LIVE_POSTMARK_LOGINS": "nopassword"}, "user:password"),
        ({"CAMPAIGN_LIVE_SPARKPOST_LOGINS": "a:b,user:"}, "user:password"),
        ({"CAMPAIGN_LIVE_SES_TOPICS": "events"}, "ARN"),
    ],
)
def test_secrets_that_are_none(secrets: dict[str, str], word: str) -> None:
    with pytest.raises(UsageError) as refused:
        opened(secrets, Limits(), time.time)
    line = str(refused.value)
    assert word in line
    for value in secrets.values():
        assert value in (" , ", "events") or value not in line


def test_the_options_say_what_the_limits_are() -> None:
    by_name = {option.name: option for option in receive.params}
    limits = Limits()
    for name, value in (
        ("max_body", limits.body),
        ("max_pending", limits.pending),
        ("max_pending_bytes", limits.pending_bytes),
        ("max_connections", limits.connections),
        ("tolerance", limits.tolerance),
        ("sns_tolerance", limits.sns_tolerance),
        ("patience", limits.patience),
    ):
        option = by_name[name]
        assert option.type.convert(option.default, option, None) == value, name


@pytest.mark.usefixtures("processes")
def test_no_route(tmp_path: Path) -> None:
    line = refused_to_start(tmp_path, {})
    assert "no route is open: set at least one of the variables CAMPAIGN_LIVE_" in line
    assert not (tmp_path / "store").exists()


def test_a_port_that_is_taken(door: Running, tmp_path: Path) -> None:
    line = refused_to_start(tmp_path, EVENTS, "--port", str(door.port))
    assert f"--port {door.port}: cannot be listened on" in line
