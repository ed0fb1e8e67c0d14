"""Senders of e-mail that sign their webhooks: what is accepted, and what is not."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.limits import Limits
from campaign_live_widgets.webhooks.run import open_routes
from tests.support.servers import mail_signing as signing
from tests.support.servers.receiver_process import Running, running
from tests.support.servers.webhook_signing import basic
from tests.support.vendors.mail_samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = "hook:pässword-of-the-tests"
SIGNERS = {
    "mandrill": signing.Mandrill(),
    "resend": signing.Resend(),
    "mailersend": signing.BodyHmac("Signature"),
    "mailtrap": signing.BodyHmac("Mailtrap-Signature"),
    "postal": signing.Postal(),
}
VARIABLES = {
    "mandrill": "CAMPAIGN_LIVE_MANDRILL_KEYS",
    "resend": "CAMPAIGN_LIVE_RESEND_SECRETS",
    "mailersend": "CAMPAIGN_LIVE_MAILERSEND_SECRETS",
    "mailtrap": "CAMPAIGN_LIVE_MAILTRAP_SECRETS",
    "postal": "CAMPAIGN_LIVE_POSTAL_KEYS",
}
BEFORE = {
    "mandrill": signing.Mandrill().secret,
    "resend": signing.Resend().secret,
    "postal": SIGNERS["postal"].secret,
}
SECRETS = {
    VARIABLES[name]: f"{BEFORE.get(name, 'secret-of-before')}, {signer.secret}"
    for name, signer in SIGNERS.items()
} | {"CAMPAIGN_LIVE_BREVO_LOGINS": LOGIN, "CAMPAIGN_LIVE_MAILJET_LOGINS": LOGIN}
OTHERS = {
    "mandrill": {"type": "whitelist", "action": "add", "reject": {"email": "a@b.c"}, "ts": 1},
    "resend": {"type": "contact.created", "created_at": "2025-11-20T12:00:00Z", "data": {"id": 1}},
    "mailersend": {"type": "webhook.test", "created_at": "2025-11-20T12:00:00Z"},
    "postal": {"event": "DomainDNSError", "timestamp": 1, "payload": {"domain": "x"}, "uuid": "u"},
}
"""What a sender posts about its account."""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory, processes: None) -> Iterator[Running]:  # noqa: ARG001
    with running(tmp_path_factory.mktemp("receiver"), SECRETS) as it:
        yield it
        output = it.output()
        assert it.stop() == 0
    for secret in (
        *(signer.secret for signer in SIGNERS.values()),
        LOGIN,
        "jane.doe",
        "customer-7",
    ):
        assert secret not in output


def request(name: str, key: str, at: float | None = None) -> signing.Request:
    """Return a signed request with one event; *key* makes it another request."""
    raw: Any = SAMPLES[name][0][0] | {"of the test": key}
    return SIGNERS[name].posted([raw] if name == "mandrill" else raw, at)


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signed_request_is_stored_once(receiver: Running, name: str) -> None:
    receiver.require_stored_once(f"/{name}", *request(name, "first"), len(SAMPLES[name][0][1]))
    later = receiver.ask(f"/{name}", *request(name, "first, sent again"))
    assert (later.status, later.content["stored"]) == (200, 0), "an event is stored once"


@pytest.mark.parametrize("name", SIGNERS)
def test_another_body_signature_or_key_gets_401(receiver: Running, name: str) -> None:
    body, headers = request(name, "second")
    header = SIGNERS[name].header
    changed = body.replace(b"second", b"forged")
    assert changed != body
    assert receiver.ask(f"/{name}", changed, headers).status == 401
    other = type(SIGNERS[name])(*([header] if name in ("mailersend", "mailtrap") else []))
    other_body, wrong = other.posted({"any": "thing"})
    assert receiver.ask(f"/{name}", other_body, wrong).status == 401, "a key that is not known"
    for value in ("", "0" * 64, "v1,%%%", wrong[header]):
        assert receiver.ask(f"/{name}", body, headers | {header: value}).status == 401
    missing = {n: v for n, v in headers.items() if "ignature" not in n}
    got = receiver.ask(f"/{name}", body, missing)
    assert (got.status, header in got.content["error"]) == (401, True)
    assert receiver.ask(f"/{name}", body, headers).status == 200


def test_an_old_or_moved_time_of_resend_gets_401(receiver: Running) -> None:
    for seconds in (-400, 400):
        got = receiver.ask("/resend", *request("resend", "third", at=time.time() + seconds))
        assert (got.status, "clock" in got.content["error"]) == (401, True)
    body, headers = request("resend", "third")
    for name, value in (("svix-timestamp", str(int(time.time()) + 9)), ("svix-id", "msg_other")):
        assert receiver.ask("/resend", body, headers | {name: value}).status == 401


def test_mandrill_signs_its_address_and_all_fields(receiver: Running) -> None:
    body, headers = request("mandrill", "fourth")
    assert receiver.ask("/mandrill", body + b"&extra=1", headers).status == 401
    elsewhere = signing.Mandrill()
    elsewhere.key, elsewhere.url = SIGNERS["mandrill"].key, "https://hooks.example/mandrill"
    got = receiver.ask("/mandrill", *elsewhere.posted([SAMPLES["mandrill"][0][0]]))
    assert (got.status, "address" in got.content["error"]) == (401, True)
    assert receiver.ask("/mandrill", *SIGNERS["mandrill"].posted([])).status == 200
    assert receiver.ask("/mandrill", b"", {}, "HEAD").status == 200, "as Mandrill asks at first"
    assert receiver.ask("/resend", b"", {}, "HEAD").status == 405
    as_json = receiver.ask("/mandrill", json.dumps([]), {"Content-Type": "application/json"})
    assert as_json.status == 400
    assert quote_plus("mandrill_events").encode() in body


def test_an_older_signature_of_postal_does_not_replace_a_newer_one(receiver: Running) -> None:
    postal = SIGNERS["postal"]
    body, headers = request("postal", "fifth")
    assert receiver.ask("/postal", body, headers | {postal.header: "AAAA"}).status == 401
    older = {name: value for name, value in headers.items() if name != postal.header}
    assert receiver.ask("/postal", body + b" ", older).status == 401
    assert receiver.ask("/postal", body, older).status == 200


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_posted_about_an_account_is_counted_as_ignored(
    receiver: Running, name: str
) -> None:
    raw = OTHERS[name]
    got = receiver.ask(f"/{name}", *SIGNERS[name].posted([raw] if name == "mandrill" else raw))
    assert (got.status, got.content) == (
        200,
        {"stored": 0, "duplicates": 0, "rejected": 0, "ignored": 1},
    )


@pytest.mark.parametrize("name", ["brevo", "mailjet"])
def test_senders_that_do_not_sign_need_user_and_password(receiver: Running, name: str) -> None:
    body = json.dumps(SAMPLES[name][0][0])
    assert receiver.ask(f"/{name}", body, basic("hook:wrong")).status == 401
    got = receiver.ask(f"/{name}", body, basic(LOGIN))
    assert (got.status, got.content["stored"]) == (200, len(SAMPLES[name][0][1]))


def test_mailtrap_may_post_one_event_a_line(receiver: Running) -> None:
    rows = [SAMPLES["mailtrap"][4][0] | {"event_id": f"line-{n}"} for n in range(3)]
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    body, headers = SIGNERS["mailtrap"].posted(body)
    got = receiver.ask("/mailtrap", body, headers | {"Content-Type": "application/x-ndjson"})
    assert (got.status, got.content["stored"]) == (200, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mandrill", "a-key"),
        ("mandrill", "a-key@hooks.example/mandrill"),
        ("resend", "whsec_%%%"),
        ("resend", "c2VjcmV0IG9mIHRoZSB0ZXN0cw=="),
        ("postal", "not a key"),
        ("postal", "v=DKIM1; p=AAAA;"),
    ],
)
def test_a_secret_of_another_form_is_refused_without_showing_it(name: str, value: str) -> None:
    with pytest.raises(UsageError) as failed:
        open_routes({VARIABLES[name]: value}, Limits(), time.time)
    assert VARIABLES[name] in str(failed.value)
    assert value not in str(failed.value)
