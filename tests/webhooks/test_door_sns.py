"""Amazon SES by way of SNS: real certificates, real signatures, a real server that has them."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import door_signing as signing
import pytest
from door_process import Running, running
from door_signing import CERTIFICATE, TOPIC, posted

from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates, certificate_place
from campaign_live_widgets.webhooks.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = {"CAMPAIGN_LIVE_SES_TOPICS": f"arn:aws:sns:us-east-1:123456789012:more,{TOPIC}"}
ADDRESS = "jane.doe@example.com"
STORED = {"stored": 1, "duplicates": 0, "rejected": 0, "ignored": 0}
IGNORED = {"stored": 0, "duplicates": 0, "rejected": 0, "ignored": 1}
PLACE = certificate_place(signing.CERTIFICATE_URL, "eu-west-1")


def ses(key: str) -> str:
    mail = {
        "timestamp": "2026-11-23T10:00:00.000Z",
        "messageId": key,
        "destination": [ADDRESS],
        "tags": {"campaign_id": ["c1"]},
    }
    return json.dumps({"eventType": "Send", "mail": mail, "send": {}}) + "\n"


@pytest.fixture(scope="module")
def authority() -> signing.Authority:
    return signing.Authority()


@pytest.fixture(scope="module")
def sns(authority: signing.Authority) -> signing.Sns:
    return signing.Sns(authority)


@pytest.fixture(scope="module")
def folder(
    authority: signing.Authority, sns: signing.Sns, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with the certificate and a file of roots."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / CERTIFICATE).write_bytes(signing.pem(sns.certificate, authority.between))
    (folder / "roots.pem").write_bytes(signing.pem(authority.root))
    return folder


@pytest.fixture(scope="module")
def door(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    processes: None,  # noqa: ARG001
) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("door")
    options = ("--sns-certificates", str(folder), "--sns-roots", str(folder / "roots.pem"))
    with running(place, SECRETS, *options) as it:
        yield it
        said = it.said()
        assert it.stop() == 0
    assert check(place / "store").problems == []
    assert ADDRESS not in said


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "Amazon SES Email Event Notification", "é\n\x00"])
def test_a_notification(door: Running, sns: signing.Sns, version: str, subject: str | None) -> None:
    message = sns.message(ses(f"{version}{subject}"), version=version, subject=subject)
    got = door.ask("/ses", *posted(message))
    assert (got.status, got.content) == (200, STORED)
    assert door.ask("/ses", *posted(message)).status == 409


@pytest.mark.parametrize("field", ["Message", "MessageId", "Timestamp", "Subject", "Type"])
def test_an_altered_message(door: Running, sns: signing.Sns, field: str) -> None:
    message = sns.message(ses("altered"), subject="so")
    other = {
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.999Z",
        "Type": "SubscriptionConfirmation",
    }.get(field, f"{message[field]} ")
    assert door.ask("/ses", *posted(message | {field: other})).status == 401
    without = {name: value for name, value in message.items() if name != field}
    assert door.ask("/ses", *posted(without)).status in (400, 401)
    assert door.ask("/ses", *posted(message | {field: ["no", "text"]})).status in (400, 401)


def test_versions_and_signatures_that_are_none(door: Running, sns: signing.Sns) -> None:
    message = sns.message(ses("unsigned"))
    for more in (
        {"SignatureVersion": "1"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": 2},
        {"Signature": "???"},
        {"Signature": ""},
        {"Message": "\ud800"},
    ):
        assert door.ask("/ses", *posted(message | more)).status == 401, more


def test_only_topics_that_are_listed(door: Running, sns: signing.Sns) -> None:
    """Anybody can have SNS sign for a topic of their own."""
    for topic in (f"{TOPIC}2", "arn:aws:sns:eu-west-1:999999999999:events", "", "é"):
        assert door.ask("/ses", *posted(sns.message(ses("foreign"), topic=topic))).status == 403


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.eu-west-1.amazonaws.com/{CERTIFICATE}",
        f"https://sns.us-east-1.amazonaws.com/{CERTIFICATE}",
        f"https://sns.eu-west-1.amazonaws.com.evil.example/{CERTIFICATE}",
        f"https://sns.eu-west-1.amazonaws.com@evil.example/{CERTIFICATE}",
        f"https://sns.eu-west-1.amazonaws.com:8443/{CERTIFICATE}",
        f"https://evil.example/sns.eu-west-1.amazonaws.com/{CERTIFICATE}",
        f"https://s3.eu-west-1.amazonaws.com/{CERTIFICATE}",
        f"https://bucket.sns.eu-west-1.amazonaws.com/{CERTIFICATE}",
        f"https://snsxeu-west-1.amazonaws.com/{CERTIFICATE}",
        f"https://sns.eu-west-1.amazonaws.com/{CERTIFICATE}\n",
        f"https://sns.eu-west-1.amazonaws.com/{CERTIFICATE}?x=1",
        f"https://sns.eu-west-1.amazonaws.com/../{CERTIFICATE}",
        "https://sns.eu-west-1.amazonaws.com/roots.pem",
        f"https://SNS.eu-west-1.amazonaws.com\\@evil.example/{CERTIFICATE}",
    ],
)
def test_certificates_of_other_places(door: Running, sns: signing.Sns, url: str) -> None:
    got = door.ask("/ses", *posted(sns.message(ses("elsewhere"), url=url)))
    assert (got.status, "SigningCertURL" in got.content["error"]) == (401, True)


def test_a_retry_carries_the_time_of_the_first_try(door: Running, sns: signing.Sns) -> None:
    now = datetime.now(UTC)
    for minutes, status in ((61, 200), (66, 401), (-6, 401), (-4, 200)):
        message = sns.message(ses(f"old{minutes}"), at=now - timedelta(minutes=minutes))
        assert door.ask("/ses", *posted(message)).status == status, minutes
    assert door.ask("/ses", *posted(sns.message("x") | {"Timestamp": "soon"})).status == 401


def test_what_is_not_signed_is_not_read(door: Running, sns: signing.Sns) -> None:
    message = sns.message(ses("genuine"))
    more = [{"body": ses("smuggled 1")}, {"Sns": {"Message": ses("smuggled 2")}}]
    got = door.ask("/ses", *posted({"Records": more, "detail": {}} | message))
    assert got.content == STORED


def test_what_a_topic_says_of_itself(door: Running, sns: signing.Sns) -> None:
    text = "Successfully validated SNS topic for Amazon SES event publishing."
    assert door.ask("/ses", *posted(sns.message(text))).content == IGNORED


def test_raw_delivery_has_no_signature(door: Running) -> None:
    headers = signing.JSON | {"x-amz-sns-rawdelivery": "true"}
    got = door.ask("/ses", ses("raw"), headers)
    assert (got.status, "raw message delivery" in got.content["error"]) == (401, True)
    assert door.ask("/ses", ses("raw"), signing.JSON).status == 400


def test_an_end_of_a_subscription_is_told(door: Running, sns: signing.Sns) -> None:
    message = sns.message("You have left", kind="UnsubscribeConfirmation")
    got = door.ask("/ses", *posted(message))
    assert (got.status, got.content) == (200, {"unsubscribed": TOPIC})
    assert "unsubscribed" in door.err.read_text()


# ── whose certificate it is ──────────────────────────────────────────────────────────────


def key(folder: Path, roots: Path) -> Any:  # noqa: ANN401
    certificates = Certificates(
        folder=folder, roots=roots, connect_to=None, clock=lambda: datetime.now(UTC).timestamp()
    )
    return asyncio.run(certificates.key(PLACE))


def test_a_certificate_of_a_folder_needs_its_chain(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    roots, place = folder / "roots.pem", tmp_path / CERTIFICATE
    with pytest.raises(RefusedError, match="not in the folder"):
        key(tmp_path, roots)
    others = signing.Authority()
    for content, passes in (
        (signing.pem(sns.certificate, authority.between), True),
        (signing.pem(sns.certificate), False),
        (signing.pem(sns.certificate, others.between), False),
        (signing.pem(signing.Sns(others).certificate, others.between), False),
        (signing.pem(signing.Sns(authority, days=-1).certificate, authority.between), False),
        (signing.pem(signing.Sns(authority, name="evil.example").certificate), False),
        (signing.pem(signing.Sns(authority, name=PLACE.host).certificate, authority.between), True),
        (signing.pem(authority.between), False),
        (b"no certificate", False),
    ):
        place.write_bytes(content)
        if passes:
            assert key(tmp_path, roots).key_size == 2048
        else:
            with pytest.raises(RefusedError) as refused:
                key(tmp_path, roots)
            assert refused.value.status == 401


# ── fetched, over TLS ────────────────────────────────────────────────────────────────────


class Amazon:
    """A server that is SNS to whoever connects to it: what it hands out, and what was asked."""

    def __init__(self) -> None:
        self.content, self.status, self.asked = b"", 200, []  # type: ignore[var-annotated]
        self.port = 0


@contextmanager
def amazon(
    authority: signing.Authority, tmp_path: Path, name: str = PLACE.host
) -> Iterator[Amazon]:
    identity = signing.Sns(authority, name=name)
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(signing.pem(identity.certificate, authority.between))
    secret.write_bytes(signing.key_pem(identity.key))
    it = Amazon()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.asked.append((self.headers["Host"], self.path))
            self.send_response(it.status)
            self.send_header("Content-Length", str(len(it.content)))
            self.end_headers()
            self.wfile.write(it.content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    it.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield it
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("processes")
def test_certificates_are_fetched_once_and_subscriptions_confirmed(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    roots = ("--sns-roots", str(folder / "roots.pem"))
    with amazon(authority, tmp_path) as there:
        to = ("--sns-connect-to", f"127.0.0.1:{there.port}")
        with running(tmp_path / "door", SECRETS, *roots, *to) as door:
            message = sns.message("Confirm", kind="SubscriptionConfirmation")
            there.status = 500
            assert door.ask("/ses", *posted(message)).status == 503
            there.status, there.content = 200, signing.pem(sns.certificate)
            there.asked.clear()
            assert door.ask("/ses", *posted(message)).content == {"subscribed": TOPIC}
            assert [path for _, path in there.asked] == [
                f"/{CERTIFICATE}",
                "/?Action=ConfirmSubscription&Token=a1",
            ]
            assert {host for host, _ in there.asked} == {PLACE.host}
            assert door.ask("/ses", *posted(message)).status == 409
            for number in range(3):
                assert door.ask("/ses", *posted(sns.message(ses(f"f{number}")))).content == STORED
            assert len(there.asked) == 2
            elsewhere = "https://evil.example/?Action=ConfirmSubscription&Token=a1"
            bad = sns.message("x", kind="SubscriptionConfirmation", subscribe=elsewhere)
            assert door.ask("/ses", *posted(bad)).status == 401
            assert len(there.asked) == 2
            assert door.stop() == 0


def fetched(roots: Path, port: int) -> object:
    certificates = Certificates(
        folder=None,
        roots=roots,
        connect_to=("127.0.0.1", port),
        clock=lambda: datetime.now(UTC).timestamp(),
    )
    return asyncio.run(certificates.key(PLACE))


def test_what_is_fetched_is_looked_at(
    authority: signing.Authority, folder: Path, tmp_path: Path
) -> None:
    roots = folder / "roots.pem"
    with amazon(authority, tmp_path) as there:
        for name, days, passes in (
            ("sns.amazonaws.com", 30, True),
            (PLACE.host, 30, True),
            ("sns.us-east-1.amazonaws.com", 30, False),
            ("amazonaws.com", 30, False),
            ("sns.amazonaws.com", -1, False),
        ):
            there.content = signing.pem(signing.Sns(authority, name=name, days=days).certificate)
            if passes:
                fetched(roots, there.port)
            else:
                with pytest.raises(RefusedError):
                    fetched(roots, there.port)
        for content in (b"", b"no certificate", b"x" * 100_000):
            there.content = content
            with pytest.raises(RefusedError):
                fetched(roots, there.port)


@pytest.mark.parametrize("name", ["sns.amazonaws.com", "evil.example"])
def test_who_hands_it_out_has_to_be_the_host_that_was_asked(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path, name: str
) -> None:
    with amazon(authority, tmp_path, name) as there:
        there.content = signing.pem(sns.certificate)
        with pytest.raises(RefusedError, match="cannot be fetched"):
            fetched(folder / "roots.pem", there.port)
        assert there.asked == []


def test_who_hands_it_out_has_to_be_vouched_for(
    sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    with amazon(signing.Authority(), tmp_path) as there:
        there.content = signing.pem(sns.certificate)
        with pytest.raises(RefusedError, match="cannot be fetched"):
            fetched(folder / "roots.pem", there.port)
        assert there.asked == []
