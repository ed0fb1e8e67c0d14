"""Ctrl-C while DuckDB runs a statement.

DuckDB checks for Ctrl-C only in the thread that waits for the result, and its other threads finish
their part of the statement first. Here Ctrl-C interrupts all of them. Python runs signal handlers
in the main thread only; in other threads these functions do nothing.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import duckdb

from campaign_live_widgets.errors import TemporaryFolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], object]


@contextmanager
def interruptible(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let Ctrl-C end a statement of *con* at once, in all the engine's threads."""
    before = _handler()
    if before is None:
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        con.interrupt()
        before(number, frame)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def held_back(con: duckdb.DuckDBPyConnection) -> Iterator[Callable[[], None]]:
    """Delay Ctrl-C to points where stopping leaves no half-done work.

    These are: in a statement of *con*, where the yielded function is called, and at the end.

    Raises
    ------
    KeyboardInterrupt
        At these points; after the error of a statement :func:`stop_if_interrupted` raises it.
    """
    before = _handler()
    if before is None:
        yield lambda: None
        return
    received: list[FrameType | None] = []

    def note(_number: int, frame: FrameType | None) -> None:
        received.append(frame)
        con.interrupt()

    def stop() -> None:
        if received:
            before(signal.SIGINT, received.pop())

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
        stop()  # also after another error: Ctrl-C must not be lost


def stop_if_interrupted(error: BaseException) -> None:
    """Raise what ends all work, not that with one file.

    :class:`KeyboardInterrupt` if Ctrl-C caused the error of a statement, and an error of the
    folder for temporary files.
    """
    if isinstance(error, TemporaryFolderError):
        raise error
    received = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    if received or isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt from error


def _handler() -> Handler | None:
    """Return what Ctrl-C calls now; ``None`` where it calls nothing here."""
    handler = signal.getsignal(signal.SIGINT)
    return handler if current_thread() is main_thread() and callable(handler) else None
