"""A store of events as it is read: a log of commits says which files hold them.

A store is a folder with a marker, Parquet files of canonical events (each of one campaign and
one UTC day), and ``_log``: numbered commits, each written once and whole, and now and then a
checkpoint, the sum of all commits up to it. What the newest commit lists is there; any other
file in the folder is not part of the store.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources.files.scan_sql import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKER: Final = "_campaign_live_store.json"
LOG: Final = "_log"
VERSION: Final = 1
DAY_US: Final = 86_400_000_000
_COMMIT: Final = re.compile(r"(\d{12})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{12})\.state\.json")
_TRIES: Final = 5
"""Looks at a log that is being pruned before one gives up."""


class DamagedError(Exception):
    """A file of the log is not what was written; the message says how."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A Parquet file of events of one campaign and one UTC day; its path is within the store.

    ``oldest`` and ``newest`` are microseconds since the epoch between which all of its events
    are; ``name`` is the campaign's newest display name in it, with the time it was met at.
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


@dataclass(frozen=True, slots=True)
class IdRun:
    """A file of the index of ids; ``probe`` tells which hash function made it."""

    path: str
    rows: int
    size: int
    digest: str
    probe: str


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the rows of one file (or call) that was ingested.

    ``key`` is a digest of its content; ``replaces`` the key of what it was before it grew.
    ``rejects`` is the path within the store of its rejected rows, where it has some.
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
    """One step of the log. ``compacts``: its files hold the events of those it removes."""

    number: int
    at: int
    compacts: bool = False
    files: tuple[StoredFile, ...] = ()
    removed: tuple[str, ...] = ()
    runs: tuple[IdRun, ...] = ()
    ingested: tuple[Ingested, ...] = ()
    rejects: tuple[tuple[str, int], ...] = ()
    """Path and rows of files of rejected rows that replace others of ``removed``."""


@dataclass(slots=True)
class State:
    """The sum of all commits up to ``number``.

    ``removed`` is path → when (microseconds since the epoch) it was replaced: it is deleted
    some time after. ``problems`` says what of the log cannot be read.
    """

    number: int = 0
    files: dict[str, StoredFile] = field(default_factory=dict)
    runs: dict[str, IdRun] = field(default_factory=dict)
    ingested: dict[str, Ingested] = field(default_factory=dict)
    others: Ingested = field(default_factory=lambda: Ingested("", "", 0))
    """The sum of what has no content to be known by again: calls of ``append``."""
    removed: dict[str, int] = field(default_factory=dict)
    rejects: dict[str, int] = field(default_factory=dict)
    """Path → rows, of the files of rejected rows."""
    problems: list[str] = field(default_factory=list)

    def apply(self, commit: Commit) -> None:
        """Go on by one commit."""
        self.number = commit.number
        for path in commit.removed:
            self.files.pop(path, None)
            self.runs.pop(path, None)
            self.rejects.pop(path, None)
            self.removed[path] = commit.at
        self.files |= {file.path: file for file in commit.files}
        self.runs |= {run.path: run for run in commit.runs}
        self.rejects |= dict(commit.rejects)
        for one in commit.ingested:
            if one.rejects:
                self.rejects[one.rejects] = one.rejected
            if one.replaces:
                self.ingested.pop(one.replaces, None)
            if one.key:
                self.ingested[one.key] = one
            else:
                self.others = _sum(self.others, one)

    def tallies(self) -> Iterator[Ingested]:
        """Yield what became of all rows that were ever ingested."""
        yield from self.ingested.values()
        yield self.others


def _sum(one: Ingested, other: Ingested) -> Ingested:
    parts = ("size", "events", "duplicates", "rejected", "ignored")
    return Ingested("", "", *(getattr(one, part) + getattr(other, part) for part in parts))


