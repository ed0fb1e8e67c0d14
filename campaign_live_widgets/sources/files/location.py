"""The address of files: a file, a folder or a glob, and the files it contains now."""

from __future__ import annotations

import fnmatch
import glob
import os
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
    """Files of a location.

    Attributes
    ----------
    files : list of DataFile
    others : set of str
        The paths of files that are no data files.
    links : set of str
        The paths of files, and of folders, that are symbolic links.
    has_linked_folders : bool
        Whether files are below a folder that is a symbolic link.
    """

    files: list[DataFile]
    others: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    has_linked_folders: bool = False


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
            paths = [p for p in glob.glob(self.text, recursive=True) if os.path.isfile(p)]
            linked = {path for path in paths if os.path.islink(path)}
            return _listed((data_file(p) or p for p in paths), linked)
        if is_store(path):
            listed = Log(path).state().files
            return Listing([DataFile(str(path / file), "parquet") for file in sorted(listed)])
        if path.is_dir():
            links: set[str] = set()
            return _listed(_walk(self.text, links), links)
        if not path.exists():
            message = f"{self.text}: no such file or folder"
            raise _not_found(message, self.text)
        try:
            return Listing([data_file(self.text) or _sniffed(path)])
        except OSError as error:
            message = f"{self.text}: cannot be read: {error.strerror}"
            raise SourceError(message) from error

    def entry(self, relative: str) -> DataFile | str | None:
        """Return what :meth:`listing` has for a file below :attr:`watched`, if it exists.

        A data file, or the path of another file; ``None`` for a file that is not listed. Only
        where :meth:`is_visible` and :attr:`finds_by_name`.
        """
        if not self.is_glob:
            return next(_in_folder(os.path.join(self.text, relative)), None)
        path = os.path.join(os.path.split(self.text)[0], relative)
        return data_file(path) or path

    def is_visible(self, relative: str) -> bool:
        """Return whether something of this name is listed; see :meth:`entry`."""
        if not self.is_glob:
            return all(map(_is_visible, relative.split(os.sep)))
        pattern = os.path.split(self.text)[1]
        is_hidden = relative.startswith(".") and not pattern.startswith(".")
        return not is_hidden and os.sep not in relative and fnmatch.fnmatch(relative, pattern)

    @property
    def finds_by_name(self) -> bool:
        """Return whether the path of a file alone decides if it is listed."""
        if not self.is_glob:
            path = Path(self.text)
            return path.is_dir() and not is_store(path)
        folder, pattern = os.path.split(self.text)
        return not glob.has_magic(folder) and "**" not in pattern

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


def is_other(path: str) -> bool:
    """Return whether a file that is no data file is worth a note; temporary files are not."""
    return not path.lower().endswith(_TEMPORARY)


def ending_of(path: str) -> str:
    """Return the file extension of a path, in lower case."""
    return os.path.splitext(path.lower())[1]


def _listed(entries: Iterable[DataFile | str], links: set[str]) -> Listing:
    """Separate data files from others; *links* are complete once the entries are used up."""
    files: list[DataFile] = []
    others: set[str] = set()
    for entry in entries:
        if isinstance(entry, DataFile):
            files.append(entry)
        elif is_other(entry):
            others.add(entry)
    files.sort(key=lambda f: f.path)
    has_folders = any(map(os.path.isdir, links))
    return Listing(files, others, links, has_folders)


def _walk(folder: str, links: set[str]) -> Iterator[DataFile | str]:
    """Yield the data files below a folder, and the paths of other files; add symbolic links.

    Hidden, partial and manifest files are skipped.
    """
    try:
        here = os.path.realpath(folder)
        entries = list(os.scandir(folder))
    except OSError as error:
        message = f"{folder}: cannot be read: {error.strerror}"
        raise SourceError(message) from error
    for entry in entries:
        if not _is_visible(entry.name):
            continue
        if entry.is_symlink():
            links.add(entry.path)
        if _is_folder(entry):
            if entry.is_symlink() and here.startswith(os.path.realpath(entry.path)):
                continue  # a link to a folder above: it would never end
            yield from _walk(entry.path, links)
        else:
            yield from _in_folder(entry.path)


def _in_folder(path: str) -> Iterator[DataFile | str]:
    """Yield what is listed for a visible file in a folder."""
    file = data_file(path)
    if file is None:
        yield path
    elif file.kind != "ndjson" or "manifest" not in os.path.basename(path).lower():
        yield file


def _is_visible(name: str) -> bool:
    """Return whether a file or a folder of this name, below a folder, is listed."""
    return not name.startswith((".", "_")) and _can_be_named(name)


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
