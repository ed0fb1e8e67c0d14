"""A simulated campaign that sends, bounces, opens and clicks; each seed has its own events."""

from __future__ import annotations

import heapq
import math
from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from campaign_live_widgets.io.clock import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Event = dict[str, Any]
_T = TypeVar("_T")

CAMPAIGN_ID: Final = "winter-sale"
CAMPAIGN_NAME: Final = "Winter sale"
COLUMNS: Final[Mapping[str, str]] = {
    "event_id": "VARCHAR",
    "timestamp": "TIMESTAMPTZ",
    "campaign_id": "VARCHAR",
    "campaign_name": "VARCHAR",
    "message_id": "VARCHAR",
    "message_name": "VARCHAR",
    "channel": "VARCHAR",
    "profile_id": "VARCHAR",
    "event_type": "VARCHAR",
    "reason": "VARCHAR",
    "bounce_type": "VARCHAR",
    "is_async": "BOOLEAN",
    "domain": "VARCHAR",
    "platform": "VARCHAR",
    "execution_id": "VARCHAR",
    "variant": "VARCHAR",
    "url": "VARCHAR",
    "is_test": "BOOLEAN",
    "is_machine": "BOOLEAN",
}
"""The columns of an event, with their SQL types; null values are left out."""

_DISPATCHES_PER_SECOND: Final = 14.0
"""On average; with what follows from each, about 35 events a second."""
_RAMP: Final = 600.0
"""Seconds from the launch to full speed."""
_PROFILES: Final = 65_537  # a prime, so that every stride below visits every profile
_STRIDE: Final = 48_271


class _Odds(Generic[_T]):
    """Values with their relative frequencies."""

    def __init__(self, weights: Mapping[_T, float]) -> None:
        self._values = tuple(weights)
        self._heaps = tuple(accumulate(weights.values()))

    def pick(self, random: Random) -> _T:
        return self._values[bisect(self._heaps, random.random() * self._heaps[-1])]


@dataclass(frozen=True, slots=True)
class _Message:
    id: str
    name: str
    channel: str
    weight: float
    phase: float
    """Where in its cycle of sends the message starts, as a part of one."""
    appeal: float
    """By how much its open rate is higher than usual."""


