"""The log of a store of events, as readers need it: which files are part of the store.

A store is a folder with a marker file, Parquet files of canonical events (each of one campaign
and one UTC day), and the folder ``_log``: numbered commits, each created at once, and from time
to time a checkpoint, which is the sum of all commits up to it. Only the files that the log names
are part of the store; other files in the folder are ignored.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources.digests import digest_of
from campaign_live_widgets.sources.formats.sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKER: Final = "_campaign_live_store.json"
LOG: Final = "_log"
VERSION: Final = 1
DAY_US: Final = 86_400_000_000
_COMMIT: Final = re.compile(r"(\d{12})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{12})\.state\.json")
_TRIES: Final = 5
"""Attempts to read a log from which a writer deletes old files at the same time."""


class DamagedError(Exception):
    """A file of the log is damaged; the message is the end of a sentence about it."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A Parquet file with events of one campaign and one UTC day.

    ``path`` is relative to the store. ``oldest`` and ``newest`` are the time range of the events,
    in microseconds since the epoch; ``name`` is the newest display name of the campaign in the
    file, with the time of its event; ``modified`` is the modification time of the file, in
    nanoseconds since the epoch.
    """

    path: str
    rows: int
    size: int
    digest: str
    campaign: str
    day: int
    oldest: int
    newest: int
    name: tuple[int, str] | None = None
    modified: int | None = None


@dataclass(frozen=True, slots=True)
class IdRun:
    """A file of the index of ids; ``probe`` is a fingerprint of the hash function used."""

    path: str
    rows: int
    size: int
    digest: str
    probe: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """The rows of one ingested file, or of one call, counted by outcome.

    ``key`` is a digest of the content; ``replaces`` is the key of the same file before it grew.
    ``rejects`` is the path of its rejected rows in the store, if there are any.
    """

    key: str
    name: str
    size: int
    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    rejects: str | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. If ``compacts``, its files contain the events of the files it removes."""

    number: int
    at: int
    compacts: bool = False
    files: tuple[StoredFile, ...] = ()
    removed: tuple[str, ...] = ()
    runs: tuple[IdRun, ...] = ()
    ingested: tuple[Ingested, ...] = ()
    rejects: tuple[tuple[str, int], ...] = ()
    """Path and number of rows, of files of rejected rows that replace some of ``removed``."""
    lost: tuple[StoredFile, ...] | None = None
    """All files that have been given up, where they are not the same as before."""


@dataclass(slots=True)
class State:
    """The sum of all commits up to ``number``.

    ``removed`` is path → time (microseconds since the epoch) at which a file was replaced; it is
    deleted some time later. ``problems`` are the parts of the log that cannot be read.
    """

    number: int = 0
    files: dict[str, StoredFile] = field(default_factory=dict)
    runs: dict[str, IdRun] = field(default_factory=dict)
    ingested: dict[str, Ingested] = field(default_factory=dict)
    others: Ingested = field(default_factory=lambda: Ingested("", "", 0))
    """The sum of the calls of ``append``: they have no content key."""
    removed: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    """Path → number of rows, of the files of rejected rows."""
    lost: tuple[StoredFile, ...] = ()
    """Damaged files that have been given up; their rows are the events that no other file has."""
    problems: list[str] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    """Numbers of the commits that cannot be read; 0 where the log is missing."""

    def apply(self, commit: Commit) -> None:
        """Add the next commit."""
        self.number = commit.number
        for path in commit.removed:
            self.files.pop(path, None)
            self.runs.pop(path, None)
            self.rejects.pop(path, None)
            self.removed[path] = commit.at
        self.files |= {file.path: file for file in commit.files}
        self.runs |= {run.path: run for run in commit.runs}
        self.rejects |= dict(commit.rejects)
        self.lost = self.lost if commit.lost is None else commit.lost
        for file in self.lost:  # it is kept: it may be intact again
            self.removed.pop(file.path, None)
        for count in commit.ingested:
            if count.rejects:
                self.rejects[count.rejects] = count.rejected
            if count.replaces:
                self.ingested.pop(count.replaces, None)
            if count.key:
                self.ingested[count.key] = count
            else:
                self.others = _sum(self.others, count)

    def tallies(self) -> Iterator[Ingested]:
        """Yield the counts of all rows that were ever ingested."""
        yield from self.ingested.values()
        yield self.others


