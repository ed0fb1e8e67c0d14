"""Jobs that refresh a kept rollup, each in a process that may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOBS: Final = """
import os, sys, traceback
from campaign_live_widgets.engine.pushdown.kept.job import refresh
import ibis.backends.postgres, psycopg, pyarrow
for _ in sys.stdin:
    pid = os.fork()
    if not pid:
        code = 1
        try:
            refresh(sys.argv[1])
            code = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
"""Runs a job for each line of its input, and prints its process and then its status."""


class Jobs:
    """Jobs over one table, one after another.

    Attributes
    ----------
    errors : list of str
        What each job has written to standard error.
    """

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._given, self._printed, self._written = process.stdin, process.stdout, errors
        self.errors: list[str] = []

    def run(self, killed_after: float | None = None) -> int:
        """Run a job and return its status.

        *killed_after* is after how many seconds the job is killed, if it has not ended; ``None``:
        never.
        """
        self._given.write("\n")
        self._given.flush()
        pid = self._number()
        if killed_after is not None:
            time.sleep(killed_after)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        status = self._number()
        self.errors.append(self._written.read())
        return status

    def _number(self) -> int:
        line = self._printed.readline()
        assert line, self._written.read()
        return int(line)


@contextmanager
def jobs(address: str) -> Iterator[Jobs]:
    """Yield what runs jobs over the table of *address*."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "errors"
        with path.open("ab") as errors, path.open(encoding="utf-8", errors="replace") as written:
            process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-c", _JOBS, address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
            with process:
                yield Jobs(process, written)
                assert process.stdin is not None
                process.stdin.close()
