"""Requests that the receiver accepts, and those that it rejects."""

from __future__ import annotations

import gzip
import hmac
import json
import socket
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.cli.receive import receive
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.limits import Limits
from campaign_live_widgets.webhooks.run import open_routes
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import (
    BEARER,
    EVENTS,
    TOKEN,
    Running,
    event,
    running,
    usage_error,
)

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
def receiver(tmp_path_factory: pytest.TempPathFactory, processes: None) -> Iterator[Running]:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("receiver")
    with running(folder, SECRETS, "--max-body", "4K") as it:
        yield it
        output = it.output()
        assert it.stop() == 0
    assert check(folder / "store").problems == []
    for secret in (TOKEN, LOGIN, "pässword", MAILGUN.key, SENDGRID.public, ADDRESS, "profile-of"):
        assert secret not in output


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


def test_every_route_stores_an_event(receiver: Running) -> None:
    for path, (body, headers) in {
        "/sendgrid": SENDGRID.posted([sendgrid("a1")]),
        "/mailgun": MAILGUN.posted(mailgun("a1")),
        "/postmark": (json.dumps(postmark("a1")), signing.basic(LOGIN)),
        "/sparkpost": (json.dumps([sparkpost("a1")]), signing.basic(LOGIN)),
        "/events": (json.dumps(event("a1")), BEARER),
    }.items():
        got = receiver.ask(path, body, headers)
        assert (got.status, got.content) == (200, STORED), path


def test_the_second_secret_of_a_route_is_accepted(receiver: Running) -> None:
    assert receiver.ask("/sendgrid", *OTHER.posted([sendgrid("rotated")])).status == 200
    old = signing.basic("old:login-of-before")
    assert receiver.ask("/postmark", json.dumps(postmark("rotated")), old).status == 200


def test_repeated_event_is_a_duplicate(receiver: Running) -> None:
    rows = [event("again"), event("again"), {"event_id": "again", "event_type": "sent"}]
    assert receiver.ask("/events", json.dumps(rows), BEARER).content == {
        **NOTHING,
        "stored": 1,
        "duplicates": 1,
        "rejected": 1,
    }
    assert receiver.ask("/events", json.dumps(rows[0]), BEARER).content["duplicates"] == 1


@pytest.mark.parametrize("header", ["Signature", "Timestamp"])
def test_sendgrid_without_a_signature_header_gets_401(receiver: Running, header: str) -> None:
    body, headers = SENDGRID.posted([sendgrid("b1")])
    del headers[f"X-Twilio-Email-Event-Webhook-{header}"]
    assert receiver.ask("/sendgrid", body, headers).status == 401


def test_altered_sendgrid_request_gets_401(receiver: Running) -> None:
    body, headers = SENDGRID.posted([sendgrid("b2")])
    assert receiver.ask("/sendgrid", body.replace(b'"b2"', b'"b3"'), headers).status == 401
    later = headers | {"X-Twilio-Email-Event-Webhook-Timestamp": str(int(time.time()) + 1)}
    assert receiver.ask("/sendgrid", body, later).status == 401
    garbage = headers | {"X-Twilio-Email-Event-Webhook-Signature": "???"}
    assert receiver.ask("/sendgrid", body, garbage).status == 401
    stranger = signing.SendGrid().posted([sendgrid("b2")])
    assert receiver.ask("/sendgrid", *stranger).status == 401
    assert receiver.ask("/sendgrid", body, headers).status == 200


@pytest.mark.parametrize("apart", [-310, 310])
def test_signed_time_outside_the_tolerance_gets_401(receiver: Running, apart: float) -> None:
    at = time.time() + apart
    assert receiver.ask("/sendgrid", *SENDGRID.posted([sendgrid("c1")], at)).status == 401
    assert receiver.ask("/mailgun", *MAILGUN.posted(mailgun("c1"), at)).status == 401


def test_signed_time_within_the_tolerance_is_accepted(receiver: Running) -> None:
    at = time.time() - 200
    assert receiver.ask("/sendgrid", *SENDGRID.posted([sendgrid("c2")], at)).status == 200
    assert receiver.ask("/mailgun", *MAILGUN.posted(mailgun("c2"), at)).status == 200


