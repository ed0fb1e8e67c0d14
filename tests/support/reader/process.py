"""The command ``reader`` as a process that can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campaign_live_widgets.app.reader.connection import ReaderConnection
from tests.support.cli import COMMAND

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class ReaderProcess:
    """A process that reads a source; its state is saved in *cache*."""

    def __init__(self, source: str | os.PathLike[str], cache: Path, *options: str) -> None:
        self._source, self._options = os.fspath(source), options
        self._folder = TemporaryDirectory(prefix="clw-")  # pytest's may be too long for a socket
        self.socket_path = Path(self._folder.name) / "reader.sock"
        self._environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        self.connection = ReaderConnection(self.socket_path)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._folder.cleanup()

    def start(self) -> None:
        """Start the process, and wait until its socket answers."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [*COMMAND, "reader", self._source, "--socket", str(self.socket_path), *self._options],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        assert self.process.stdout.readline().strip() == str(self.socket_path)

    def kill(self) -> None:
        """Kill the process at once."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self, signal_number: int = signal.SIGTERM) -> int:
        """Let the process end, and return its status."""
        self.process.send_signal(signal_number)
        return self.process.wait(30)
