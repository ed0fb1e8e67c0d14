"""The processes of a server: started from one parent, watched, and ended with it.

On Linux they are forked, and share the memory of what the parent has imported. So the parent has
one thread, and opens no database and no loop. Elsewhere they start from nothing and import for
themselves.
"""

from __future__ import annotations

import ctypes
import gc
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, get_context
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.io.backoff import retry_delay
from campaign_live_widgets.io.environment import DEBUG
from campaign_live_widgets.io.memory import share_memory_of_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

_METHOD: Final = "fork" if sys.platform == "linux" else "spawn"
_BACKOFF: Final = (0.0, 0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Seconds before each restart of a process that has ended; the last one repeats."""
_STEADY_SECONDS: Final = 20.0
"""How long a process has to run before its earlier failures no longer count."""
_GRACE_SECONDS: Final = 10.0
"""Time in which a process has to end once it is asked to."""
_PR_SET_NAME: Final = 15
_LONGEST_NAME: Final = 15
"""Bytes."""
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _Member:
    """A process, what it runs, and how it has fared."""

    name: str
    target: Callable[..., object]
    arguments: tuple[Any, ...]
    is_kept: bool
    process: BaseProcess | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)
    """When it is started again."""


class Processes:
    """The processes of one server.

    Parameters
    ----------
    folder : str
        A private folder of theirs, for temporary files, too. The last one that ends removes it.
    on_end : callable
        Is called with one line when a process has failed and is started again.
    """

    def __init__(self, folder: str, on_end: Callable[[str], object]) -> None:
        self._folder, self._on_end = folder, on_end
        self._context: Any = get_context(_METHOD)
        # Its other end closes with this process, however that ends.
        self._lifeline, self._life = self._context.Pipe(duplex=False)
        self._members: list[_Member] = []
        share_memory_of_threads()

    def start(
        self, name: str, target: Callable[..., object], *arguments: object, is_kept: bool = True
    ) -> None:
        """Run a function in a process; again when it ends, if it *is_kept*.

        Parameters
        ----------
        name : str
            For messages, such as ``page host``.
        target : callable
            A function of a module.
        """
        member = _Member(name, target, arguments, is_kept)
        self._members.append(member)
        self._run(member)

    def watch(self, until: Any = None) -> None:  # noqa: ANN401 - whatever can be selected
        """Start processes that have ended again, until there is something to read on *until*."""
        while True:
            running = {m.process.sentinel: m for m in self._members if m.process is not None}
            waited = [*running, *([] if until is None else [until])]
            ready = connection.wait(waited, self._until_next_start())
            for one in ready:
                if one is until:
                    return
                self._note_end(running[one])  # type: ignore[index] # a sentinel
            for member in self._members:
                if member.process is None and member.is_kept and member.due <= time.monotonic():
                    self._run(member)

    def stop(self) -> None:
        """End all processes, the last ones first; whatever does not end in time is killed."""
        running = [m.process for m in reversed(self._members) if m.process is not None]
        try:
            for process in running:
                process.terminate()
            end = time.monotonic() + _GRACE_SECONDS
            for process in running:
                process.join(max(0.0, end - time.monotonic()))
        finally:
            for process in running:
                if process.is_alive():
                    process.kill()
                    process.join()

    def _until_next_start(self) -> float | None:
        due = [m.due for m in self._members if m.process is None and m.is_kept]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _run(self, member: _Member) -> None:
        life = self._life if _METHOD == "fork" else None
        process = self._context.Process(
            target=_run_member,
            args=(member.target, member.arguments, self._lifeline, life, self._folder, member.name),
            name=member.name,
        )
        gc.collect()
        gc.freeze()  # its collections would write to, and so copy, what it shares with this one
        with _blocked_signals():
            process.start()
        member.process, member.started = process, time.monotonic()

    def _note_end(self, member: _Member) -> None:
        process, member.process = member.process, None
        if process is None:
            return
        process.join()
        code = process.exitcode
        process.close()
        if not member.is_kept:
            if code:
                message = f"the {member.name} failed"
                raise CampaignLiveError(message)
            return
        if time.monotonic() - member.started >= _STEADY_SECONDS:
            member.failures = 0
        member.failures += 1
        member.due = time.monotonic() + retry_delay(member.failures, _BACKOFF)
        cause = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        self._on_end(f"the {member.name} ended ({cause}); it is started again")


@contextmanager
def _blocked_signals() -> Iterator[None]:
    """Keep signals for after the block; a new process lets them through once it is set up."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _run_member(  # noqa: PLR0913 - what a process needs from its parent
    target: Callable[..., object],
    arguments: tuple[Any, ...],
    lifeline: Connection,
    life: Connection | None,
    folder: str,
    name: str,
) -> None:
    """Run *target* in this new process, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends them
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    if life is not None:
        life.close()
    _set_name(name)
    random.seed()
    tempfile.tempdir = os.environ["TMPDIR"] = folder
    Thread(target=_end_with_parent, args=(lifeline, folder), daemon=True).start()
    try:
        target(*arguments)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        sys.stderr.write(f"campaign-live: {name}: {type(error).__name__}: {error}\n")
        sys.exit(1)


def _set_name(name: str) -> None:
    """Set what ``ps`` and ``top`` show for this process, where the system lets it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_LONGEST_NAME], 0, 0, 0)


def _end_with_parent(lifeline: Connection, folder: str) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