def test_replayed_request_is_rejected(receiver: Running) -> None:
    request = SENDGRID.posted([sendgrid("d1")])
    assert receiver.ask("/sendgrid", *request).status == 200
    assert receiver.ask("/sendgrid", *request).status == 409
    request = MAILGUN.posted(mailgun("d1"))
    assert receiver.ask("/mailgun", *request).status == 200
    assert receiver.ask("/mailgun", *request).status == 406  # it does not try again


def test_replay_with_the_second_valid_ecdsa_signature_is_rejected(receiver: Running) -> None:
    """Each ECDSA signature has a second valid form, which can be computed from the first."""
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
    assert receiver.ask("/sendgrid", body, headers).status == 200
    assert receiver.ask("/sendgrid", body, headers | {name: twin}).status == 409


def test_mailgun_token_is_not_accepted_for_another_event(receiver: Running) -> None:
    """The signature of Mailgun does not cover the event."""
    body, headers = MAILGUN.posted(mailgun("d3"))
    assert receiver.ask("/mailgun", body, headers).status == 200
    assert receiver.ask("/mailgun", body.replace(b'"d3"', b'"d4"'), headers).status == 406


def test_mailgun_request_without_a_valid_signature_gets_401(receiver: Running) -> None:
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
        assert receiver.ask("/mailgun", body, signing.JSON).status == 401, body


def test_mailgun_events_of_a_subaccount_are_signed_by_its_primary_account(
    receiver: Running,
) -> None:
    def signed_by(sub: signing.Mailgun, parent: signing.Mailgun, event: str) -> bytes:
        body = json.loads(sub.posted(mailgun(event))[0])
        stamp = f"{body['signature']['timestamp']}{body['signature']['token']}"
        digest = hmac.new(parent.key.encode(), stamp.encode(), "sha256").hexdigest()
        body["signature"]["parent-signature"] = digest
        return json.dumps(body).encode()

    stranger = signing.Mailgun()
    accepted = signed_by(stranger, MAILGUN, "f1")
    assert receiver.ask("/mailgun", accepted, signing.JSON).status == 200
    assert receiver.ask("/mailgun", accepted, signing.JSON).status == 406  # a replay
    refused = signed_by(stranger, signing.Mailgun(), "f2")
    assert receiver.ask("/mailgun", refused, signing.JSON).status == 401


def test_mailgun_events_outside_event_data_are_ignored(receiver: Running) -> None:
    body, headers = MAILGUN.posted(mailgun("e2"))
    more = json.loads(body) | {"items": [mailgun("e3"), mailgun("e4")]}
    assert receiver.ask("/mailgun", json.dumps(more), headers).content == STORED


@pytest.mark.parametrize("path", ["/postmark", "/sparkpost", "/events"])
@pytest.mark.parametrize(
    "credentials",
    ["", "Basic", "Basic ???", "Bearer é", "Bearer ", "Basic aG9vazp3cm9uZw==", "Digest x"],
)
def test_wrong_credentials_get_401(receiver: Running, path: str, credentials: str) -> None:
    headers = signing.JSON | {"Authorization": credentials.encode("latin-1")}
    got = receiver.ask(path, b"[]", headers)
    assert got.status == 401
    assert got.headers["WWW-Authenticate"].startswith(("Basic", "Bearer"))


# ── valid bodies ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[", b'"text"', b"7", b"[NaN]", b"\xff\xfe", b"[" * 100_000, b"[1, null]"],
)
def test_body_that_is_not_json_events_gets_400(receiver: Running, body: bytes) -> None:
    got = receiver.ask("/events", body[:LARGEST], BEARER)
    assert got.status == 400
    assert list(got.content) == ["error"]


@pytest.mark.parametrize("path", ["/sendgrid", "/sparkpost", "/postmark", "/mailgun", "/events"])
def test_body_without_an_event_of_the_format_gets_400_and_is_not_stored(
    receiver: Running, path: str
) -> None:
    foreign = {"hello": "world", "email": ADDRESS}
    request = {
        "/sendgrid": SENDGRID.posted([foreign]),
        "/mailgun": MAILGUN.posted(foreign),
        "/events": (json.dumps([foreign]), BEARER),
    }.get(path, (json.dumps(foreign), signing.basic(LOGIN)))
    before = receiver.metrics().get("campaign_live_receive_commit_seconds_count")
    assert receiver.ask(path, *request).status == 400
    assert receiver.metrics().get("campaign_live_receive_commit_seconds_count") == before


