"""Copies of slices of files, where DuckDB cannot read a file itself: decompressed, or rewritten."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from campaign_live_widgets.errors import TemporaryFolderError
from campaign_live_widgets.sources.files.careful import copied, line_array
from campaign_live_widgets.sources.files.json_documents import lines_of
from campaign_live_widgets.sources.files.line_numbers import ReadFile
from campaign_live_widgets.sources.files.raw_bytes import content, has_byte_order_mark, slice_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from campaign_live_widgets.sources.files.file_state import FileSlice
    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_Result = TypeVar("_Result")


class Copies:
    """Makes copies in a folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._number = 0
        self._paths: list[str] = []

    def open(self, known: FileSchema, file_slice: FileSlice) -> ReadFile:
        """Return the file to read for a slice: the file itself, or a copy of the slice.

        Raises
        ------
        OSError, or one of :data:`.opened.DAMAGED`
            If the file cannot be read, or not to its end.
        """
        file = file_slice.file
        if file.kind != known.kind:
            encoded = replace(file, encoding=known.encoding)
            return ReadFile(self._written("ndjson", lines_of(encoded)), file_slice, 1)
        if known.careful:
            return self._careful(known, file_slice)
        has_mark = file_slice.whole and "json" in file.kind and has_byte_order_mark(file.path)
        if not known.is_copied and not has_mark:
            size = os.stat(file.path).st_size
            if not file.grows or (file_slice.whole and file_slice.end == size):
                return ReadFile(file.path, file_slice, 1)
        path = self._written(file.kind, self._content(known, file_slice))
        return ReadFile(path, file_slice, file_slice.first_line - file_slice.headless)

    def remove(self) -> None:
        """Remove all copies."""
        for path in self._paths:
            os.unlink(path)
        self._paths.clear()

    def _new(self, kind: str) -> str:
        self._number += 1
        self._paths.append(os.path.join(self._folder, f"{self._number}.{kind}"))
        return self._paths[-1]

    def _written(self, kind: str, content: Iterable[bytes]) -> str:
        path = self._new(kind)
        with _temporary(path) as write:
            for block in content:
                write(block)
        return path

    def _careful(self, known: FileSchema, file_slice: FileSlice) -> ReadFile:
        path, lines = self._new(known.kind), line_array()
        with slice_of(file_slice) as stream, _temporary(path) as write:
            copy = copied(
                stream,
                known,
                headless=file_slice.headless,
                first_line=file_slice.first_line,
            )
            for text, line in copy:
                write(text.encode())
                if line:
                    lines.append(line)
        return ReadFile(path, file_slice, 1, lines)

    def _content(self, known: FileSchema, file_slice: FileSlice) -> Iterator[bytes]:
        """Yield the bytes of a slice, after the header of a CSV."""
        if file_slice.headless:
            with open(file_slice.file.path, "rb") as stream:
                yield stream.readline()
        blocks = content(file_slice, known.known if known.lowercased else None)
        yield next(blocks, b"").removeprefix(BOM_UTF8)
        yield from blocks


@contextmanager
def _temporary(path: str) -> Iterator[Callable[[bytes], int]]:
    """Create a file, and yield what writes to it.

    Raises
    ------
    TemporaryFolderError
        If it cannot be written: that is no fault of the file that is copied.
    """

    def checked(work: Callable[[], _Result]) -> _Result:
        try:
            return work()
        except OSError as error:
            message = (
                f"{os.path.dirname(path)}: temporary files cannot be written: {error.strerror}; "
                "make room there, or set TMPDIR to another folder"
            )
            raise TemporaryFolderError(message) from error

    out = checked(lambda: open(path, "wb"))  # noqa: SIM115 - closed below
    try:
        yield lambda block: checked(lambda: out.write(block))
    finally:
        checked(out.close)
