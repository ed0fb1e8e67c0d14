"""Rows that a receiver has acknowledged and that cannot be mapped yet, as they came.

They are in the folder ``_unmapped`` of a store, in files that only their owner can read: they hold
what vendors send, addresses included. No report reads them. They are deleted once they are mapped
(see :mod:`.retry`), when they are too old, or where the folder would grow too large.
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.io import atomic_files as disk
from campaign_live_widgets.sources.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

FOLDER: Final = "_unmapped"
MOST_BYTES: Final = 64 << 20
"""Size of the folder above which its oldest rows are deleted."""
LONGEST_DAYS: Final = 30
"""Age at which rows are deleted."""
_FILE_BYTES: Final = 1 << 20
"""Size from which the next rows are written to another file."""
_FILE_SECONDS: Final = 3_600
_NEW: Final = ".ndjson"
_DAY: Final = 86_400
_OWNER: Final = 0o600
_OWNERS_FOLDER: Final = 0o700


@dataclass(frozen=True, slots=True)
class UnmappedRow:
    """A row as it came, and how it was rejected.

    Attributes
    ----------
    format : str or None
        The format that it was read in.
    name, number
        As in the store's rejected rows.
    causes : tuple of str
        One for each of the store's rejected rows: a row may hold several events.
    row : object
        Any JSON value.
    """

    format: str | None
    name: str
    number: int
    causes: tuple[str, ...]
    row: Any


class UnmappedRows:
    """The folder of such rows. Its methods need the lock of the store.

    Parameters
    ----------
    store : Path
        The folder of the store.
    clock : callable
        Returns the current time, in seconds since the epoch.
    """

    def __init__(self, store: Path, clock: Callable[[], float]) -> None:
        self.path = store / FOLDER
        self._clock = clock
        self._file: Path | None = None
        """The file that this process writes to."""
        self._begun_at = 0.0

    def keep(self, rows: Iterable[UnmappedRow], *, durable: bool) -> int:
        """Write rows, and return how many older ones were deleted to stay within the limits."""
        content = _content(rows)
        forgotten = 0
        is_new = not self._is_open()
        if is_new:
            disk.make_folders(self.path.parent, [self.path], durable=durable)
            self.path.chmod(_OWNERS_FOLDER)
            forgotten = self._forget(len(content))
            self._begun_at = self._clock()
            name = f"{int(self._begun_at * 1e6):016}-{secrets.token_hex(4)}{_NEW}"
            self._file = self.path / name
        assert self._file is not None  # noqa: S101 - for the type checker
        try:
            with open(self._file, "ab", opener=_for_owner) as stream:
                stream.write(content)
                if durable:
                    stream.flush()
                    os.fsync(stream.fileno())
        except BaseException:
            self._file = None  # it may end with half a line
            raise
        if durable and is_new:
            disk.sync(self.path)
        return forgotten

    def _is_open(self) -> bool:
        """Return whether this process's file is there, and neither large nor old."""
        if self._file is None or self._clock() > self._begun_at + _FILE_SECONDS:
            return False
        try:
            return self._file.stat().st_size < _FILE_BYTES
        except FileNotFoundError:  # a retry has taken it
            return False

    def _forget(self, room: int) -> int:
        """Delete the oldest files above the limits, with *room* for more; return their rows."""
        files = _files(self.path)
        sizes = {path: path.stat().st_size for path in files}
        limit = (self._clock() - LONGEST_DAYS * _DAY) * 1e6
        total, rows = sum(sizes.values()) + room, 0
        for path in files:
            if int(path.name.partition("-")[0]) >= limit and total <= MOST_BYTES:
                break
            total -= sizes[path]
            rows += _lines(path)
            path.unlink()
        return rows

    def take(self, mapping: str) -> list[Path]:
        """Set the files aside for a retry by *mapping*, a digest; return them, the oldest first.

        Raises
        ------
        OtherMappingError
            If a retry by another mapping was interrupted: its rows may be stored.
        """
        self._forget(0)
        taken = f".{mapping}"
        files = _files(self.path)
        if any(path.suffix not in (_NEW, taken) for path in files):
            raise OtherMappingError
        aside = []
        for path in files:
            target = path.with_suffix(taken)
            if path != target:
                os.rename(path, target)
            aside.append(target)
        return aside

    def read(self, path: Path) -> tuple[list[UnmappedRow], str]:
        """Return the rows of a file, and the digest of its content; half a line is left out."""
        content = b""
        with suppress(FileNotFoundError):  # deleted meanwhile, to make room
            content = path.read_bytes()
        rows = []
        for line in content.splitlines():
            with suppress(ValueError, TypeError):  # what a killed process has not finished
                rows.append(UnmappedRow(**json.loads(line)))
        return rows, digest_of(content)

    def replace(self, path: Path, rows: Sequence[UnmappedRow]) -> None:
        """Keep *rows* of a file that was set aside, for a later retry."""
        if rows:
            disk.write_over(path.with_suffix(_NEW), _content(rows), durable=True, mode=_OWNER)
        path.unlink(missing_ok=True)


class OtherMappingError(Exception):
    """A retry by another mapping was interrupted."""


def _content(rows: Iterable[UnmappedRow]) -> bytes:
    lines = (json.dumps(asdict(row), separators=(",", ":"), default=str) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, _OWNER)


def waiting_rows(store: Path) -> int:
    """Return how many rows of a store wait for a mapping; the lock is not needed."""
    rows = 0
    for path in _files(store / FOLDER):
        with suppress(FileNotFoundError):  # a retry is done with it
            rows += _lines(path)
    return rows


def _files(folder: Path) -> list[Path]:
    """Return the files of rows, the oldest first."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(names) if name[0].isdigit()]


def _lines(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))
