"""The events that vendors post give the report that the oracle computes from them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import check
from tests import oracle
from tests.support.events import generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.servers import mail_signing
from tests.support.servers import webhook_signing as signing
from tests.support.servers.receiver_process import BEARER, EVENTS, TOKEN, Running, running
from tests.support.vendors import generate_vendors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.vendors.generate_vendors import Made

    Row = dict[str, Any]
    Post = Callable[[Running, list[Any]], tuple[int, Row]]

pytestmark = pytest.mark.usefixtures("processes")

LOGIN = "hook:password-of-the-tests"
ONE = (
    *("ses", "mailgun", "postmark", "customerio", "iterable", "onesignal"),
    *("brevo", "resend", "mailersend", "postal"),
)
"""Vendors that post one event in a request."""


def without_envelope(raw: Any) -> Any:  # noqa: ANN401 - whatever a vendor sends
    """Return an event of SES or Mailgun without the envelopes that other transports add."""
    for name in ("Records", "items"):
        if isinstance(raw.get(name), list):
            return without_envelope(raw[name][0])
    for name in ("Sns", "detail", "event-data", "body", "Message"):
        if isinstance(raw.get(name), (dict, str)) and "eventType" not in raw:
            inner = raw[name]
            if isinstance(inner, str) and not inner.lstrip().startswith("{"):
                return raw
            return without_envelope(json.loads(inner) if isinstance(inner, str) else inner)
    return raw


class Vendor:
    """One vendor: its secrets, and how many events it posts in a request."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.together = name, 1 if name in ONE else 100
        self._sendgrid, self._mailgun = signing.SendGrid(), signing.Mailgun()
        self._customerio, self._klaviyo = signing.CustomerIo(), signing.Klaviyo()
        self._mail = {
            "mandrill": mail_signing.Mandrill(),
            "resend": mail_signing.Resend(),
            "mailersend": mail_signing.BodyHmac("Signature"),
            "mailtrap": mail_signing.BodyHmac("Mailtrap-Signature"),
            "postal": mail_signing.Postal(),
        }
        authority = signing.Authority()
        self._sns = signing.Sns(authority)
        (folder / "roots.pem").write_bytes(signing.pem(authority.root))
        chain = signing.pem(self._sns.certificate, authority.between)
        (folder / signing.CERTIFICATE).write_bytes(chain)
        self.options = (
            *("--sns-certificates", str(folder)),
            *("--sns-roots", str(folder / "roots.pem")),
        )
        self.secrets = EVENTS | {
            "CAMPAIGN_LIVE_SENDGRID_KEYS": self._sendgrid.public,
            "CAMPAIGN_LIVE_MAILGUN_KEYS": self._mailgun.key,
            "CAMPAIGN_LIVE_CUSTOMERIO_KEYS": self._customerio.key,
            "CAMPAIGN_LIVE_KLAVIYO_KEYS": self._klaviyo.key,
            "CAMPAIGN_LIVE_BRAZE_TOKENS": TOKEN,
            "CAMPAIGN_LIVE_ITERABLE_TOKENS": TOKEN,
            "CAMPAIGN_LIVE_ONESIGNAL_TOKENS": TOKEN,
            "CAMPAIGN_LIVE_POSTMARK_LOGINS": LOGIN,
            "CAMPAIGN_LIVE_SPARKPOST_LOGINS": LOGIN,
            "CAMPAIGN_LIVE_BREVO_LOGINS": LOGIN,
            "CAMPAIGN_LIVE_MAILJET_LOGINS": LOGIN,
            "CAMPAIGN_LIVE_SES_TOPICS": signing.TOPIC,
            "CAMPAIGN_LIVE_MANDRILL_KEYS": self._mail["mandrill"].secret,
            "CAMPAIGN_LIVE_RESEND_SECRETS": self._mail["resend"].secret,
            "CAMPAIGN_LIVE_MAILERSEND_SECRETS": self._mail["mailersend"].secret,
            "CAMPAIGN_LIVE_MAILTRAP_SECRETS": self._mail["mailtrap"].secret,
            "CAMPAIGN_LIVE_POSTAL_KEYS": self._mail["postal"].secret,
        }

    def requests(self, rows: list[Any]) -> Iterator[tuple[bytes, dict[str, str]]]:  # noqa: C901 - one for each vendor
        for start in range(0, len(rows), self.together):
            some = rows[start : start + self.together]
            if self.name == "sendgrid":
                yield self._sendgrid.posted(some)
            elif self.name == "mailgun":
                yield self._mailgun.posted(without_envelope(some[0]))
            elif self.name == "customerio":
                yield self._customerio.posted(self._body(some, start))
            elif self.name == "klaviyo":
                yield self._klaviyo.posted(some)
            elif self.name == "braze":
                yield json.dumps({"events": some}).encode(), BEARER
            elif self.name in ("iterable", "onesignal"):
                yield json.dumps(some[0]).encode(), BEARER
            elif self.name in self._mail:
                yield self._mail[self.name].posted(self._body(some, start))
            elif self.name == "ses":
                yield signing.posted(self._sns.message(json.dumps(without_envelope(some[0]))))
            elif self.name == "events":
                yield json.dumps(some, default=datetime.isoformat).encode(), BEARER
            else:
                body = some[0] if self.together == 1 else some
                yield json.dumps(body).encode(), signing.basic(LOGIN)

    def _body(self, some: list[Any], number: int) -> Any:  # noqa: ANN401 - JSON
        """Return the body of a request; the same body once more would be one sent again."""
        if self.name == "mailtrap":
            return {"events": [one for raw in some for one in raw.get("events", [raw])]}
        return some if self.name == "mandrill" else some[0] | {"of the test": number}


