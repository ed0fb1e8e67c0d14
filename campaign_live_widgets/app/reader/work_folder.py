"""The folder of a reader's temporary files, so that a reader that was killed leaves nothing."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import threading
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def work_folder(socket_path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the temporary files of this process into a folder that the next reader removes first.

    Only in the main thread, since this is a setting of the whole process.
    """
    digest = sha256(os.fsencode(os.path.abspath(socket_path))).hexdigest()
    folder = Path(tempfile.gettempdir(), f"campaign-live-reader-{digest[:16]}")
    if threading.current_thread() is not threading.main_thread() or not _is_renewed(folder):
        yield
        return
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def _is_renewed(folder: Path) -> bool:
    """Remove the user's own folder if it exists, create it, and return whether that succeeded."""
    try:
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid():
            shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        return False  # another user has a folder of this name
    return True