def test_rejected_rows_are_counted_in_the_answer(receiver: Running) -> None:
    rows = [sendgrid("f1"), sendgrid("f2", category=None), {"nothing": "of it"}]
    got = receiver.ask("/sendgrid", *SENDGRID.posted(rows))
    assert (got.status, got.content) == (200, {**NOTHING, "stored": 1, "rejected": 2})


def test_test_requests_of_vendors_are_accepted(receiver: Running) -> None:
    login = signing.basic(LOGIN)
    assert receiver.ask("/sparkpost", b'[{"msys": {}}]', login).content == NOTHING
    assert receiver.ask("/sendgrid", *SENDGRID.posted([])).content == NOTHING


def test_ndjson_is_accepted_by_the_events_route_only(receiver: Running) -> None:
    text = f"{json.dumps(event('g1'))}\n\nnot json\r\n{json.dumps(event('g2'))}"
    headers = BEARER | {"Content-Type": "application/x-ndjson; charset=utf-8"}
    got = receiver.ask("/events", text.encode(), headers)
    assert got.content == {**NOTHING, "stored": 2, "rejected": 1}
    login = signing.basic(LOGIN)
    assert receiver.ask("/sparkpost", text.encode(), login).status == 400


def test_gzip_is_accepted_by_the_events_route_only(receiver: Running) -> None:
    packed = BEARER | {"Content-Encoding": "gzip"}
    body = gzip.compress(json.dumps([event("h1")]).encode())
    assert receiver.ask("/events", body, packed).content == STORED
    for bad in (body[:-4], body + b"more", b"no gzip", b""):
        assert receiver.ask("/events", bad, packed).status == 400
    bomb = gzip.compress(b" " * 1_000_000 + b"[]")
    assert len(bomb) < LARGEST
    assert receiver.ask("/events", bomb, packed).status == 413
    assert receiver.ask("/events", body, BEARER | {"Content-Encoding": "br"}).status == 415
    login = signing.basic(LOGIN) | {"Content-Encoding": "gzip"}
    assert receiver.ask("/postmark", body, login).status == 415


def test_too_large_content_length_gets_413_before_the_body(receiver: Running) -> None:
    """The answer comes before any byte of the body is sent."""
    for length in (LARGEST + 1, 10**15, 10**40):
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=120) as wire:
            wire.sendall(
                f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Length: {length}\r\n\r\n".encode()
            )
            assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_too_large_chunked_body_gets_413(receiver: Running) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1000

    # the receiver reads on for a while, so that the answer arrives
    assert receiver.ask("/events", (b" " * 500 for _ in range(12)), BEARER).status == 413
    with suppress(ConnectionError):
        assert receiver.ask("/events", parts(), BEARER).status == 413
    assert receiver.metrics()["campaign_live_receive_pending_bytes"] == 0


def test_body_of_exactly_the_limit_is_accepted(receiver: Running) -> None:
    body = json.dumps([event("i1")]).encode()
    body += b" " * (LARGEST - len(body))
    assert receiver.ask("/events", body, BEARER).status == 200
    assert receiver.ask("/events", iter([body[:100], body[100:]]), BEARER).status == 200


def test_expect_100_continue_gets_the_error_at_once(receiver: Running) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=120) as wire:
        wire.sendall(
            b"POST /events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 10\r\n\r\n"
        )
        response = b""
        while part := wire.recv(1000):
            response += part
    assert response.startswith(b"HTTP/1.1 401 ")
    assert b"100" not in response.split(b"\r\n")[0]
    assert response.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_other_methods_get_405(receiver: Running, method: str) -> None:
    got = receiver.ask("/events", b"[]" if method == "PUT" else None, BEARER, method)
    assert (got.status, got.headers["Allow"]) == (405, "POST")