def posted(vendor: Vendor, receiver: Running, rows: list[Any]) -> tuple[Row, list[int]]:
    """Post all rows; return the sum of the answers, and which requests got a 400."""
    outcomes = dict.fromkeys(("stored", "duplicates", "rejected", "ignored"), 0)
    rejected = []
    with ThreadPoolExecutor(16) as pool:
        requests = [(f"/{vendor.name}", *request) for request in vendor.requests(rows)]
        for number, got in enumerate(pool.map(lambda request: receiver.ask(*request), requests)):
            if got.status == 400:
                rejected.append(number)
                continue
            assert got.status == 200, got.content
            outcomes = {name: outcomes[name] + got.content[name] for name in outcomes}
    return outcomes, rejected


def expected_report(
    events: list[Row], window: str, *, tests: bool, ignored: int, rejected: int
) -> Row:
    report = oracle.report(
        pd.DataFrame(events, columns=list(oracle.COLUMNS), dtype=object),
        "c1",
        AT,
        WINDOWS[window],
        include_tests=tests,
        ignored=ignored,
        rejected=rejected,
    )
    report["health"]["duplicates"] = 0  # a store holds none
    return report


def assert_report(folder: Path, window: str, expected: Row, *, tests: bool) -> None:
    snapshot = open_rollup(folder, "c1", follow=False).snapshot(
        at=AT, window=WINDOWS[window], include_tests=tests
    )
    got = to_json(snapshot)
    got.pop("rejects", None)
    assert got["health"] == expected["health"]
    assert got == expected


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("name", sorted(set(generate_vendors.VENDORS) - {"airship", "fcm"}))
def test_posted_vendor_events_give_the_report_of_the_oracle(tmp_path: Path, name: str) -> None:
    vendor = Vendor(name, tmp_path)
    made: list[Made] = generate_vendors.rows(name, seed=len(name), size=150)
    with running(tmp_path / "receiver", vendor.secrets, *vendor.options) as receiver:
        outcomes, rejected = posted(vendor, receiver, [one.raw for one in made])
        metrics = receiver.metrics()
        output = receiver.output()
        assert receiver.stop() == 0
    counts = {
        "ignored": sum(one.events == [] for one in made),
        "rejected": sum(one.events is None for one in made) - len(rejected),
    }
    # a request whose only row is not an event of the vendor gets 400, and is not stored
    assert all(made[number].events is None for number in rejected)
    assert vendor.together == 1 or not rejected
    events = [event for one in made for event in one.events or ()]
    for window, tests in (("24h", True), ("30d", False)):
        expected = expected_report(events, window, tests=tests, **counts)
        assert_report(receiver.folder, window, expected, tests=tests)
    distinct = len({event["event_id"] for event in events})
    assert outcomes == counts | {"stored": distinct, "duplicates": len(events) - distinct}
    for outcome, count in outcomes.items():
        key = f'campaign_live_receive_events_total{{outcome="{outcome}",route="{name}"}}'
        assert metrics[key] == count
    assert check(receiver.folder).problems == []
    assert "isp0" not in output
    assert "@" not in output


def test_posted_canonical_events_give_the_report_of_the_oracle(tmp_path: Path) -> None:
    vendor = Vendor("events", tmp_path)
    rows = generate.events(17, 300)
    with running(tmp_path / "receiver", vendor.secrets) as receiver:
        outcomes, rejected = posted(vendor, receiver, rows)
    good = [row for row in rows if oracle.event(row)]
    assert (rejected, outcomes["rejected"]) == ([], len(rows) - len(good))
    report = expected_report(rows, "24h", tests=False, ignored=0, rejected=outcomes["rejected"])
    report["health"]["rejected"] = outcomes["rejected"]
    assert_report(receiver.folder, "24h", report, tests=False)
