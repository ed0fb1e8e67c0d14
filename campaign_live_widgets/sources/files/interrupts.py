"""Ctrl-C while the engine is at work.

By itself DuckDB hears Ctrl-C in the thread that waits for the answer alone: it gives up, but not
before its other threads, whom nobody tells, are through with the statement. Python runs handlers
of signals in the main thread only; in others nothing here does anything.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import duckdb

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
    """Let Ctrl-C break what is done only where that leaves it whole.

    That is: in a statement of *con*, where what is given is called, and at the end.

    Raises
    ------
    KeyboardInterrupt
        There; with a statement's error it is :func:`stop_if_interrupted` that raises it.
    """
    before = _handler()
    if before is None:
        yield lambda: None
        return
    heard: list[FrameType | None] = []

    def note(_number: int, frame: FrameType | None) -> None:
        heard.append(frame)
        con.interrupt()

    def stop() -> None:
        if heard:
            before(signal.SIGINT, heard.pop())

    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
        stop()  # also where something else has failed: Ctrl-C is not to be lost


def stop_if_interrupted(error: BaseException) -> None:
    """Raise what Ctrl-C is in Python where it came while the engine was at work."""
    heard = isinstance(error, RuntimeError) and str(error) == "Query interrupted"
    if heard or isinstance(error, duckdb.InterruptException):
        raise KeyboardInterrupt from error


def _handler() -> Handler | None:
    """Return what Ctrl-C calls now; ``None`` where it calls nothing here."""
    handler = signal.getsignal(signal.SIGINT)
    return handler if current_thread() is main_thread() and callable(handler) else None