_MESSAGES: Final = (
    _Message("email-announcement", "Winter sale is on", "email", 5, 0.0, 1.0),
    _Message("email-loyalty", "Loyalty members first", "email", 3, 0.3, 1.5),
    _Message("email-basket", "You left something behind", "email", 2, 0.6, 1.25),
    _Message("email-last-days", "Last days", "email", 1.5, 0.8, 0.8),
    _Message("push-flash", "Flash offer until midnight", "push", 3, 0.5, 1.2),
    _Message("push-basket", "Your basket is waiting", "push", 2, 0.1, 1.0),
    _Message("push-back-in-stock", "Back in stock", "push", 1, 0.7, 0.9),
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
_DOMAINS: Final = _Odds(DOMAINS)
_PLATFORMS: Final = _Odds({"ios": 52, "android": 43, "web": 5})
_EXCLUSIONS: Final = {
    "email": _Odds(
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
    "push": _Odds(
        {
            "PushNoConsent": 45,
            "PushNoTokenFoundInProfile": 30,
            "ExcludedForControlRules": 15,
            "PushMalformedProfile": 10,
        }
    ),
}
_ERRORS: Final = {
    "email": _Odds(
        {
            "EmailNoAddressFoundInProfileError": 50,
            "timeout": 25,
            "http": 15,
            "EmailNoBrandPresetDefinedError": 10,
        }
    ),
    "push": _Odds(
        {
            "PushNoTokenFoundInProfileError": 55,
            "PushNoValidTokenFoundForAppsError": 30,
            "timeout": 15,
        }
    ),
}
_BOUNCES: Final = {
    "email": _Odds(
        {
            ("hard", "Invalid-Recipient"): 38,
            ("hard", "DNS-Failure"): 7,
            ("soft", "Mailbox-Full"): 22,
            ("soft", "Soft-Bounce"): 9,
            ("soft", "Timeout"): 6,
            ("soft", "Spam-Block"): 5,
            ("ignored", "Auto-Reply"): 10,
            ("ignored", "Undetermined"): 3,
        }
    ),
    "push": _Odds(
        {
            ("hard", "missingPushCredential"): 70,
            ("soft", "malformedNotification"): 30,
        }
    ),
}
_LATE_BOUNCES: Final = _Odds(
    {
        ("hard", "Invalid-Recipient"): 30,
        ("soft", "Mailbox-Full"): 40,
        ("ignored", "Auto-Reply"): 30,
    }
)
_BUTTONS: Final = _Odds({"dismiss": 50, "shop": 35, "later": 15})
_LINKS: Final = _Odds(
    {
        "https://shop.example/sale": 60,
        "https://shop.example/basket": 25,
        "https://shop.example/new": 15,
    }
)


class Simulation:
    """The events of one campaign, in the order in which they arrive.

    Parameters
    ----------
    seed : int
        Two simulations of the same seed and start give the same events.
    start : datetime
        When the campaign is launched.
    speed : float
        How many times as many messages go out as usual; may be changed on the way.
    """

    def __init__(self, seed: int, start: datetime, *, speed: float = 1.0) -> None:
        self.start = start.astimezone(UTC)
        self.speed = speed
        self._random = Random(seed)  # noqa: S311 - chance for a story, not for secrets
        self._launch = self.start.timestamp()
        self._next_dispatch = self._launch
        self._pending: list[tuple[float, int, Event]] = []
        self._made = 0
        self._minute = -1.0
        self._messages: _Odds[_Message]
        self._sent = dict.fromkeys((m.id for m in _MESSAGES), 0)

    def events(self, until: datetime) -> Iterator[Event]:
        """Yield what arrives before *until* and has not been yielded yet.

        The keys are those of :data:`COLUMNS`; ``timestamp`` is RFC 3339. A late event
        arrives after its timestamp, never before. Over all events and every window,
        sent = delivered + bounces, as the report counts them.
        """
        end = until.timestamp()
        while True:
            if self._pending and self._pending[0][0] <= self._next_dispatch:
                if self._pending[0][0] >= end:
                    return
                yield heapq.heappop(self._pending)[2]
            elif self._next_dispatch < end:
                self._dispatch(self._next_dispatch)
                self._next_dispatch += self._random.expovariate(self._rate(self._next_dispatch))
            else:
                return

    def _rate(self, now: float) -> float:
        """Return how many messages go out in a second: a tide with ripples on it."""
        age = now - self._launch
        tide = 1 + 0.45 * math.sin(age / 450) + 0.2 * math.sin(age / 110)
        return _DISPATCHES_PER_SECOND * self.speed * tide * min(1.0, 0.05 + age / _RAMP)

    def _message(self, now: float) -> _Message:
        minute = (now - self._launch) // 60
        if minute != self._minute:
            turn = minute / 90
            self._minute, self._messages = (
                minute,
                _Odds(
                    {
                        m: m.weight * (1 + 0.8 * math.sin(math.tau * (turn + m.phase)))
                        for m in _MESSAGES
                    }
                ),
            )
        return self._messages.pick(self._random)

    def _dispatch(self, now: float) -> None:
        """Send one message to one profile, and schedule all that will come of it."""
        message = self._message(now)
        common = self._common(message)
        names = {"campaign_name": CAMPAIGN_NAME, "message_name": message.name}
        chance = self._random.random
        fate = chance()
        if fate < 0.045:  # noqa: PLR2004 - the odds of a story read best where they fall
            reason = _EXCLUSIONS[message.channel].pick(self._random)
            self._add(now, "excluded", common, names, reason=reason)
        elif fate < 0.06:  # noqa: PLR2004
            reason = _ERRORS[message.channel].pick(self._random)
            self._add(now, "error", common, names, reason=reason)
        else:
            if chance() < 0.015:  # noqa: PLR2004
                self._add(now, "delay", common)
                now += 60 + 240 * chance()
            self._send(now, message, common, names)

    def _send(self, now: float, message: _Message, common: Event, names: Event) -> None:
        self._add(now, "sent", common, names)
        troubled = 2.5 if common.get("domain") == "campus.example" else 1.0
        chance = self._random.random
        if chance() < 0.024 * troubled:
            kind, reason = _BOUNCES[message.channel].pick(self._random)
            self._add(now, "bounce", common, bounce_type=kind, reason=reason, is_async=False)
            return
        self._add(now, "delivered", common)
        if message.channel == "push":
            self._react_to_push(now, message, common)
        elif chance() < 0.006 * troubled:
            kind, reason = _LATE_BOUNCES.pick(self._random)
            after = now + 20 + self._random.expovariate(1 / 240)
            self._add(after, "bounce", common, bounce_type=kind, reason=reason, is_async=True)
        else:
            self._react_to_email(now, message, common)

    def _react_to_email(self, now: float, message: _Message, common: Event) -> None:
        chance = self._random.random
        if chance() < 0.1:  # noqa: PLR2004
            self._add(now + 1 + 8 * chance(), "open", common, is_machine=True)
        opened = now
        while chance() < 0.3 * message.appeal:
            opened += 15 + self._random.lognormvariate(6.3, 1.1)
            self._add(opened, "open", common)
            if chance() < 0.2 * message.appeal:
                after = opened + 3 + 40 * chance()
                self._add(after, "click", common, url=_LINKS.pick(self._random))
            if chance() < 0.012:  # noqa: PLR2004
                self._add(opened + 5 + 20 * chance(), "unsubscribe", common)
            if chance() < 0.002:  # noqa: PLR2004
                self._add(opened + 2 + 9 * chance(), "spam_complaint", common)

    def _react_to_push(self, now: float, message: _Message, common: Event) -> None:
        chance = self._random.random
        if chance() < 0.12 * message.appeal:
            self._add(now + 2 + self._random.lognormvariate(4.2, 1.3), "open", common)
        if chance() < 0.05 * message.appeal:
            after = now + 2 + self._random.lognormvariate(4.0, 1.2)
            self._add(after, "action", common, reason=_BUTTONS.pick(self._random))

    def _common(self, message: _Message) -> Event:
        """Return what all events of one send share."""
        run, place = divmod(self._sent[message.id], _PROFILES)
        self._sent[message.id] += 1
        common: Event = {
            "campaign_id": CAMPAIGN_ID,
            "message_id": message.id,
            "channel": message.channel,
            "profile_id": f"p{place * _STRIDE % _PROFILES:05d}",
            "execution_id": f"run-{run + 1}",
            "variant": "A" if self._random.random() < 0.5 else "B",  # noqa: PLR2004
        }
        if message.channel == "email":
            common["domain"] = _DOMAINS.pick(self._random)
        else:
            common["platform"] = _PLATFORMS.pick(self._random)
        if self._random.random() < 0.004:  # noqa: PLR2004
            common["is_test"] = True
        return common

    def _add(self, now: float, kind: str, *parts: Event, **more: object) -> None:
        """Schedule an event; a few arrive late, a few arrive twice."""
        event: Event = {
            "event_id": f"{int(self._launch):x}-{self._made:x}",
            "timestamp": rfc3339(datetime.fromtimestamp(now, UTC), "milliseconds"),
            "event_type": kind,
        }
        for part in (*parts, more):
            event.update(part)
        arrival = now
        # What is counted against each other arrives together, so that the sums always hold.
        if kind in {"open", "click", "action"} and self._random.random() < 0.01:  # noqa: PLR2004
            arrival += 60 + 600 * self._random.random()
        heapq.heappush(self._pending, (arrival, self._made, event))
        if self._random.random() < 0.002:  # noqa: PLR2004
            again = arrival + 1 + 30 * self._random.random()
            heapq.heappush(self._pending, (again, self._made, event))
        self._made += 1
