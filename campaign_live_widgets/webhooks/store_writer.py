"""Bodies → the store, from a few threads; and whether the store can be written."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple, Unpack

from campaign_live_widgets.errors import SourceError, StoreError
from campaign_live_widgets.sources import holds
from campaign_live_widgets.sources.store_log import Log, State
from campaign_live_widgets.store import Appended, Store
from campaign_live_widgets.webhooks.backpressure import Room
from campaign_live_widgets.webhooks.errors import SOON, RefusedError, unreadable
from campaign_live_widgets.webhooks.parsing import unpacked, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.webhooks.auth.base import Route
    from campaign_live_widgets.webhooks.limits import Limits
    from campaign_live_widgets.webhooks.metrics import Metrics

_Given = TypeVarTuple("_Given")
_Result = TypeVar("_Result")
_THREADS: Final = 128
"""Calls of the store at once; those that wait share a commit."""
_PARSED: Final = 8
"""Parts of the bytes that may wait, of which one may be objects of Python, ten times as large."""
_PROOF: Final = 10.0
"""Seconds for which the store counts as one that can be written after it has been."""
_AGAIN: Final = 2.0
"""Seconds between two attempts at a store that could not be written."""
_PROBE: Final = ".receive-probe.tmp"
_PROBE_BYTES: Final = 1 << 20


class Writing:
    """Gives bodies to the store, and knows how it is."""

    def __init__(
        self, store: Store, limits: Limits, metrics: Metrics, say: Callable[[str], None]
    ) -> None:
        self._store, self._limits, self._metrics, self._say = store, limits, metrics, say
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="receive")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="receive-probe")
        self._room = Room(max(limits.body, limits.pending_bytes // _PARSED))
        self._why: str | None = None
        self._proven = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._state = State()

    async def store(
        self, route: Route, body: bytes, rows: list[Any] | None, *, packed: bool
    ) -> Appended:
        """Store the events of a body; they are on the disk when it returns.

        Raises
        ------
        RefusedError
            Where nothing of it has been stored.
        """
        async with self._room.of(self._limits.body if packed else len(body)):
            return await _run(self._pool, self._append, route, body, rows, packed)

    def _append(
        self,
        route: Route,
        body: bytes,
        rows: list[Any] | None,
        packed: bool,  # noqa: FBT001
    ) -> Appended:
        if rows is None:
            plain = unpacked(body, self._limits.body) if packed else body
            rows = values(plain, lines=route.lines)
        if not rows or (not route.foreign and not _of_format(rows, route.format)):
            return Appended(0, 0, 0)
        started = time.perf_counter()
        try:
            done = self._store.append(rows, format=route.format, name=route.name)
        except StoreError as error:
            self._fails(error)
            line = "the store cannot be written now; try again"
            raise RefusedError(503, "store", line, SOON) from None
        self._metrics.commit.observe(time.perf_counter() - started)
        self._works()
        return done

    # --- how the store is ------------------------------------------------------------------

    async def watch(self) -> None:
        """Try a store that could not be written again and again, until it can; never return."""
        while True:
            if self._why is not None:
                await self._look()
            await asyncio.sleep(_AGAIN)

    async def trouble(self) -> str | None:
        """Return why the store cannot be written, or nothing; look where that is not known."""
        if self._why is None and time.monotonic() - self._proven > _PROOF:
            try:
                await asyncio.wait_for(asyncio.shield(self._look()), _PROOF / 2)
            except TimeoutError:
                return "the store does not answer"
        return self._why

    async def newest_event(self) -> float | None:
        """Return the time of the newest event in the store, in seconds since the epoch."""
        return await _run(self._aside, self._newest)

    async def close(self) -> None:
        """Wait for what is being written, and let go of the store."""
        await asyncio.to_thread(self._pool.shutdown)
        await asyncio.to_thread(self._aside.shutdown)
        self._store.close()

    def _look(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(_run(self._aside, self._probe))
        return self._looking

    def _probe(self) -> None:
        """Write as much as a commit may need; after a failure also to the store itself."""
        path = self._store.path / _PROBE
        try:
            with path.open("wb") as stream:
                stream.write(bytes(_PROBE_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            path.unlink()
            if self._why is not None:
                self._store.append([])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
            with suppress(OSError):
                path.unlink()
            self._fails(error)
        else:
            self._works()

    def _fails(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        reason = (reason or "it cannot be written").removeprefix(f"{self._store.path}: ")
        if self._why is None:
            self._say(f"the store fails, and requests are told to come again: {reason}")
        self._why = reason
        self._metrics.ready.set(0)

    def _works(self) -> None:
        self._proven = time.monotonic()
        if self._why is not None:
            self._say("the store can be written again")
        self._why = None
        self._metrics.ready.set(1)

    def _newest(self) -> float | None:
        log = Log(self._store.path)
        news = log.after(self._state.number) if self._state.number else None
        try:
            self._state = log.state() if news is None else self._state
        except SourceError:
            return None
        for commit in news or ():
            self._state.apply(commit)
        newest = max((file.newest for file in self._state.files.values()), default=None)
        return None if newest is None else newest / 1e6


async def _run(
    pool: ThreadPoolExecutor, work: Callable[[Unpack[_Given]], _Result], *given: *_Given
) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(pool, work, *given)


def _of_format(rows: list[Any], name: str) -> bool:
    """Tell whether rows are to be stored: not where all they hold is an empty wrapper.

    Raises
    ------
    RefusedError
        Where there is something, and none of it is an event of the format.
    """
    found = holds(rows, name)
    if found is False:
        message = f"nothing in the body is an event of {name}"
        raise unreadable(message)
    return bool(found)