def test_unknown_method_gets_405_and_invalid_http_400(receiver: Running) -> None:
    assert receiver.ask("/events", None, BEARER, "BREW").status == 405
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=120) as wire:
        wire.sendall(b"\x16\x03\x01\x02\x00 no http at all\r\n\r\n")
        assert wire.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_other_content_types_get_400(receiver: Running) -> None:
    form = BEARER | {"Content-Type": "application/x-www-form-urlencoded"}
    assert receiver.ask("/events", b"a=b", form).status == 400
    del form["Content-Type"]
    assert receiver.ask("/events", json.dumps(event("j1")), form).status == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/events/more", "/EVENTS", "/../etc/passwd"])
def test_unknown_path_gets_404(receiver: Running, path: str) -> None:
    assert receiver.ask(path, b"[]", BEARER).status == 404


def test_closed_route_names_its_environment_variable(receiver: Running) -> None:
    got = receiver.ask("/ses", b"{}")
    assert got.status == 404
    assert "CAMPAIGN_LIVE_SES_TOPICS" in got.content["error"]


def test_connection_is_reused(receiver: Running) -> None:
    connection = receiver.connection()
    for number in range(3):
        connection.request("POST", "/events", json.dumps(event(f"k{number}")), BEARER)
        response = connection.getresponse()
        assert (response.status, response.getheader("Connection")) == (200, None)
        response.read()
    connection.close()


# ── logs and metrics ──────────────────────────────────────────────────────────────


def test_admin_pages_report_health_and_metrics(receiver: Running) -> None:
    assert receiver.get("/health").status == 200
    assert receiver.get("/ready").content == {"ready": True}
    assert receiver.ask("/health", b"x").status == 400
    before = receiver.metrics()
    receiver.ask("/events", json.dumps([event("l1"), event("l1"), {"event_type": "x"}]), BEARER)
    receiver.ask("/events", b"[]", {"Authorization": "Bearer wrong"})
    after = receiver.metrics()
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


def test_open_routes_are_logged(receiver: Running) -> None:
    lines = receiver.err.read_text().splitlines()[: len(SECRETS)]
    assert sorted(line.split()[1] for line in lines) == [
        "/events",
        "/mailgun",
        "/postmark",
        "/sendgrid",
        "/sparkpost",
    ]
    assert receiver.out.read_text() == f"http://127.0.0.1:{receiver.port}\n"


# ── usage errors ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("secrets", "word"),
    [
        ({}, "CAMPAIGN_LIVE_SENDGRID_KEYS"),
        ({"CAMPAIGN_LIVE_SENDGRID_KEYS": " , "}, "no route is open"),
        ({"CAMPAIGN_LIVE_SENDGRID_KEYS": "bm8ga2V5"}, "CAMPAIGN_LIVE_SENDGRID_KEYS: invalid value"),
        ({"CAMPAIGN_LIVE_POSTMARK_LOGINS": "nopassword"}, "user:password"),
        ({"CAMPAIGN_LIVE_SPARKPOST_LOGINS": "a:b,user:"}, "user:password"),
        ({"CAMPAIGN_LIVE_SES_TOPICS": "events"}, "ARN"),
    ],
)
def test_invalid_secrets_are_an_error_without_their_value(
    secrets: dict[str, str], word: str
) -> None:
    with pytest.raises(UsageError) as caught:
        open_routes(secrets, Limits(), time.time)
    line = str(caught.value)
    assert word in line
    for value in secrets.values():
        assert value in (" , ", "events") or value not in line


def test_default_options_equal_the_default_limits() -> None:
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
        default = option.type.convert(option.default, option, None)
        if isinstance(default, timedelta):
            default = default.total_seconds()
        assert default == value, name


@pytest.mark.usefixtures("processes")
def test_command_without_a_secret_exits_with_a_usage_error(tmp_path: Path) -> None:
    line = usage_error(tmp_path, {})
    assert "no route is open: set at least one of the environment variables CAMPAIGN_LIVE_" in line
    assert not (tmp_path / "store").exists()


def test_port_in_use_is_a_usage_error(receiver: Running, tmp_path: Path) -> None:
    line = usage_error(tmp_path, EVENTS, "--port", str(receiver.port))
    assert f"--port {receiver.port}: cannot listen at" in line
