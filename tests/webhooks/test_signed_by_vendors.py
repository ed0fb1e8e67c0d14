"""Vendors that sign the body and its time in headers: what is accepted, and what is not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.channels.samples import SAMPLES
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import TOKEN, Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMERIO, KLAVIYO = signing.CustomerIo(), signing.Klaviyo()
SECRETS = {
    "CAMPAIGN_LIVE_CUSTOMERIO_KEYS": f"key-of-before, {CUSTOMERIO.key}",
    "CAMPAIGN_LIVE_KLAVIYO_KEYS": f"{KLAVIYO.key},key-to-come",
    "CAMPAIGN_LIVE_BRAZE_TOKENS": TOKEN,
    "CAMPAIGN_LIVE_ITERABLE_TOKENS": TOKEN,
    "CAMPAIGN_LIVE_ONESIGNAL_TOKENS": TOKEN,
}
SIGNED = ("customerio", "klaviyo")


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory, processes: None) -> Iterator[Running]:  # noqa: ARG001
    with running(tmp_path_factory.mktemp("receiver"), SECRETS) as it:
        yield it
        output = it.output()
        assert it.stop() == 0
    for secret in (TOKEN, CUSTOMERIO.key, KLAVIYO.key, "jane.doe", "customer-7"):
        assert secret not in output


def request(vendor: str, key: str, at: float | None = None) -> signing.Request:
    """Return a signed request with one event; *key* makes it another event."""
    raw: Any = SAMPLES[vendor][1][0]
    if vendor == "customerio":
        return CUSTOMERIO.posted(raw | {"event_id": key}, at)
    return KLAVIYO.posted([raw | {"external_id": key}], at)


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_request_is_stored_once(receiver: Running, name: str) -> None:
    receiver.require_stored_once(f"/{name}", *request(name, "first"), len(SAMPLES[name][1][1]))


@pytest.mark.parametrize("name", SIGNED)
def test_a_request_with_another_body_time_or_key_gets_401(receiver: Running, name: str) -> None:
    body, headers = request(name, "second")
    changed = body.replace(b"second", b"forged")
    assert receiver.ask(f"/{name}", changed, headers).status == 401
    wrong = {n: v for n, v in headers.items() if "Signature" in n}
    assert receiver.ask(f"/{name}", body, headers | dict.fromkeys(wrong, "0" * 64)).status == 401
    _, later = request(name, "second", at=time.time() + 60)
    times = {n: v for n, v in later.items() if "Timestamp" in n}
    assert receiver.ask(f"/{name}", body, headers | times).status == 401
    for missing in (*wrong, *times):
        left = {n: v for n, v in headers.items() if n != missing}
        assert receiver.ask(f"/{name}", body, left).status == 401
    assert receiver.ask(f"/{name}", body, headers).status == 200


@pytest.mark.parametrize("name", SIGNED)
def test_an_old_request_gets_401_though_it_is_signed(receiver: Running, name: str) -> None:
    for seconds in (-400, 400):
        got = receiver.ask(f"/{name}", *request(name, "third", at=time.time() + seconds))
        assert (got.status, "clock" in got.content["error"]) == (401, True)


def test_klaviyos_header_and_body_must_name_the_same_webhook(receiver: Running) -> None:
    body, headers = request("klaviyo", "fourth")
    got = receiver.ask("/klaviyo", body, headers | {"Klaviyo-Webhook-Id": "another"})
    assert got.status == 401


@pytest.mark.parametrize(
    ("name", "authorization", "status"),
    [
        ("braze", f"Bearer {TOKEN}", 200),
        ("braze", TOKEN, 401),
        ("onesignal", f"Bearer {TOKEN}", 200),
        ("onesignal", "Bearer wrong", 401),
        ("iterable", f"OAuth2 {TOKEN}", 200),
        ("iterable", TOKEN, 200),
        ("iterable", f"Basic {TOKEN}x", 401),
        ("iterable", "", 401),
    ],
)
def test_a_token_opens_the_route_of_a_vendor_that_does_not_sign(
    receiver: Running, name: str, authorization: str, status: int
) -> None:
    body = json.dumps(SAMPLES[name][0][0])
    headers = signing.JSON | {"Authorization": authorization}
    assert receiver.ask(f"/{name}", body, headers).status == status
