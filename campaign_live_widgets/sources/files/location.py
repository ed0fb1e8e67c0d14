"""The address of files: a file, a folder or a glob, and the files it contains now."""

from __future__ import annotations

import glob
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.base import FORMATS
from campaign_live_widgets.sources.store_log import Log, is_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FileType = Literal["parquet", "csv", "ndjson", "json"]
_FILE_TYPES: Final[dict[str, FileType]] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
}
_COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}
_TEMPORARY: Final = (
    *("~", ".tmp", ".temp", ".part", ".partial", ".filepart", ".inprogress", ".crdownload"),
    *(".swp", ".crc", ".lock", ".lck"),
)
"""Endings of files that come and go with others."""
_PARQUET_MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of events: its type and compression, whatever its format.

    The name of a JSON file gives ``ndjson``; its first lines may show that it is one document,
    ``json``.
    """

    path: str
    kind: FileType
    compression: str | None = None

    @property
    def grows(self) -> bool:
        """Return whether new rows may be appended to it."""
        return self.kind in ("csv", "ndjson") and self.compression is None


def data_file(path: str) -> DataFile | None:
    """Return the type of a file by its name, or ``None`` if it is not a data file."""
    stem, suffix = os.path.splitext(path.lower())
    compression = _COMPRESSIONS.get(suffix)
    if compression:
        suffix = os.path.splitext(stem)[1]
    kind = _FILE_TYPES.get(suffix)
    return DataFile(path, kind, compression) if kind else None


def _sniffed(path: Path) -> DataFile:
    """Return the type of a file by its first bytes."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_PARQUET_MAGIC):
        return DataFile(str(path), "parquet")
    return DataFile(str(path), "ndjson" if head.lstrip()[:1] in (b"{", b"[") else "csv")


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of a location: data files, and the number of others by file extension."""

    files: list[DataFile]
    others: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Location:
    """The address of files of events.

    Attributes
    ----------
    text : str
        As the user wrote it, without the format.
    format : str or None
        The format the user named (``ajo:exports/``); ``None`` to recognise it.
    """

    text: str
    format: str | None = None

    @classmethod
    def parse(cls, source: str | os.PathLike[str]) -> Location:
        """Read a source as users write it; raise :class:`SourceError` where it cannot be one."""
        text = os.fspath(source)
        prefix, colon, rest = text.partition(":")
        if colon and prefix.lower() in FORMATS and not Path(text).exists():
            return cls(os.path.expanduser(rest), prefix.lower())
        if "://" in text:
            message = (
                f"{text.partition('://')[0]}://…: only files can be read here; "
                "give a file, a folder or a glob"
            )
            raise SourceError(message)
        if not text.strip():
            message = "the source is empty; give a file, a folder or a glob"
            raise SourceError(message)
        return cls(os.path.expanduser(text))

    @property
    def is_glob(self) -> bool:
        """Return whether it is a glob, and not the name of an existing file."""
        return glob.has_magic(self.text) and not Path(self.text).exists()

    @property
    def is_local_files(self) -> bool:
        """Return True."""
        return True

    @property
    def display_name(self) -> str | None:
        """Return the path where it is relative; an absolute one shows a path of this machine."""
        return None if os.path.isabs(self.text) else self.text

    @property
    def absolute(self) -> str:
        """Return the address with an absolute path."""
        path = str(Path(self.text).absolute())
        return f"{self.format}:{path}" if self.format else path

    @property
    def watched(self) -> Path:
        """Return the folder in which changes show."""
        if not self.is_glob:
            path = Path(self.text)
            return path if path.is_dir() else path.parent
        fixed = []
        for part in Path(self.text).parts[:-1]:
            if glob.has_magic(part):
                break
            fixed.append(part)
        return Path(*fixed) if fixed else Path()

    @property
    def scanned_folder(self) -> Path | None:
        """Return the folder whose new files are read; ``None`` for a single file."""
        return self.watched if self.is_glob or Path(self.text).is_dir() else None

    @property
    def shows_file_names(self) -> bool:
        """Return whether it is a folder: the name of a single file is the address."""
        return Path(self.text).is_dir()

    @property
    def private_names(self) -> tuple[str, ...]:
        """Return names of files that reveal the address: those of a single file or a glob."""
        if self.shows_file_names:
            return ()
        paths = sorted((file.path for file in self.files()), key=len, reverse=True)
        return tuple(os.path.relpath(path, self.watched) for path in paths)

    def redact(self, text: str, name: str, *, is_secret: bool) -> str:
        """Return *text* with *name* in place of the path.

        The folder is called by its last name; *is_secret* hides that, and the files of a glob.
        """
        folder = self.watched
        if is_secret and self.is_glob:
            for path in sorted(glob.glob(self.text, recursive=True), key=len, reverse=True):
                text = text.replace(path, name)
        text = text.replace(self.text, name)
        if folder == Path():
            return text
        return text.replace(str(folder), name if is_secret else folder.name)

    def files(self) -> list[DataFile]:
        """Return the files of events that are there now; see :meth:`listing`."""
        return self.listing().files

    def listing(self) -> Listing:
        """Return what is there now, files in order of their paths.

        Raises
        ------
        SourceError
            Where the file, the folder or the glob's folder does not exist.
        """
        path = Path(self.text)
        if self.is_glob:
            if not self.watched.is_dir():
                message = f"{self.text}: folder {self.watched} not found"
                raise _not_found(message, self.text)
            paths = (p for p in glob.glob(self.text, recursive=True) if os.path.isfile(p))
            return _listed(data_file(p) or p for p in paths)
        if is_store(path):
            listed = Log(path).state().files
            return Listing([DataFile(str(path / file), "parquet") for file in sorted(listed)])
        if path.is_dir():
            return _listed(_walk(self.text))
        if not path.exists():
            message = f"{self.text}: no such file or folder"
            raise _not_found(message, self.text)
        try:
            return Listing([data_file(self.text) or _sniffed(path)])
        except OSError as error:
            message = f"{self.text}: cannot be read: {error.strerror}"
            raise SourceError(message) from error

    def holds(self, path: str) -> bool:
        """Return whether a changed file may be one of this source."""
        if Path(self.text).is_dir() or self.is_glob:
            return data_file(path) is not None
        return Path(path).name == Path(self.text).name


def _not_found(message: str, path: str) -> SourceError:
    """Return the error for a missing *path*, with the folder that a relative path starts at."""
    error = SourceError(message)
    if not os.path.isabs(path):
        error.add_note(f"The relative path was looked for in {Path.cwd()}.")
    return error


def _listed(entries: Iterable[DataFile | str]) -> Listing:
    """Separate data files from others; temporary files are ignored silently."""
    files, others = [], Counter[str]()
    for entry in entries:
        if isinstance(entry, DataFile):
            files.append(entry)
        elif not entry.lower().endswith(_TEMPORARY):
            others[os.path.splitext(entry.lower())[1]] += 1
    return Listing(sorted(files, key=lambda f: f.path), others)


def _walk(folder: str) -> Iterator[DataFile | str]:
    """Yield the data files below a folder, and the paths of other files.

    Hidden, partial and manifest files are skipped.
    """
    try:
        here = os.path.realpath(folder)
        entries = list(os.scandir(folder))
    except OSError as error:
        message = f"{folder}: cannot be read: {error.strerror}"
        raise SourceError(message) from error
    for entry in entries:
        if entry.name.startswith((".", "_")) or not _can_be_named(entry.name):
            continue
        if _is_folder(entry):
            if entry.is_symlink() and here.startswith(os.path.realpath(entry.path)):
                continue  # a link to a folder above: it would never end
            yield from _walk(entry.path)
        elif not (file := data_file(entry.path)):
            yield entry.path
        elif file.kind != "ndjson" or "manifest" not in entry.name.lower():
            yield file


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _can_be_named(name: str) -> bool:
    """Return whether a file name is valid Unicode, as DuckDB requires."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
