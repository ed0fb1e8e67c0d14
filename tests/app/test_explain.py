"""``campaign-live explain``: classes of bounces at the command line."""

from __future__ import annotations

import json

import pytest

from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from tests.support.cli import call


def explained(*arguments: str) -> dict[str, str | None]:
    run = call("explain", *arguments, "--format", "json")
    assert (run.code, run.err) == (0, "")
    facts: dict[str, str | None] = json.loads(run.out)
    return facts


def test_text_in_english() -> None:
    run = call("explain", "5.7.26", "Generic-Bounce")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [
        "Sender not proved (authentication)",
        "  Code       5.7.26",
        "  Reason     Generic-Bounce (Generic Bounce)",
        "  Owner      DNS owner",
        "  Retry      no",
        "  Suppress   no",
        "  Next step  Check SPF, DKIM and DMARC of the sending domain.",
    ]


def test_text_in_french() -> None:
    run = call("explain", "Mailbox-Full", "--locale", "fr")
    assert (run.code, run.err) == (0, "")
    assert run.out.splitlines() == [
        "Boîte pleine ou fermée (mailbox)",
        "  Cause              Mailbox-Full (Boîte pleine)",
        "  Responsable        personne",
        "  Nouvel envoi       oui",
        "  Exclure l'adresse  après 5 rebonds",
        "  À faire            Laissez les reprises se faire.",
    ]


def test_json_has_the_same_fields_for_every_class() -> None:
    assert explained("5.1.1") == {
        "status_code": "5.1.1",
        "reason": None,
        "class": "address",
        "title": "Address does not exist",
        "owner": "list owner",
        "retry": "no",
        "suppress": "yes",
        "next_step": "Take it off the list; find where it was collected.",
    }
    reply = explained("Auto-Reply", "--locale", "fr")
    assert (reply["title"], reply["retry"], reply["next_step"]) == (
        "Réponse automatique",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("arguments", "class_id"),
    [
        (("4.2.1",), "volume"),
        (("Soft-Bounce", "4.2.1"), "volume"),
        (("4.2.1", "Soft-Bounce"), "volume"),
        (("550 5.1.1 user unknown",), "address"),
        (("550 5.1.1 user unknown", "550"), "address"),
        (("550",), "unclassified"),
        (("2.1.5",), "unclassified"),
        (("WeirdVendorCode",), "unclassified"),
        (("spam-CONTENT",), "content"),
        ((" 5.2.2 ",), "mailbox"),
    ],
)
def test_a_code_a_reason_or_both(arguments: tuple[str, ...], class_id: str) -> None:
    facts = explained(*arguments)
    assert facts["class"] == class_id
    assert facts["title"] == BOUNCE_CLASSES[class_id].title("en")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "missing argument"),
        (("5.1.1", "5.7.1"), "give one code, one reason, or both"),
        (("550", "user", "unknown"), "put a reply of several words in quotes"),
        (("user", "unknown"), "put a reply of several words in quotes"),
        ((" ",), "the reason is empty"),
        (("5.1.1", "--locale", "de"), "'de' is not one of"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    run = call("explain", *arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert run.err.count("\n") == 1


def test_a_reply_cannot_command_the_terminal() -> None:
    run = call("explain", "5.1.1 \x1b[2J\x07 unknown\nsecond line")
    assert run.code == 0
    assert run.out.count("\n") == 6
    assert all(c.isprintable() or c == "\n" for c in run.out)
