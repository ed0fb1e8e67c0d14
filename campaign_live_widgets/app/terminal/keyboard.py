"""The keys of a terminal, one by one and unseen; none where there is nobody to press them."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, suppress
from select import select
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = tty = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from queue import SimpleQueue

_KEY: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|.", re.DOTALL)
_LOOK: Final = 0.2
_before: list[Any] | None = None
"""The settings of the terminal to go back to."""


@contextmanager
def listening(inbox: SimpleQueue[object]) -> Iterator[bool]:
    """Put each key that is pressed into *inbox*; tell whether any can come.

    The terminal is as it was at the end. A program in the background may not touch it.
    """
    global _before  # noqa: PLW0603 - a process has one terminal
    if not _is_ours():
        yield False
        return
    fd, stopping = sys.stdin.fileno(), Event()
    _before = termios.tcgetattr(fd)
    thread = Thread(target=_read, args=(fd, inbox, stopping), daemon=True)
    tty.setcbreak(fd)
    try:
        thread.start()
        yield True
    finally:
        stopping.set()
        thread.join()
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(fd, termios.TCSAFLUSH, _before)
        _before = None


@contextmanager
def usual_keys() -> Iterator[None]:
    """Give the terminal back to the shell for a while."""
    if _before is None:
        yield
        return
    fd = sys.stdin.fileno()
    termios.tcsetattr(fd, termios.TCSADRAIN, _before)
    yield
    if _is_ours():
        tty.setcbreak(fd)


def _is_ours() -> bool:
    try:
        return (
            termios is not None
            and sys.stdin.isatty()
            and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        )
    except (OSError, ValueError):
        return False


def _read(fd: int, inbox: SimpleQueue[object], stopping: Event) -> None:
    while not stopping.is_set():
        try:
            if not select([fd], [], [], _LOOK)[0]:
                continue
            data = os.read(fd, 1024)
        except OSError:
            return
        if not data:
            return
        for key in _KEY.findall(data.decode(errors="replace")):
            inbox.put(key)
