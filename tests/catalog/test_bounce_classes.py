from __future__ import annotations

from itertools import product

import pytest

from campaign_live_widgets.catalog import column_label, value_label
from campaign_live_widgets.catalog.bounce_classes import (
    ADVICE,
    BLOCKS,
    BOUNCE_CLASSES,
    NO_TEXT,
    UNCLASSIFIED,
    explain,
)

EXACT = {
    "4.1.1": "address",
    "5.1.1": "address",
    "4.1.3": "address",
    "5.1.3": "address",
    "4.1.6": "address",
    "5.1.6": "address",
    "5.2.1": "address",
    "4.1.2": "domain",
    "5.1.2": "domain",
    "4.1.10": "domain",
    "5.1.10": "domain",
    "4.4.4": "domain",
    "5.4.4": "domain",
    "4.2.2": "mailbox",
    "5.2.2": "mailbox",
    "4.2.4": "mailbox",
    "5.2.4": "mailbox",
    "4.4.1": "technical",
    "5.4.1": "technical",
    "4.4.7": "technical",
    "5.4.7": "technical",
    "4.7.28": "volume",
    "5.7.28": "volume",
    "4.2.1": "volume",
    "4.5.3": "volume",
    "5.5.3": "volume",
    "4.4.5": "volume",
    "5.4.5": "volume",
    "4.7.20": "authentication",
    "5.7.20": "authentication",
    "5.7.21": "authentication",
    "5.7.22": "authentication",
    "5.7.23": "authentication",
    "5.7.24": "authentication",
    "5.7.25": "authentication",
    "5.7.26": "authentication",
    "4.7.27": "authentication",
    "5.7.27": "authentication",
    "4.7.8": "authentication",
    "5.7.8": "authentication",
    "5.7.515": "authentication",
    "4.2.3": "content",
    "5.2.3": "content",
    "4.3.4": "content",
    "5.3.4": "content",
}
SUBJECTS = {
    "1": "address",
    "2": "mailbox",
    "3": "technical",
    "4": "technical",
    "5": "technical",
    "6": "content",
    "7": "reputation",
}
REASONS = {
    "Invalid-Recipient": "address",
    "Generic-Bounce-No-RCPT": "address",
    "DNS-Failure": "domain",
    "Relaying-Denied": "domain",
    "Mailbox-Full": "mailbox",
    "Timeout": "technical",
    "Transient-Failure": "technical",
    "Admin-Failure": "technical",
    "Soft-Bounce": "technical",
    "Mail-Block": "reputation",
    "Spam-Block": "reputation",
    "Spam-Content": "content",
    "Prohibited-Attachment": "content",
    "Too-Large": "content",
    "Auto-Reply": "reply",
    "Challenge-Response": "reply",
}
FALLING_THROUGH = (None, "", "Undetermined", "Generic-Bounce", "Spam-Complaint", "WeirdVendorCode")


def by_code(code: str | None) -> tuple[str | None, str | None]:
    """Return the classes of a code alone and of its subject, from the tables above."""
    if code is None or code[:2] not in {"4.", "5."} or code.count(".") != 2:
        return None, None
    return EXACT.get(code), SUBJECTS.get(code.split(".")[1])


def expected(reason: str | None, code: str | None, inside: str | None = None) -> str:
    """Return the class by the order of decisions, step by step."""
    exact, subject = by_code(code)
    steps = (exact, REASONS.get(reason or ""), subject, *by_code(inside))
    return next((step for step in steps if step is not None), "unclassified")


CODES = (
    None,
    "",
    "550",
    "421",
    "4.7.515",
    *EXACT,
    *(f"{c}.{s}.{d}" for c in "245" for s in range(9) for d in (0, 1, 2, 3, 9, 28, 515)),
)


