"""A simulated campaign that sends, bounces, opens and clicks; each seed has its own events."""

from __future__ import annotations

import heapq
import math
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.demo import story
from campaign_live_widgets.app.demo.story import Odds
from campaign_live_widgets.io.clock import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign_live_widgets.app.demo.story import Message

Event = dict[str, Any]

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
    "machine_reason": "VARCHAR",
    "status_code": "VARCHAR",
}
"""The columns of an event, with their SQL types; null values are left out."""

_DISPATCHES_PER_SECOND: Final = 14.0
"""On average; with what follows from each, about 35 events a second."""
_RAMP: Final = 600.0
"""Seconds from the launch to full speed."""
_PROFILES: Final = 65_537  # a prime, so that every stride below visits every profile
_STRIDE: Final = 48_271


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
        self._messages: Odds[Message]
        self._sent = dict.fromkeys((m.id for m in story.MESSAGES), 0)

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

    def _message(self, now: float) -> Message:
        minute = (now - self._launch) // 60
        if minute != self._minute:
            turn = minute / 90
            self._minute, self._messages = (
                minute,
                Odds(
                    {
                        m: m.weight * (1 + 0.8 * math.sin(math.tau * (turn + m.phase)))
                        for m in story.MESSAGES
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
            reason = story.EXCLUSIONS[message.channel].pick(self._random)
            self._add(now, "excluded", common, names, reason=reason)
        elif fate < 0.06:  # noqa: PLR2004
            reason = story.ERRORS[message.channel].pick(self._random)
            self._add(now, "error", common, names, reason=reason)
        else:
            is_throttled = self._is_throttled(now, common)
            now = self._delayed(now, common, is_throttled=is_throttled)
            self._send(now, message, common, names, is_throttled=is_throttled)

    def _is_throttled(self, now: float, common: Event) -> bool:
        """Return whether the provider of the recipient takes little mail at this time."""
        first, last, cycle = story.THROTTLED_MINUTES
        minute = (now - self._launch) / 60 % cycle
        return common.get("domain") in story.THROTTLING and first <= minute < last

    def _delayed(self, now: float, common: Event, *, is_throttled: bool) -> float:
        """Schedule the delays of a message; return when it goes out."""
        chance = self._random.random
        delays = story.THROTTLED_DELAYS if is_throttled else story.DELAYS
        for _ in range(3):
            if chance() >= (0.6 if is_throttled else 0.015):
                break
            cause = {}
            if common["channel"] == "email":
                cause = dict(zip(("reason", "status_code"), delays.pick(self._random), strict=True))
            self._add(now, "delay", common, cause)
            now += 60 + 240 * chance()
        return now

    def _send(
        self, now: float, message: Message, common: Event, names: Event, *, is_throttled: bool
    ) -> None:
        self._add(now, "sent", common, names)
        troubled = 2.5 if common.get("domain") == "campus.example" else 1.0
        chance = self._random.random
        if is_throttled and chance() < 0.14:  # noqa: PLR2004
            self._bounce(now, common, story.THROTTLED_BOUNCES, is_async=False)
            return
        if chance() < 0.024 * troubled:
            self._bounce(now, common, story.BOUNCES[message.channel], is_async=False)
            return
        self._add(now, "delivered", common)
        if message.channel == "push":
            self._react_to_push(now, message, common)
        elif chance() < 0.006 * troubled:
            after = now + 20 + self._random.expovariate(1 / 240)
            self._bounce(after, common, story.LATE_BOUNCES, is_async=True)
        else:
            self._react_to_email(now, message, common)

    def _bounce(
        self, now: float, common: Event, odds: Odds[story.Bounce], *, is_async: bool
    ) -> None:
        kind, reason, code = odds.pick(self._random)
        answer = {} if code is None else {"status_code": code}
        self._add(now, "bounce", common, answer, bounce_type=kind, reason=reason, is_async=is_async)

    def _react_to_email(self, now: float, message: Message, common: Event) -> None:
        chance = self._random.random
        if chance() < 0.2:  # noqa: PLR2004
            how = {"is_machine": True, "machine_reason": story.MACHINE_OPENS.pick(self._random)}
            self._add(now + 1 + 8 * chance(), "open", common, how)
        if chance() < 0.015:  # noqa: PLR2004
            how = {"is_machine": True, "machine_reason": story.MACHINE_CLICKS.pick(self._random)}
            for _ in range(3):  # a scanner follows all links at once
                after = now + 2 + chance()
                self._add(after, "click", common, how, url=self._link(common))
        opened = now
        while chance() < 0.3 * message.appeal:
            opened += 15 + self._random.lognormvariate(6.3, 1.1)
            self._add(opened, "open", common, self._judged())
            if chance() < 0.2 * message.appeal:
                after = opened + 3 + 40 * chance()
                self._add(after, "click", common, self._judged(), url=self._link(common))
            if chance() < 0.012:  # noqa: PLR2004
                self._add(opened + 5 + 20 * chance(), "unsubscribe", common)
            if chance() < 0.002:  # noqa: PLR2004
                self._add(opened + 2 + 9 * chance(), "spam_complaint", common)

    def _judged(self) -> Event:
        """Return what is known of a person: mostly that it is no machine, at times nothing."""
        return {"is_machine": False} if self._random.random() < 0.8 else {}  # noqa: PLR2004

    def _link(self, common: Event) -> str:
        """Return the address of a link as senders write it, with what points at a person."""
        return story.LINKS.pick(self._random).format(
            token=f"{self._random.getrandbits(96):024x}",
            number=self._random.randrange(100_000, 1_000_000),
            profile=common["profile_id"],
            domain=common["domain"],
        )

    def _react_to_push(self, now: float, message: Message, common: Event) -> None:
        chance = self._random.random
        if chance() < 0.12 * message.appeal:
            self._add(now + 2 + self._random.lognormvariate(4.2, 1.3), "open", common)
        if chance() < 0.05 * message.appeal:
            after = now + 2 + self._random.lognormvariate(4.0, 1.2)
            self._add(after, "action", common, reason=story.BUTTONS.pick(self._random))

    def _common(self, message: Message) -> Event:
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
            common["domain"] = story.RECIPIENT_DOMAINS.pick(self._random)
        else:
            common["platform"] = story.PLATFORMS.pick(self._random)
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
