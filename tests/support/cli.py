"""``campaign-live`` called in the test's own process, and as a separate process."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from campaign_live_widgets.app.cli.main import main

COMMAND = (sys.executable, "-m", "campaign_live_widgets")


class Run(NamedTuple):
    """What one call of the command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Run]


def call(*arguments: str) -> Run:
    """Call the command in this process, with its own standard output and error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(arguments)
    except SystemExit as end:
        code = end.code
    assert isinstance(code, int)
    return Run(code, _text(out), _text(err))


def run(*arguments: str, env: Mapping[str, str] | None = None) -> Run:
    """Run the command as a separate process, with *env* over this one's environment."""
    done = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, **(env or {})},
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def _text(stream: io.TextIOWrapper) -> str:
    data: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return data.decode()
