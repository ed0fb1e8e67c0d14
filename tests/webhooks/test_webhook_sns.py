"""Amazon SES through SNS: real certificates, real signatures, a real server for them."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.store import check
from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates, certificate_url
from campaign_live_widgets.webhooks.errors import RequestRejectedError
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import Running, running
from tests.support.servers.webhook_signing import CERTIFICATE, TOPIC, posted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = {"CAMPAIGN_LIVE_SES_TOPICS": f"arn:aws:sns:us-east-1:123456789012:more,{TOPIC}"}
ADDRESS = "jane.doe@example.com"
STORED = {"stored": 1, "duplicates": 0, "rejected": 0, "ignored": 0}
IGNORED = {"stored": 0, "duplicates": 0, "rejected": 0, "ignored": 1}
CERTIFICATE_URL = certificate_url(signing.CERTIFICATE_URL, "eu-west-1")


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
def receiver(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    processes: None,  # noqa: ARG001
) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("receiver")
    options = ("--sns-certificates", str(folder), "--sns-roots", str(folder / "roots.pem"))
    with running(place, SECRETS, *options) as it:
        yield it
        output = it.output()
        assert it.stop() == 0
    assert check(place / "store").problems == []
    assert ADDRESS not in output


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "Amazon SES Email Event Notification", "é\n\x00"])
def test_signed_notification_is_stored(
    receiver: Running, sns: signing.Sns, version: str, subject: str | None
) -> None:
    message = sns.message(ses(f"{version}{subject}"), version=version, subject=subject)
    got = receiver.ask("/ses", *posted(message))
    assert (got.status, got.content) == (200, STORED)
    assert receiver.ask("/ses", *posted(message)).status == 409


@pytest.mark.parametrize("field", ["Message", "MessageId", "Timestamp", "Subject", "Type"])
def test_altered_message_is_rejected(receiver: Running, sns: signing.Sns, field: str) -> None:
    message = sns.message(ses("altered"), subject="so")
    other = {
        "Timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.999Z",
        "Type": "SubscriptionConfirmation",
    }.get(field, f"{message[field]} ")
    assert receiver.ask("/ses", *posted(message | {field: other})).status == 401
    without = {name: value for name, value in message.items() if name != field}
    assert receiver.ask("/ses", *posted(without)).status in (400, 401)
    assert receiver.ask("/ses", *posted(message | {field: ["no", "text"]})).status in (400, 401)


def test_invalid_signature_gets_401(receiver: Running, sns: signing.Sns) -> None:
    message = sns.message(ses("unsigned"))
    for more in (
        {"SignatureVersion": "1"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": 2},
        {"Signature": "???"},
        {"Signature": ""},
        {"Message": "\ud800"},
    ):
        assert receiver.ask("/ses", *posted(message | more)).status == 401, more


def test_topic_that_is_not_listed_gets_403(receiver: Running, sns: signing.Sns) -> None:
    """Any AWS account can have SNS sign the messages of its topics."""
    for topic in (f"{TOPIC}2", "arn:aws:sns:eu-west-1:999999999999:events", "", "é"):
        assert receiver.ask("/ses", *posted(sns.message(ses("foreign"), topic=topic))).status == 403


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
def test_certificate_url_outside_sns_gets_401(
    receiver: Running, sns: signing.Sns, url: str
) -> None:
    got = receiver.ask("/ses", *posted(sns.message(ses("elsewhere"), url=url)))
    assert (got.status, "SigningCertURL" in got.content["error"]) == (401, True)


def test_message_within_the_sns_tolerance_is_accepted(receiver: Running, sns: signing.Sns) -> None:
    now = datetime.now(UTC)
    for minutes, status in ((61, 200), (66, 401), (-6, 401), (-4, 200)):
        message = sns.message(ses(f"old{minutes}"), at=now - timedelta(minutes=minutes))
        assert receiver.ask("/ses", *posted(message)).status == status, minutes
    assert receiver.ask("/ses", *posted(sns.message("x") | {"Timestamp": "soon"})).status == 401


def test_unsigned_fields_are_ignored(receiver: Running, sns: signing.Sns) -> None:
    message = sns.message(ses("genuine"))
    more = [{"body": ses("smuggled 1")}, {"Sns": {"Message": ses("smuggled 2")}}]
    got = receiver.ask("/ses", *posted({"Records": more, "detail": {}} | message))
    assert got.content == STORED


def test_message_of_sns_itself_is_ignored(receiver: Running, sns: signing.Sns) -> None:
    text = "Successfully validated SNS topic for Amazon SES event publishing."
    assert receiver.ask("/ses", *posted(sns.message(text))).content == IGNORED


def test_raw_message_delivery_gets_401(receiver: Running) -> None:
    headers = signing.JSON | {"x-amz-sns-rawdelivery": "true"}
    got = receiver.ask("/ses", ses("raw"), headers)
    assert (got.status, "raw message delivery" in got.content["error"]) == (401, True)
    assert receiver.ask("/ses", ses("raw"), signing.JSON).status == 400


def test_unsubscription_is_logged(receiver: Running, sns: signing.Sns) -> None:
    message = sns.message("You have left", kind="UnsubscribeConfirmation")
    got = receiver.ask("/ses", *posted(message))
    assert (got.status, got.content) == (200, {"unsubscribed": TOPIC})
    assert "unsubscribed" in receiver.err.read_text()


# ── certificates in a folder ──────────────────────────────────────────────────────────────


def key(folder: Path, roots: Path) -> Any:  # noqa: ANN401
    certificates = Certificates(
        folder=folder, roots=roots, connect_to=None, clock=lambda: datetime.now(UTC).timestamp()
    )
    return asyncio.run(certificates.key(CERTIFICATE_URL))


def test_certificate_in_a_folder_needs_a_trusted_chain(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    roots, place = folder / "roots.pem", tmp_path / CERTIFICATE
    with pytest.raises(RequestRejectedError, match="not in the folder"):
        key(tmp_path, roots)
    others = signing.Authority()
    for content, passes in (
        (signing.pem(sns.certificate, authority.between), True),
        (signing.pem(sns.certificate), False),
        (signing.pem(sns.certificate, others.between), False),
        (signing.pem(signing.Sns(others).certificate, others.between), False),
        (signing.pem(signing.Sns(authority, days=-1).certificate, authority.between), False),
        (signing.pem(signing.Sns(authority, name="evil.example").certificate), False),
        (
            signing.pem(
                signing.Sns(authority, name=CERTIFICATE_URL.host).certificate, authority.between
            ),
            True,
        ),
        (signing.pem(authority.between), False),
        (b"no certificate", False),
    ):
        place.write_bytes(content)
        if passes:
            assert key(tmp_path, roots).key_size == 2048
        else:
            with pytest.raises(RequestRejectedError) as caught:
                key(tmp_path, roots)
            assert caught.value.status == 401


# ── certificates downloaded over TLS ────────────────────────────────────────────────────


class Amazon:
    """A server in place of SNS: the content it serves, and the requests it received."""

    def __init__(self) -> None:
        self.content, self.status, self.requests = b"", 200, []  # type: ignore[var-annotated]
        self.port = 0


@contextmanager
def amazon(
    authority: signing.Authority, tmp_path: Path, name: str = CERTIFICATE_URL.host
) -> Iterator[Amazon]:
    identity = signing.Sns(authority, name=name)
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(signing.pem(identity.certificate, authority.between))
    secret.write_bytes(signing.key_pem(identity.key))
    it = Amazon()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            it.requests.append((self.headers["Host"], self.path))
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
def test_certificate_is_downloaded_once_and_subscription_confirmed(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    roots = ("--sns-roots", str(folder / "roots.pem"))
    with amazon(authority, tmp_path) as server:
        to = ("--sns-connect-to", f"127.0.0.1:{server.port}")
        with running(tmp_path / "receiver", SECRETS, *roots, *to) as receiver:
            message = sns.message("Confirm", kind="SubscriptionConfirmation")
            server.status = 500
            assert receiver.ask("/ses", *posted(message)).status == 503
            server.status, server.content = 200, signing.pem(sns.certificate)
            server.requests.clear()
            assert receiver.ask("/ses", *posted(message)).content == {"subscribed": TOPIC}
            assert [path for _, path in server.requests] == [
                f"/{CERTIFICATE}",
                "/?Action=ConfirmSubscription&Token=a1",
            ]
            assert {host for host, _ in server.requests} == {CERTIFICATE_URL.host}
            assert receiver.ask("/ses", *posted(message)).status == 409
            for number in range(3):
                assert (
                    receiver.ask("/ses", *posted(sns.message(ses(f"f{number}")))).content == STORED
                )
            assert len(server.requests) == 2
            elsewhere = "https://evil.example/?Action=ConfirmSubscription&Token=a1"
            bad = sns.message("x", kind="SubscriptionConfirmation", subscribe=elsewhere)
            assert receiver.ask("/ses", *posted(bad)).status == 401
            assert len(server.requests) == 2
            assert receiver.stop() == 0


def fetched(roots: Path, port: int) -> object:
    certificates = Certificates(
        folder=None,
        roots=roots,
        connect_to=("127.0.0.1", port),
        clock=lambda: datetime.now(UTC).timestamp(),
    )
    return asyncio.run(certificates.key(CERTIFICATE_URL))


def test_downloaded_certificate_must_name_sns_and_be_valid(
    authority: signing.Authority, folder: Path, tmp_path: Path
) -> None:
    roots = folder / "roots.pem"
    with amazon(authority, tmp_path) as server:
        for name, days, passes in (
            ("sns.amazonaws.com", 30, True),
            (CERTIFICATE_URL.host, 30, True),
            ("sns.us-east-1.amazonaws.com", 30, False),
            ("amazonaws.com", 30, False),
            ("sns.amazonaws.com", -1, False),
        ):
            server.content = signing.pem(signing.Sns(authority, name=name, days=days).certificate)
            if passes:
                fetched(roots, server.port)
            else:
                with pytest.raises(RequestRejectedError):
                    fetched(roots, server.port)
        for content in (b"", b"no certificate", b"x" * 100_000):
            server.content = content
            with pytest.raises(RequestRejectedError):
                fetched(roots, server.port)


@pytest.mark.parametrize("name", ["sns.amazonaws.com", "evil.example"])
def test_download_from_another_host_is_rejected(
    authority: signing.Authority, sns: signing.Sns, folder: Path, tmp_path: Path, name: str
) -> None:
    with amazon(authority, tmp_path, name) as server:
        server.content = signing.pem(sns.certificate)
        with pytest.raises(RequestRejectedError, match="cannot be downloaded"):
            fetched(folder / "roots.pem", server.port)
        assert server.requests == []


def test_download_from_a_host_without_a_trusted_root_is_rejected(
    sns: signing.Sns, folder: Path, tmp_path: Path
) -> None:
    with amazon(signing.Authority(), tmp_path) as server:
        server.content = signing.pem(sns.certificate)
        with pytest.raises(RequestRejectedError, match="cannot be downloaded"):
            fetched(folder / "roots.pem", server.port)
        assert server.requests == []
