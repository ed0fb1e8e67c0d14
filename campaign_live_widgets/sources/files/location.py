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
from campaign_live_widgets.sources.mapping.load import load_mapping
from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles
from campaign_live_widgets.sources.mapping.prefix import (
    absolute_path,
    split_mapping,
    with_mapping,
)
from campaign_live_widgets.sources.sends import OUTCOMES, split_sends, with_sends
from campaign_live_widgets.sources.store_log import Log, is_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FileType = Literal["parquet", "avro", "csv", "ndjson", "json"]
_FILE_TYPES: Final[dict[str, FileType]] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".avro": "avro",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
}
_COMPRESSIONS: Final = {
    ".gz": "gzip",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".bz2": "bz2",
    ".xz": "xz",
}
_TEMPORARY: Final = (
    *("~", ".tmp", ".temp", ".part", ".partial", ".filepart", ".inprogress", ".crdownload"),
    *(".swp", ".crc", ".lock", ".lck"),
)
"""Endings of files that come and go with others."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of events: its type and compression, whatever its format.

    A location decides by its name; its first bytes may show another kind or compression,
    an *encoding* (``None`` is UTF-8), or that JSON is one document, ``json``.
    """

    path: str
    kind: FileType
    compression: str | None = None
    encoding: str | None = None

    @property
    def grows(self) -> bool:
        """Return whether new rows may be appended to it."""
        is_plain = self.compression is None and self.encoding is None
        return self.kind in ("csv", "ndjson") and is_plain


def data_file(path: str) -> DataFile | None:
    """Return the type of a file by its name, or ``None`` if it is not a data file."""
    stem, suffix = os.path.splitext(path.lower())
    compression = _COMPRESSIONS.get(suffix)
    if compression:
        suffix = os.path.splitext(stem)[1]
    kind = _FILE_TYPES.get(suffix)
    return DataFile(path, kind, compression) if kind else None


@dataclass(frozen=True, slots=True)
class Listing:
    """Files of a location.

    Attributes
    ----------
    files : list of DataFile
    others : set of str
        The paths of files that are no data files by their names.
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
    mapping : str or None
        The mapping file the user named (``crm.toml:exports/``).
    outcomes : bool
        Each delivery and each bounce counts as a send (``sends=outcomes:exports/``).
    """

    text: str
    format: str | None = None
    mapping: str | None = None
    outcomes: bool = False

    @classmethod
    def parse(cls, source: str | os.PathLike[str]) -> Location:
        """Read a source as users write it; raise :class:`SourceError` where it cannot be one."""
        sends, own = split_sends(os.fspath(source))
        mapping, text = split_mapping(own)
        outcomes = sends == OUTCOMES
        prefix, colon, rest = text.partition(":")
        if colon and prefix.lower() in FORMATS and not Path(text).exists():
            return cls(os.path.expanduser(rest), prefix.lower(), mapping, outcomes)
        if "://" in text:
            message = (
                f"{text.partition('://')[0]}://…: only files can be read here; "
                "give a file, a folder or a glob"
            )
            raise SourceError(message)
        if not text.strip():
            message = "the source is empty; give a file, a folder or a glob"
            raise SourceError(message)
        return cls(os.path.expanduser(text), mapping=mapping, outcomes=outcomes)

    def mapped_files(self) -> MappedFiles | None:
        """Return the formats that the mapping gives to the files; ``None`` without a mapping.

        Raises
        ------
        UsageError
            If it cannot be read or is invalid.
        """
        if self.mapping is None:
            return None
        return MappedFiles(load_mapping(self.mapping), str(self.watched))

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
        path = f"{self.format}:{path}" if self.format else path
        path = with_mapping(path, self.mapping and absolute_path(self.mapping))
        return with_sends(path, OUTCOMES if self.outcomes else "")

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
        listing = self.listing()
        paths = {*(file.path for file in listing.files), *listing.others}
        ordered = sorted(paths, key=len, reverse=True)
        return tuple(os.path.relpath(path, self.watched) for path in ordered)

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
        return Listing([data_file(self.text) or DataFile(self.text, "csv")])

    def entry(self, relative: str) -> DataFile | str:
        """Return what :meth:`listing` has for a file below :attr:`watched`, if it exists.

        A data file, or the path of another file. Only where :meth:`is_visible` and
        :attr:`finds_by_name`.
        """
        folder = os.path.split(self.text)[0] if self.is_glob else self.text
        path = os.path.join(folder, relative)
        return data_file(path) or path

    def is_visible(self, relative: str) -> bool:
        """Return whether something of this name is listed; see :meth:`entry`."""
        if not self.is_glob:
            *folders, name = relative.split(os.sep)
            is_folder = os.path.isdir(os.path.join(self.text, relative))
            return _is_visible(name, is_folder=is_folder) and all(
                _is_visible(folder, is_folder=True) for folder in folders
            )
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
        if self.is_glob:
            return data_file(path) is not None or is_other(path)
        if Path(self.text).is_dir():
            return _is_visible(os.path.basename(path), is_folder=False) and is_other(path)
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

    Hidden and partial files are skipped.
    """
    try:
        here = os.path.realpath(folder)
        entries = list(os.scandir(folder))
    except OSError as error:
        message = f"{folder}: cannot be read: {error.strerror}"
        raise SourceError(message) from error
    for entry in entries:
        is_folder = _is_folder(entry)
        if not _is_visible(entry.name, is_folder=is_folder):
            continue
        if entry.is_symlink():
            links.add(entry.path)
        if not is_folder:
            yield data_file(entry.path) or entry.path
        elif not (entry.is_symlink() and _leads_up(entry.path, here)):
            yield from _walk(entry.path, links)


def _leads_up(link: str, here: str) -> bool:
    """Return whether a link leads to a folder that it is in: following it would never end."""
    target = os.path.realpath(link)
    return os.path.commonpath([target, here]) == target


def _is_visible(name: str, *, is_folder: bool) -> bool:
    """Return whether a file or a folder of this name, below a folder, is listed.

    Names with a dot or an underscore at the start are hidden; but a folder ``_x=y`` is a column.
    """
    is_column = is_folder and name.startswith("_") and "=" in name
    return (is_column or not name.startswith((".", "_"))) and _can_be_named(name)


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
