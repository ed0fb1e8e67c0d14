"""The reader of a server: a separate process, or the one that its environment names."""

from __future__ import annotations

import os
import signal
import socket
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.reader.connection import ReaderConnection
from campaign_live_widgets.app.reader.serve_reader import run_reader
from campaign_live_widgets.app.reader.socket_file import is_short
from campaign_live_widgets.app.reader.source_digest import source_digest
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.environment import READER

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.app.server.processes import Processes

_FOLDER: Final = "campaign-live-"
_SOCKET: Final = "reader"


def server_folder() -> TemporaryDirectory[str]:
    """Return a new private folder for a server, in which its processes can have sockets.

    It is where the system puts temporary files, or in ``/tmp`` if paths there are too long.

    Raises
    ------
    UsageError
        If the system has no Unix sockets.
    """
    if not hasattr(socket, "AF_UNIX"):
        message = "serve needs Unix sockets, which this system does not have"
        raise UsageError(message)
    usual = os.path.join(gettempdir(), f"{_FOLDER}????????", "pages-00")
    above = None if is_short(usual) else "/tmp"  # noqa: S108 - the folder in it is private
    return TemporaryDirectory(prefix=_FOLDER, dir=above, ignore_cleanup_errors=True)


def use_reader(  # noqa: PLR0913 - the last ones by name
    processes: Processes,
    source: str,
    name: str,
    folder: Path,
    *,
    use_cache: bool,
    small_cells: bool = False,
) -> None:
    """Let the pages of this server use one reader: start it, unless ``CAMPAIGN_LIVE_READER`` does.

    Parameters
    ----------
    processes : Processes
    source : str
        The address of the source, with an absolute path.
    name : str
        Its public name.
    folder : Path
        For the reader's socket.
    use_cache : bool
        Whether the reader saves what it has counted, and starts from that.

    small_cells : bool
        Whether profiles are kept by domain and link, so that small cells can be folded.

    Raises
    ------
    SourceError
        If ``CAMPAIGN_LIVE_READER`` names a reader that does not answer.
    """
    if _is_served(source):
        return
    path = str(folder / _SOCKET)
    processes.start("reader", _run, source, path, name, use_cache, small_cells)
    os.environ[READER] = path


def _is_served(source: str) -> bool:
    """Return whether a reader that is named in the environment serves *source*."""
    path = os.environ.get(READER)
    if not path:
        return False
    connection = ReaderConnection(path)
    try:
        return connection.serves(source_digest(source))
    finally:
        connection.close()  # with its thread: this process forks


def _run(source: str, path: str, name: str, use_cache: bool, small_cells: bool) -> None:  # noqa: FBT001 - of a process
    # Ctrl-C reaches all processes; the parent ends this one.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    run_reader(source, path, name=name, use_cache=use_cache, small_cells=small_cells)
