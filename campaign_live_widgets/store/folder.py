"""The folder of a store: names of files and folders in it, how it is created, what is unused."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import SourceError, StoreError
from campaign_live_widgets.io import atomic_files as disk
from campaign_live_widgets.sources.digests import digest_of
from campaign_live_widgets.sources.store_log import LOG, MARKER, VERSION, Log, State, encode
from campaign_live_widgets.store.partition import EVENTS

if TYPE_CHECKING:
    from pathlib import Path

IDS: Final = "_ids"
REJECTS: Final = "_rejects"
TEMPORARY: Final = "_aside"
LOCK: Final = "_lock"
_DIGITS: Final = 16
"""Digits of a digest in the name of a file."""
_OF_PEOPLE: Final = {"profiles": "people"}
_DUCKDB_MESSAGE: Final = re.compile(r'"exception_message":("(?:[^"\\]|\\.)*")')


def create(folder: Path) -> None:
    """Create an empty store, unless the folder is a store already.

    Raises
    ------
    StoreError
        If the folder contains something else, or cannot be created.
    """
    if (folder / MARKER).is_file():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [name for name in os.listdir(folder) if name not in {LOCK, LOG, MARKER}]
        if [name for name in others if not name.endswith(".tmp")]:
            message = f"{folder}: is not a store, and not empty; give a new or empty folder"
            raise StoreError(message)
        disk.make_folders(folder, [folder / LOG], durable=True)
        with suppress(FileExistsError):  # so that a log without files is known to be damaged
            disk.write_once(Log(folder).checkpoint_path(0), encode(State()), durable=True)
        marker = {"format": "campaign-live store", "version": VERSION, **_OF_PEOPLE}
        with suppress(FileExistsError):  # another process was faster
            disk.write_once(folder / MARKER, json.dumps(marker).encode() + b"\n", durable=True)
        disk.sync(folder.parent)
    except OSError as error:
        message = f"{folder}: a store cannot be created: {error_reason(error)}"
        raise StoreError(message) from error


def reported_profiles(folder: Path) -> bool:
    """Return whether profiles of Journey Optimizer are people; if not, note that it is reported.

    Before, each mail had a profile. A store keeps what it has, which is reported once.
    """
    try:
        marker = json.loads((folder / MARKER).read_bytes())
        if marker.get("profiles") is None:
            changed = json.dumps(marker | _OF_PEOPLE).encode() + b"\n"
            disk.write_over(folder / MARKER, changed, durable=True)
            return False
    except (OSError, ValueError, AttributeError):  # `check` names a damaged one
        pass
    return True


def unreferenced(folder: Path, state: State) -> list[str]:
    """Return the paths of files in the folders of a store that its log does not name."""
    named = {*state.files, *state.runs, *state.rejects, *state.removed}
    named |= {file.path for file in state.lost}
    paths = (
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for top in (EVENTS, IDS, REJECTS)
        for parent, _, names in os.walk(folder / top)
        for name in names
    )
    return sorted(path for path in paths if path not in named)


def rejects_path(number: int, index: int, content: bytes) -> str:
    """Return the path of a new file of rejected rows, with its index in commit *number*."""
    return f"{REJECTS}/{number:012}-{index}-{digest_of(content)[:_DIGITS]}.ndjson"


def are_rejects_intact(path: str, content: bytes) -> bool:
    """Return whether a file of rejected rows has the content of which its name has a digest."""
    digest = path.rpartition("-")[2].partition(".")[0]
    return len(digest) < _DIGITS or digest_of(content).startswith(digest)


def error_reason(error: BaseException) -> str:
    """Return the reason of an error of the disk or of DuckDB, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, SourceError):
        return str(error)
    text = str(error)
    match = _DUCKDB_MESSAGE.search(text)  # DuckDB reports errors of other threads as JSON
    text = json.loads(match[1]) if match else text
    first = text.splitlines()[0] if text else type(error).__name__
    return first.rpartition('": ')[2] or first