def is_store(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder is a store."""
    return os.path.isfile(os.path.join(path, MARKER))


class Log:
    """The log of a store, for readers: nothing is written, no lock is needed."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.path = self.folder / LOG

    def state(self) -> State:
        """Return the newest state.

        Raises
        ------
        SourceError
            Where the folder is no store, cannot be read or is of a newer version.
        """
        self._require_version()
        for _ in range(_TRIES):
            try:
                return self._read()
            except FileNotFoundError:
                continue  # pruned between the listing and now
            except OSError as error:
                message = f"{self.folder}: the log cannot be read: {error.strerror}"
                raise SourceError(message) from error
        message = f"{self.folder}: the log has no file that stays; is something deleting them?"
        raise SourceError(message)

    def after(self, number: int) -> list[Commit] | None:
        """Return the commits after that *number*; ``None`` where they are not all there."""
        commits: list[Commit] = []
        try:
            while True:
                commits.append(self.commit(number + len(commits) + 1))
        except FileNotFoundError:
            last = number + len(commits)
            if self.commit_path(last).exists() and not self.commit_path(last + 2).exists():
                return commits  # the oldest go first: what follows it has not come yet
            newest = max(self.numbers()[0], default=number)
            return commits if newest <= number + len(commits) else self._again(number)
        except (OSError, DamagedError):
            return None

    def _again(self, number: int) -> list[Commit] | None:
        """Return the commits after *number* where one came since the last look."""
        try:
            newest = max(self.numbers()[0], default=number)
            return [self.commit(n) for n in range(number + 1, newest + 1)]
        except (OSError, DamagedError):
            return None

    def numbers(self) -> tuple[list[int], list[int]]:
        """Return the numbers of the commits and of the checkpoints that are there, in order."""
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return [], []
        commits = sorted(int(m[1]) for name in names if (m := _COMMIT.fullmatch(name)))
        checkpoints = sorted(int(m[1]) for name in names if (m := _CHECKPOINT.fullmatch(name)))
        return commits, checkpoints

    def commit(self, number: int) -> Commit:
        """Return one commit; raise :class:`DamagedError` where it is not what was written."""
        body = decoded(self.commit_path(number))
        try:
            return _commit(body)
        except (KeyError, TypeError, ValueError) as error:
            message = "is not a commit"
            raise DamagedError(message) from error

    def checkpoint(self, number: int) -> State:
        """Return one checkpoint; raise :class:`DamagedError` where it is damaged."""
        body = decoded(self.checkpoint_path(number))
        try:
            return _state(body)
        except (KeyError, TypeError, ValueError) as error:
            message = "is not a checkpoint"
            raise DamagedError(message) from error

    def commit_path(self, number: int) -> Path:
        """Return where a commit stands."""
        return self.path / f"{number:012}.json"

    def checkpoint_path(self, number: int) -> Path:
        """Return where a checkpoint stands."""
        return self.path / f"{number:012}.state.json"

    def rejects(self, state: State, limit: int) -> list[Reject]:
        """Return the first rejected rows; those that cannot be read are left out."""
        found: list[Reject] = []
        for path in state.rejects:
            try:
                with open(self.folder / path, encoding="utf-8") as stream:
                    for line in stream:
                        if len(found) == limit:
                            return found
                        found.append(Reject(**json.loads(line)))
            except (OSError, ValueError, TypeError):
                continue
        return found

    def _require_version(self) -> None:
        try:
            marker = json.loads((self.folder / MARKER).read_bytes())
            version = int(marker["version"])
        except FileNotFoundError:
            message = f"{self.folder}: is no store of events"
            raise SourceError(message) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = f"{self.folder}: its marker {MARKER} cannot be read"
            raise SourceError(message) from error
        if version > VERSION:
            message = f"{self.folder}: was written by a newer version of this program"
            raise SourceError(message)

    def _read(self) -> State:
        commits, checkpoints = self.numbers()
        state, problems = State(), []
        for number in reversed(checkpoints):
            try:
                state = self.checkpoint(number)
                break
            except DamagedError:
                continue  # the one before and the commits since say the same
        newest = max(commits, default=0)
        there = set(commits)
        for number in range(state.number + 1, newest + 1):
            try:
                if number not in there:
                    message = "is missing"
                    raise DamagedError(message)  # noqa: TRY301 - told as the others are
                state.apply(self.commit(number))
            except DamagedError as error:
                problems.append(f"commit {number} {error}: what it added is not counted")
                state.number = number
        state.problems = problems
        return state


def parquet(folder: str | os.PathLike[str], files: Iterable[StoredFile]) -> str:
    """Return SQL that reads files of a store, and nothing of their folders' names."""
    paths = ", ".join(literal(os.path.join(folder, file.path)) for file in files)
    return f"read_parquet([{paths}], hive_partitioning = false)"


def encoded(value: Commit | State) -> bytes:
    """Return a commit or a checkpoint as it is written: JSON, and a line that vouches for it."""
    body = asdict(value)
    if isinstance(value, State):
        del body["problems"]
        for name in ("files", "runs", "ingested"):
            body[name] = list(body[name].values())
    text = json.dumps(body, separators=(",", ":")).encode()
    return text + b"\n" + digest_of(text).encode() + b"\n"


def decoded(path: Path) -> dict[str, Any]:
    """Return what stands in a file of the log; raise :class:`DamagedError` where it is damaged."""
    text, _, rest = path.read_bytes().partition(b"\n")
    if rest != digest_of(text).encode() + b"\n":
        message = "is damaged"
        raise DamagedError(message)
    body: dict[str, Any] = json.loads(text)
    return body


def digest_of(text: bytes) -> str:
    """Return the digest that the store uses everywhere."""
    return blake2b(text, digest_size=16).hexdigest()


def file_digest(path: str | os.PathLike[str], end: int | None = None) -> str:
    """Return the digest of a file, or of its first *end* bytes."""
    digest = blake2b(digest_size=16)
    left = os.path.getsize(path) if end is None else end
    with open(path, "rb") as stream:
        while left > 0 and (block := stream.read(min(left, 1 << 20))):
            digest.update(block)
            left -= len(block)
    return digest.hexdigest()


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
        ingested=tuple(Ingested(**one) for one in body["ingested"]),
        rejects=tuple((path, rows) for path, rows in body.get("rejects", ())),
    )


def _state(body: dict[str, Any]) -> State:
    return State(
        number=body["number"],
        files={file["path"]: _file(file) for file in body["files"]},
        runs={run["path"]: IdRun(**run) for run in body["runs"]},
        ingested={one["key"]: Ingested(**one) for one in body["ingested"]},
        others=Ingested(**body["others"]),
        removed=body["removed"],
        rejects=body["rejects"],
    )
