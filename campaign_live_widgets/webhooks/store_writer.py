"""Writes bodies to the store from a few threads, and monitors whether the store is writable."""

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
from campaign_live_widgets.store.unmapped import LONGEST_DAYS, MOST_BYTES
from campaign_live_widgets.webhooks.backpressure import ByteBudget
from campaign_live_widgets.webhooks.errors import RETRY_SOON, RequestRejectedError, invalid_body
from campaign_live_widgets.webhooks.parsing import decompress, parse_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.webhooks.auth.base import Route
    from campaign_live_widgets.webhooks.limits import Limits
    from campaign_live_widgets.webhooks.metrics import Metrics

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")
_THREADS: Final = 128
"""Concurrent calls of the store; those that wait share a commit."""
_PARSED_SHARE: Final = 8
"""One such part of the pending bytes is parsed at a time: parsing takes ten times the memory."""
_PROBE_VALID_SECONDS: Final = 10.0
"""Time for which the store counts as writable after a successful write."""
_RETRY_SECONDS: Final = 2.0
"""Time between two attempts to write to a store that failed."""
_PROBE_FILE: Final = ".receive-probe.tmp"
_PROBE_BYTES: Final = 1 << 20


class StoreWriter:
    """Appends the events of requests to a store."""

    def __init__(
        self, store: Store, limits: Limits, metrics: Metrics, log: Callable[[str], None]
    ) -> None:
        self._store, self._limits, self._metrics, self._log = store, limits, metrics, log
        self._append_threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="receive")
        self._probe_thread = ThreadPoolExecutor(1, thread_name_prefix="receive-probe")
        self._parsing = ByteBudget(max(limits.body, limits.pending_bytes // _PARSED_SHARE))
        self._failure: str | None = None
        self._written_at = float("-inf")
        self._probing: asyncio.Task[None] | None = None
        self._state = State()

    async def append(
        self, route: Route, body: bytes, rows: list[Any] | None, *, compressed: bool
    ) -> Appended:
        """Append the events of a body; they are on the disk when it returns.

        Parameters
        ----------
        rows : list or None
            The parsed rows; ``None`` if *body* is still to be parsed.

        Raises
        ------
        RequestRejectedError
            If nothing of the body has been stored.
        """
        async with self._parsing.reserve(self._limits.body if compressed else len(body)):
            return await _run(self._append_threads, self._append, route, body, rows, compressed)

    def _append(
        self,
        route: Route,
        body: bytes,
        rows: list[Any] | None,
        compressed: bool,  # noqa: FBT001
    ) -> Appended:
        if rows is None:
            content = decompress(body, self._limits.body) if compressed else body
            rows = parse_rows(content, ndjson=route.accepts_ndjson)
        takes_all = route.stores_other_rows or self._store.maps_any(route.format)
        if not rows or (not takes_all and not _has_events(rows, route.format)):
            return Appended(0, 0, 0)
        started = time.perf_counter()
        try:
            appended = self._store.append(
                rows, format=route.format, name=route.name, keeps_rejected=True
            )
        except StoreError as error:
            self._set_failed(error)
            line = "the store cannot be written now; try again"
            raise RequestRejectedError(503, "store", line, RETRY_SOON) from None
        self._metrics.commit_seconds.observe(time.perf_counter() - started)
        self._set_written()
        if appended.forgotten:
            self._log(
                f"{appended.forgotten:,} of the oldest rows that could not be mapped were deleted: "
                f"a store keeps {MOST_BYTES >> 20} MB of them for {LONGEST_DAYS} days"
            )
        return appended

    # --- whether the store is writable -----------------------------------------------------

    async def keep_retrying(self) -> None:
        """Probe a store that failed until it can be written again; never return."""
        while True:
            if self._failure is not None:
                await self._start_probe()
            await asyncio.sleep(_RETRY_SECONDS)

    async def failure(self) -> str | None:
        """Return why the store cannot be written, or ``None``; probe it if no write is recent."""
        is_recent = time.monotonic() - self._written_at <= _PROBE_VALID_SECONDS
        if self._failure is None and not is_recent:
            try:
                await asyncio.wait_for(
                    asyncio.shield(self._start_probe()), _PROBE_VALID_SECONDS / 2
                )
            except TimeoutError:
                return "the store does not answer"
        return self._failure

    async def newest_event(self) -> float | None:
        """Return the time of the newest event in the store, in seconds since the epoch."""
        return await _run(self._probe_thread, self._newest)

    async def close(self) -> None:
        """Wait for running writes, and close the store."""
        await asyncio.to_thread(self._append_threads.shutdown)
        await asyncio.to_thread(self._probe_thread.shutdown)
        self._store.close()

    def _start_probe(self) -> asyncio.Task[None]:
        """Return the running probe, or a new one."""
        if self._probing is None or self._probing.done():
            self._probing = asyncio.ensure_future(_run(self._probe_thread, self._probe))
        return self._probing

    def _probe(self) -> None:
        """Write as many bytes as a commit may need; after a failure, also an empty commit."""
        path = self._store.path / _PROBE_FILE
        try:
            with path.open("wb") as stream:
                stream.write(bytes(_PROBE_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
            path.unlink()
            if self._failure is not None:
                self._store.append([])
        except Exception as error:  # noqa: BLE001 - whatever it is, the probe is repeated
            with suppress(OSError):
                path.unlink()
            self._set_failed(error)
        else:
            self._set_written()

    def _set_failed(self, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        reason = (reason or "it cannot be written").removeprefix(f"{self._store.path}: ")
        if self._failure is None:
            self._log(f"the store cannot be written; requests get 503 until it can: {reason}")
        self._failure = reason
        self._metrics.ready.set(0)

    def _set_written(self) -> None:
        self._written_at = time.monotonic()
        if self._failure is not None:
            self._log("the store can be written again")
        self._failure = None
        self._metrics.ready.set(1)

    def _newest(self) -> float | None:
        log = Log(self._store.path)
        commits = log.after(self._state.number) if self._state.number else None
        try:
            self._state = log.state() if commits is None else self._state
        except SourceError:
            return None
        for commit in commits or ():
            self._state.apply(commit)
        newest = max((file.newest for file in self._state.files.values()), default=None)
        return None if newest is None else newest / 1e6


async def _run(
    threads: ThreadPoolExecutor,
    function: Callable[[Unpack[_Arguments]], _Result],
    *arguments: *_Arguments,
) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)


def _has_events(rows: list[Any], name: str) -> bool:
    """Return whether rows contain events of a format; False if they are only empty wrappers.

    Raises
    ------
    RequestRejectedError
        If they contain something else, and no event of the format.
    """
    has_events = holds(rows, name)
    if has_events is False:
        message = f"nothing in the body is an event of {name}"
        raise invalid_body(message)
    return bool(has_events)
