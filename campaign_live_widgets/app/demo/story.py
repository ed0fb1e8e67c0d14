"""What the simulated campaign sends, and how often what comes of it."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

_T = TypeVar("_T")
Bounce: TypeAlias = tuple[str, str, str | None]
"""Type, reason and status code of a bounce."""


class Odds(Generic[_T]):
    """Values with their relative frequencies."""

    def __init__(self, weights: Mapping[_T, float]) -> None:
        self._values = tuple(weights)
        self._heaps = tuple(accumulate(weights.values()))

    def pick(self, random: Random) -> _T:
        """Return one value at random, by its frequency."""
        return self._values[bisect(self._heaps, random.random() * self._heaps[-1])]


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the campaign."""

    id: str
    name: str
    channel: str
    weight: float
    phase: float
    """Where in its cycle of sends the message starts, as a part of one."""
    appeal: float
    """By how much its open rate is higher than usual."""


MESSAGES: Final = (
    Message("email-announcement", "Winter sale is on", "email", 5, 0.0, 1.0),
    Message("email-loyalty", "Loyalty members first", "email", 3, 0.3, 1.5),
    Message("email-basket", "You left something behind", "email", 2, 0.6, 1.25),
    Message("email-last-days", "Last days", "email", 1.5, 0.8, 0.8),
    Message("push-flash", "Flash offer until midnight", "push", 3, 0.5, 1.2),
    Message("push-basket", "Your basket is waiting", "push", 2, 0.1, 1.0),
    Message("push-back-in-stock", "Back in stock", "push", 1, 0.7, 0.9),
)

DOMAINS: Final[Mapping[str, int]] = {
    "northmail.example": 34,
    "postbox.example": 20,
    "courriel.example": 12,
    "webmail.example": 9,
    "orchard.example": 6,
    "fibre.example": 5,
    "lettre.example": 4,
    "campus.example": 3,
    "harbour.example": 2,
    "atelier.example": 2,
    "bluebird.example": 2,
    "hilltop.example": 1,
}
"""Recipient domains and how often each of them occurs."""
PROVIDERS_FILE: Final = Path(__file__).with_name("providers.csv")
"""Their families of mailbox providers, as a file for the parameter ``providers``."""
RECIPIENT_DOMAINS: Final = Odds(DOMAINS)
PLATFORMS: Final = Odds({"ios": 52, "android": 43, "web": 5})
EXCLUSIONS: Final = {
    "email": Odds(
        {
            "EmailNoConsent": 40,
            "EmailSuppressed": 22,
            "ExcludedForControlRules": 16,
            "EmailNoAddressFoundInProfile": 9,
            "ExperimentationHoldoutExclusion": 7,
            "DomainSuppressed": 4,
            "EmailMalformedAddress": 2,
        }
    ),
    "push": Odds(
        {
            "PushNoConsent": 45,
            "PushNoTokenFoundInProfile": 30,
            "ExcludedForControlRules": 15,
            "PushMalformedProfile": 10,
        }
    ),
}
ERRORS: Final = {
    "email": Odds(
        {
            "EmailNoAddressFoundInProfileError": 50,
            "timeout": 25,
            "http": 15,
            "EmailNoBrandPresetDefinedError": 10,
        }
    ),
    "push": Odds(
        {
            "PushNoTokenFoundInProfileError": 55,
            "PushNoValidTokenFoundForAppsError": 30,
            "timeout": 15,
        }
    ),
}
BOUNCES: Final[Mapping[str, Odds[Bounce]]] = {
    "email": Odds(
        {
            ("hard", "Invalid-Recipient", "5.1.1"): 34,
            ("hard", "Generic-Bounce", "5.1.0"): 4,
            ("hard", "DNS-Failure", "5.1.2"): 5,
            ("hard", "Relaying-Denied", "5.7.1"): 2,
            ("soft", "Mailbox-Full", "5.2.2"): 17,
            ("soft", "Mailbox-Full", "4.2.2"): 5,
            ("soft", "Soft-Bounce", "4.3.0"): 5,
            ("soft", "Timeout", "4.4.1"): 6,
            ("soft", "Spam-Block", "5.7.1"): 5,
            ("soft", "Spam-Content", "5.6.0"): 2,
            ("soft", "Generic-Bounce", "5.7.26"): 3,
            ("ignored", "Auto-Reply", None): 9,
            ("ignored", "Undetermined", "550"): 3,
        }
    ),
    "push": Odds(
        {
            ("hard", "missingPushCredential", None): 70,
            ("soft", "malformedNotification", None): 30,
        }
    ),
}
LATE_BOUNCES: Final[Odds[Bounce]] = Odds(
    {
        ("hard", "Invalid-Recipient", "5.1.1"): 30,
        ("soft", "Mailbox-Full", "5.2.2"): 40,
        ("ignored", "Auto-Reply", None): 30,
    }
)
DELAYS: Final = Odds(
    {
        ("Mailbox-Full", "4.2.2"): 45,
        ("Timeout", "4.4.1"): 30,
        ("Transient-Failure", "4.3.2"): 25,
    }
)
"""Reason and code of a delay of e-mail."""

THROTTLING: Final = frozenset({"webmail.example", "fibre.example"})
"""Domains of the provider that throttles."""
THROTTLED_MINUTES: Final = (25, 40, 45)
"""It begins and ends at these minutes of a cycle, which is as long as the third number."""
THROTTLED_DELAYS: Final = Odds(
    {("Transient-Failure", "4.2.1"): 60, ("Spam-Block", "4.7.28"): 40},
)
THROTTLED_BOUNCES: Final[Odds[Bounce]] = Odds(
    {
        ("soft", "Spam-Block", "4.7.28"): 55,
        ("soft", "Mail-Block", "5.7.1"): 30,
        ("soft", "Transient-Failure", "4.2.1"): 15,
    }
)
"""How it refuses what is sent too fast."""

BUTTONS: Final = Odds({"dismiss": 50, "shop": 35, "later": 15})
LINKS: Final = Odds(
    {
        "https://shop.example/sale?utm_source=email&utm_campaign=winter-sale&t={token}": 52,
        "https://shop.example/basket/{token}": 22,
        "https://Shop.example/new/?t={token}#top": 14,
        "https://shop.example/u/{profile}%40{domain}/preferences": 7,
        "https://help.example/orders/{number}": 3,
        "mailto:help@shop.example?subject={token}": 2,
    }
)
"""Addresses of links, as senders write them: each with something about the person who clicks."""
MACHINE_OPENS: Final = Odds({"apple_privacy": 60, "prefetch": 30, "vendor_flag": 10})
MACHINE_CLICKS: Final = Odds({"vendor_event": 75, "vendor_flag": 25})
"""How machines were recognised."""