def _sum(first: Ingested, second: Ingested) -> Ingested:
    counts = ("size", "events", "duplicates", "rejected", "ignored")
    return Ingested("", "", *(getattr(first, name) + getattr(second, name) for name in counts))


def is_store(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder is a store, even if it has lost its marker file."""
    if not os.path.isdir(path):
        return False
    if os.path.isfile(os.path.join(path, MARKER)):
        return True
    try:
        return any(map(any, Log(path).numbers()))
    except OSError:  # a folder that cannot be read: listing its files reports why
        return False


class Log:
    """Reads the log of a store, without a lock."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / LOG

    def state(self) -> State:
        """Return the newest state.

        Raises
        ------
        SourceError
            If the folder is not a store, cannot be read, or is of a newer version.
        """
        self._require_version()
        for _ in range(_TRIES):
            try:
                return self._read()
            except FileNotFoundError:
                continue  # deleted by a writer since the folder was listed
            except OSError as error:
                message = f"{self.folder}: the log cannot be read: {error.strerror}"
                raise SourceError(message) from error
        message = (
            f"{self.folder}: files of the log disappear while it is read; check that no other "
            "program deletes them"
        )
        raise SourceError(message)

    def after(self, number: int) -> list[Commit] | None:
        """Return the commits after *number*; ``None`` if some of them are missing or damaged."""
        commits: list[Commit] = []
        try:
            while True:
                commits.append(self.commit(number + len(commits) + 1))
        except FileNotFoundError:
            last = number + len(commits)
            if self.commit_path(last).exists() and not self.commit_path(last + 2).exists():
                return commits  # old commits are deleted in order, so this one is the newest
            newest = max(self.numbers()[0], default=number)
            return commits if newest <= number + len(commits) else self._retry_after(number)
        except (OSError, DamagedError):
            return None

    def _retry_after(self, number: int) -> list[Commit] | None:
        """Return the commits after *number*, if one was written while they were read."""
        try:
            newest = max(self.numbers()[0], default=number)
            return [self.commit(n) for n in range(number + 1, newest + 1)]
        except (OSError, DamagedError):
            return None

    def numbers(self) -> tuple[list[int], list[int]]:
        """Return the numbers of the existing commits and checkpoints, in order."""
        try:
            names = os.listdir(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return [], []
        commits = sorted(int(m[1]) for name in names if (m := _COMMIT.fullmatch(name)))
        checkpoints = sorted(int(m[1]) for name in names if (m := _CHECKPOINT.fullmatch(name)))
        return commits, checkpoints

    def commit(self, number: int) -> Commit:
        """Return one commit; raise :class:`DamagedError` if it is damaged."""
        body = decode(self.commit_path(number), number)
        try:
            return _commit(body)
        except (KeyError, TypeError, ValueError) as error:
            message = "is not a commit"
            raise DamagedError(message) from error

    def checkpoint(self, number: int) -> State:
        """Return one checkpoint; raise :class:`DamagedError` if it is damaged."""
        body = decode(self.checkpoint_path(number), number)
        try:
            return _state(body)
        except (KeyError, TypeError, ValueError) as error:
            message = "is not a checkpoint"
            raise DamagedError(message) from error

    def commit_path(self, number: int) -> Path:
        """Return the path of a commit."""
        return self.path / f"{number:012}.json"

    def checkpoint_path(self, number: int) -> Path:
        """Return the path of a checkpoint."""
        return self.path / f"{number:012}.state.json"

    def rejects(self, state: State, limit: int) -> list[Reject]:
        """Return up to *limit* rejected rows; unreadable ones are skipped."""
        rejects: list[Reject] = []
        for path in state.rejects:
            try:
                with open(self.folder / path, encoding="utf-8") as stream:
                    for line in stream:
                        if len(rejects) == limit:
                            return rejects
                        rejects.append(Reject(**json.loads(line)))
            except (OSError, ValueError, TypeError):
                continue
        return rejects

    def _require_version(self) -> None:
        try:
            marker = json.loads((self.folder / MARKER).read_bytes())
            version = int(marker["version"])
        except FileNotFoundError:
            message = f"{self.folder}: not a store of events (it has no {MARKER})"
            if is_store(self.folder):
                message = (
                    f"{self.folder}: the store has lost its marker file {MARKER}; restore it, or "
                    "copy it from another store"
                )
            raise SourceError(message) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self.folder}: the marker file {MARKER} of the store cannot be read"
            raise SourceError(message) from error
        if version > VERSION:
            message = (
                f"{self.folder}: the store was written by a newer version of "
                "campaign-live-widgets; update it to read the store"
            )
            raise SourceError(message)

    def _read(self) -> State:
        commits, checkpoints = self.numbers()
        state, problems, unread = State(), [], []
        for number in reversed(checkpoints):
            try:
                state = self.checkpoint(number)
                break
            except DamagedError:
                continue  # the checkpoint before it and the commits since replace it
        if not commits and not checkpoints:
            problems.append("the log is missing: no events are counted")
            unread.append(0)
        newest = max(commits, default=0)
        existing = set(commits)
        for number in range(state.number + 1, newest + 1):
            try:
                if number not in existing:
                    message = "is missing"
                    raise DamagedError(message)  # noqa: TRY301 - reported as other damage is
                state.apply(self.commit(number))
            except DamagedError as error:
                problems.append(f"commit {number} {error}: its events are not counted")
                unread.append(number)
                state.number = number
        state.problems, state.unread = problems, unread
        return state


def parquet(folder: str | os.PathLike[str], files: Iterable[StoredFile]) -> str:
    """Return SQL that reads files of a store; a column that only some have is null in others."""
    paths = ", ".join(literal(os.path.join(folder, file.path)) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false, union_by_name = true)"


def encode(value: Commit | State) -> bytes:
    """Return the content of a commit or a checkpoint: a line of JSON, and its digest."""
    body = asdict(value)
    if isinstance(value, State):
        del body["problems"], body["unread"]
        for name in ("files", "runs", "ingested"):
            body[name] = list(body[name].values())
    text = json.dumps(body, separators=(",", ":")).encode()
    return text + b"\n" + digest_of(text).encode() + b"\n"


def decode_state(content: bytes) -> State:
    """Return the state that :func:`encode` has encoded, without comparing its digest."""
    return _state(json.loads(content.partition(b"\n")[0]))


def decode(path: Path, number: int) -> dict[str, Any]:
    """Return the JSON in file *number* of the log; raise :class:`DamagedError` if it is damaged."""
    text, _, digest = path.read_bytes().partition(b"\n")
    if digest != digest_of(text).encode() + b"\n":
        message = "is damaged"
        raise DamagedError(message)
    body: dict[str, Any] = json.loads(text)
    if body.get("number") != number:
        message = "is another file of the log"
        raise DamagedError(message)
    return body


def _file(body: dict[str, Any]) -> StoredFile:
    name = body.pop("name", None)
    return StoredFile(**body, name=(name[0], name[1]) if name else None)


def _commit(body: dict[str, Any]) -> Commit:
    return Commit(
        number=body["number"],
        at=body["at"],
        compacts=body["compacts"],
        files=tuple(map(_file, body["files"])),
        removed=tuple(body["removed"]),
        runs=tuple(IdRun(**run) for run in body["runs"]),
        ingested=tuple(Ingested(**count) for count in body["ingested"]),
        rejects=tuple((path, rows) for path, rows in body.get("rejects", ())),
        lost=None if body.get("lost") is None else tuple(map(_file, body["lost"])),
    )


def _state(body: dict[str, Any]) -> State:
    return State(
        number=body["number"],
        files={file["path"]: _file(file) for file in body["files"]},
        runs={run["path"]: IdRun(**run) for run in body["runs"]},
        ingested={count["key"]: Ingested(**count) for count in body["ingested"]},
        others=Ingested(**body["others"]),
        removed=body["removed"],
        rejects=body["rejects"],
        lost=tuple(map(_file, body.get("lost", ()))),
    )
