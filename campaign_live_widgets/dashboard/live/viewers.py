"""Who looks at the report, as the page's messages tell, and what they have yet to paint."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GONE_SECONDS: Final = 150.0
"""Silence after which a page counts as closed; hidden pages are slowed to a ping a minute."""
PROBE_SECONDS: Final = 0.1


@dataclass(slots=True)
class _Viewer:
    visible: bool
    heard: float
    painted: int


class Audience:
    """The pages that show one report; messages come in on the kernel's own threads.

    Parameters
    ----------
    monotonic : callable
        A clock that never goes back, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._viewers: dict[str, _Viewer] = {}
        self._loops: set[asyncio.AbstractEventLoop] = set()
        self._changed = Condition()
        self._news = 0

    @property
    def news(self) -> int:
        """Return a number that grows with every message and nudge."""
        return self._news

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take in one message of a page."""
        with self._changed:
            with suppress(RuntimeError):  # not called from a loop
                self._loops.add(asyncio.get_running_loop())
            self._note(message)
        self.nudge()

    def nudge(self) -> None:
        """End every :meth:`wait`."""
        with self._changed:
            self._news += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float | None = None) -> None:
        """Return once :attr:`news` is no longer *seen*, or after *timeout* seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._news != seen, timeout)

    def looking(self) -> bool:
        """Return whether any page is open and in front.

        A page that has fallen silent counts as closed, unless it is the kernel that cannot
        listen.
        """
        in_front = self._in_front()
        since = self._monotonic() - GONE_SECONDS
        return any(v.heard >= since for v in in_front) or (bool(in_front) and not self.answers())

    def owes(self, tick: int) -> bool:
        """Return whether a page in front has not yet painted *tick*."""
        since = self._monotonic() - GONE_SECONDS
        return any(v.painted < tick and v.heard >= since for v in self._in_front())

    def answers(self) -> bool:
        """Return whether the kernel can take in messages now.

        While a cell blocks a thread that handles messages, an acknowledgement may not be
        heard, however fast the page is. JupyterLab uses a subshell's thread and the main one
        by turns, so every loop that has handled a message must answer.
        """
        with self._changed:
            self._loops = {loop for loop in self._loops if not loop.is_closed()}
            loops = tuple(self._loops)
        until = self._monotonic() + PROBE_SECONDS
        answered = [Event() for _ in loops]
        for loop, event in zip(loops, answered, strict=True):
            with suppress(RuntimeError):  # closed since
                loop.call_soon_threadsafe(event.set)
        return all(event.wait(max(0.0, until - self._monotonic())) for event in answered)

    def _note(self, message: Mapping[str, Any]) -> None:
        name = str(message.get("viewer", ""))
        if message.get("type") == "bye":
            self._viewers.pop(name, None)
            return
        known = self._viewers.get(name)
        painted = known.painted if known is not None else -1
        tick = message.get("tick")
        self._viewers[name] = _Viewer(
            visible=bool(message.get("visible", True)),
            heard=self._monotonic(),
            painted=max(painted, tick) if isinstance(tick, int) else painted,
        )

    def _in_front(self) -> list[_Viewer]:
        with self._changed:
            return [viewer for viewer in self._viewers.values() if viewer.visible]
