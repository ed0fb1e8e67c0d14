"""The pages that show a report, known from their messages, and what they have painted."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SILENCE_SECONDS: Final = 150.0
"""Silence after which a page counts as closed; hidden pages are slowed to a ping a minute."""
PROBE_SECONDS: Final = 0.1
"""How long an event loop may take to answer before it counts as blocked."""


@dataclass(slots=True)
class _Viewer:
    visible: bool
    last_message: float
    painted_tick: int


class Viewers:
    """The pages that show one report; messages arrive on the kernel's own threads.

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
        self._version = 0

    @property
    def version(self) -> int:
        """Return a number that grows with every message and every :meth:`wake`."""
        return self._version

    def on_message(self, message: Mapping[str, Any]) -> None:
        """Handle one message of a page."""
        with self._changed:
            with suppress(RuntimeError):  # not called from a loop
                self._loops.add(asyncio.get_running_loop())
            self._update(message)
        self.wake()

    def wake(self) -> None:
        """End every :meth:`wait`."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait(self, version: int, timeout: float | None = None) -> None:
        """Return once :attr:`version` differs from *version*, or after *timeout* seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout)

    def are_watching(self) -> bool:
        """Return whether any page is open and visible.

        A page that sends nothing for :data:`SILENCE_SECONDS` counts as closed, unless the
        kernel cannot receive messages at the moment.
        """
        visible = self._visible()
        since = self._monotonic() - SILENCE_SECONDS
        return any(viewer.last_message >= since for viewer in visible) or (
            bool(visible) and not self.can_be_received()
        )

    def have_unpainted(self, tick: int) -> bool:
        """Return whether a visible page has not painted *tick* yet."""
        since = self._monotonic() - SILENCE_SECONDS
        return any(
            viewer.painted_tick < tick and viewer.last_message >= since
            for viewer in self._visible()
        )

    def can_be_received(self) -> bool:
        """Return whether the kernel can receive their messages now.

        While a cell blocks a thread that handles messages, acknowledgements are not received,
        however fast the page is. JupyterLab alternates between a subshell's thread and the main
        thread, so every event loop that has handled a message must answer.
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

    def _update(self, message: Mapping[str, Any]) -> None:
        if "viewer" not in message:
            return
        name = str(message["viewer"])
        if message.get("type") == "bye":
            self._viewers.pop(name, None)
            return
        previous = self._viewers.get(name)
        painted = previous.painted_tick if previous is not None else -1
        tick = message.get("tick")
        self._viewers[name] = _Viewer(
            visible=bool(message.get("visible", True)),
            last_message=self._monotonic(),
            painted_tick=max(painted, tick) if isinstance(tick, int) else painted,
        )

    def _visible(self) -> list[_Viewer]:
        with self._changed:
            return [viewer for viewer in self._viewers.values() if viewer.visible]