@pytest.mark.parametrize(
    ("reason", "code", "expected_class"),
    [
        ("Generic-Bounce", "5.1.0", "address"),
        ("Mailbox-Full", "5.0.0", "mailbox"),
        ("Generic-Bounce", "5.7.26", "authentication"),
        ("Soft-Bounce", "4.2.1", "volume"),
        (None, "5.2.1", "address"),
        ("550 5.1.1 user unknown", None, "address"),
        ("WeirdVendorCode", None, "unclassified"),
        ("Spam-Block", "4.7.0", "reputation"),
        ("Relaying-Denied", "5.7.1", "domain"),
        ("Spam-Block", "5.7.28", "volume"),
        (None, None, "unclassified"),
        (None, "550", "unclassified"),
        (None, "2.1.5", "unclassified"),
        ("Mailbox-Full", "2.1.5", "mailbox"),
        ("2.1.5 accepted", None, "unclassified"),
        ("smtp; 550-5.7.1 refused", "5.0.0", "reputation"),
        ("550 5.1.1 user unknown", "5.7.1", "reputation"),
        ("host 4.1.1.9 did not answer", None, "unclassified"),
        ("host 10.5.1.1 did not answer", None, "unclassified"),
        ("refused: 5.1.1.", None, "address"),
        ("first 5.0.0 then 5.1.1", None, "unclassified"),
        ("mailbox-full", None, "unclassified"),
        (None, " 5.1.1 ", "address"),
        (None, "5.1.1 user unknown", "unclassified"),
        (None, "5.1.1\n5.7.1", "unclassified"),
    ],
)
def test_examples(reason: str | None, code: str | None, expected_class: str) -> None:
    assert explain(reason, code) == expected_class


def test_every_reason_with_every_code_follows_the_order() -> None:
    for reason, code in product((*REASONS, *FALLING_THROUGH), CODES):
        assert explain(reason, code) == expected(reason, code), (reason, code)


def test_every_code_inside_a_reason_follows_the_order() -> None:
    for inside, code in product(CODES, (None, "550", "5.0.0", "4.8.1", "5.7.1", "5.1.1")):
        reason = f"550 {inside} (no such user)"
        assert explain(reason, code) == expected(reason, code, inside), (reason, code)


def test_tables_name_each_code_subject_and_reason_once() -> None:
    classes = BOUNCE_CLASSES.values()
    assert {r: c.id for c in classes for r in c.reasons} == REASONS
    assert {s: c.id for c in classes for s in c.subjects} == SUBJECTS
    for values in ("codes", "subjects", "reasons"):
        named = [value for c in classes for value in getattr(c, values)]
        assert len(named) == len(set(named))


def test_classes_are_in_the_order_of_the_contract() -> None:
    assert [(c.id, c.title("en"), c.title("fr")) for c in BOUNCE_CLASSES.values()] == [
        ("address", "Address does not exist", "Adresse inexistante"),
        ("domain", "Domain takes no mail", "Domaine sans messagerie"),
        ("mailbox", "Mailbox full or closed", "Boîte pleine ou fermée"),
        ("technical", "Their server or the network", "Serveur ou réseau"),
        ("volume", "Too fast", "Trop rapide"),
        ("authentication", "Sender not proved", "Expéditeur non authentifié"),
        ("reputation", "Sender refused", "Expéditeur refusé"),
        ("content", "Content refused", "Contenu refusé"),
        ("reply", "An answer, no failure", "Réponse automatique"),
        ("unclassified", "Not explained", "Non expliqué"),
    ]
    assert set(BOUNCE_CLASSES) > BLOCKS == {"reputation", "authentication", "volume", "content"}


@pytest.mark.parametrize("class_id", BOUNCE_CLASSES)
def test_advice_is_complete_in_both_languages(class_id: str) -> None:
    texts = [getattr(BOUNCE_CLASSES[class_id], field) for field in ADVICE]
    assert all(text("en") and text("fr") for text in texts)
    assert all(text == NO_TEXT or text("en") != text("fr") for text in texts)
    assert (class_id == UNCLASSIFIED) == (BOUNCE_CLASSES[class_id].suppress == NO_TEXT)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_labels_name_classes_and_advice(locale: str) -> None:
    for class_id, bounce_class in BOUNCE_CLASSES.items():
        assert value_label("class", class_id, locale) == bounce_class.title(locale)
    assert value_label("class", "address", "fr") == "Adresse inexistante"
    assert [column_label(field, locale) for field in ADVICE] == [t(locale) for t in ADVICE.values()]
    assert value_label("verdict", "watch", locale) == {"en": "watch", "fr": "à surveiller"}[locale]
