"""Files that DuckDB has read, but not rightly: they are read again, from careful copies.

Reading every file with care would take several times as long. What shows that one needs it: rows
that could not be parsed, ``NaN`` as text, names that an object has twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources.files.careful import is_readable
from campaign_live_widgets.sources.files.csv_dialect import is_backslashed
from campaign_live_widgets.sources.files.line_numbers import line_numbers
from campaign_live_widgets.sources.files.opened import opened
from campaign_live_widgets.sources.files.raw_bytes import slice_of
from campaign_live_widgets.sources.files.scan_sql import (
    BROKEN,
    NOT_JSON,
    NOT_UTF8,
    REJECT_SCANS,
    REJECTS,
)
from campaign_live_widgets.sources.formats.sql import one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import duckdb

    from campaign_live_widgets.sources.files.line_numbers import ReadFile
    from campaign_live_widgets.sources.files.location import DataFile
    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_LINES: Final = 1000
"""Lines of a file that could not be parsed, which are read once more."""
_SMALL: Final = 1 << 18
"""Bytes of a slice up to which all of it is searched for names given twice."""
_WINDOW: Final = 1 << 16
_SHARE: Final = 1000
"""Lines of which one must be no UTF-8, so that it is no accident."""
_NO_NUMBERS: Final = ("NaN", "Infinity", "-Infinity")
_TEXTS: Final = (
    *("campaign_id", "message_id", "profile_id", "channel", "event_type", "reason"),
    *("bounce_type", "domain", "platform", "execution_id", "variant", "url"),
    *("campaign_name", "message_name"),
)
_LETTERS: Final = frozenset(range(0xC0, 0xFE)) - {0xD7, 0xF7}
_MARKS: Final = frozenset((0x80, *range(0x82, 0x8D), 0x8E, *range(0x91, 0x9D), *range(0x9E, 0xC0)))
"""What texts in Windows-1252 have beyond ASCII: letters, quotes, dashes and signs."""


def to_be_reread(
    con: duckdb.DuckDBPyConnection, table: str, known: FileSchema, reads: Sequence[ReadFile]
) -> list[ReadFile]:
    """Return the files of a staged table that are to be read again, with care."""
    if known.kind == "parquet":
        return []
    if known.careful:
        return _in_another_encoding(con, table, known, reads)
    if known.kind == "csv":
        return _odd_csv(con, table, reads)
    paths = {path for (path,) in con.execute(_no_numbers(table)).fetchall()}
    if known.kind == "ndjson":
        paths |= {read.path for read in reads if read.path not in paths and _repeats(read)}
        paths |= set(_odd_lines(con, table, reads, paths))
    return [read for read in reads if read.path in paths]


def carefully(known: FileSchema, file: DataFile) -> FileSchema:
    """Return the schema with which a file is read from a careful copy.

    Raises
    ------
    OSError, or one of :data:`.opened.DAMAGED`
        If the file cannot be read.
    """
    encoding, guess = known.encoding or _encoding(file), known.guess
    if encoding == "cp1252":
        words = "is read as Windows-1252, since it is not valid UTF-8"
        guess = f"{words}; {guess}" if guess else words
    kind = "ndjson" if known.kind == "json" else known.kind
    careful = replace(
        known, kind=kind, compression=None, careful=True, encoding=encoding, guess=guess
    )
    if known.kind != "csv" or known.careful:
        return careful
    with opened(file) as stream:
        text = stream.read(1 << 22).decode(errors="replace")
    escape = "\\" if is_backslashed(text) else '"'
    return replace(careful, columns=(*known.columns, BROKEN), escape=escape)


def _odd_csv(
    con: duckdb.DuckDBPyConnection, table: str, reads: Sequence[ReadFile]
) -> list[ReadFile]:
    """Return the files with lines that are no rows, or with rows that repeat the header."""
    rejects = con.execute(
        f"SELECT DISTINCT file_path FROM {REJECTS} JOIN {REJECT_SCANS} USING (scan_id, file_id)"
    ).fetchall()
    odd = {path for (path,) in rejects}
    rejected = con.execute(f"SELECT DISTINCT file FROM {table} WHERE cause IS NOT NULL").fetchall()
    for read in reads:
        if read.path not in odd and (read.path,) in rejected and _repeats_header(read):
            odd.add(read.path)
    return [read for read in reads if read.path in odd]


def _in_another_encoding(
    con: duckdb.DuckDBPyConnection, table: str, known: FileSchema, reads: Sequence[ReadFile]
) -> list[ReadFile]:
    """Return the files of careful copies that show now that they are not UTF-8."""
    if known.encoding is not None:
        return []
    causes = one_of((NOT_UTF8, NOT_JSON))
    rows = con.execute(f"SELECT DISTINCT file FROM {table} WHERE cause IN {causes}").fetchall()
    bad = {path for (path,) in rows}
    return [read for read in reads if read.path in bad and _encoding(read.file_slice.file)]


def _repeats_header(read: ReadFile) -> bool:
    with open(read.path, "rb") as stream:
        header = stream.readline().removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
        return any(line.lstrip(b"\xef\xbb\xbf").startswith(header) for line in stream)


def _no_numbers(table: str) -> str:
    """Return SQL for the files with a text that is what JSON has for no number.

    Column by column: DuckDB passes over blocks whose least and greatest value exclude it.
    """
    words = one_of(_NO_NUMBERS)
    of_columns = " UNION ALL ".join(
        f"SELECT file FROM {table} WHERE {name} IN {words}" for name in _TEXTS
    )
    return f"SELECT DISTINCT file FROM ({of_columns})"


def _odd_lines(
    con: duckdb.DuckDBPyConnection, table: str, reads: Sequence[ReadFile], known: set[str]
) -> Iterable[str]:
    """Yield the paths of files in which lines that DuckDB takes for no JSON can be read."""
    rows = con.execute(
        f"SELECT file, row - (SELECT min(row) FROM {table} AS t WHERE t.file = s.file) "
        f"FROM {table} AS s WHERE cause = '{NOT_JSON}' QUALIFY "
        f"row_number() OVER (PARTITION BY file ORDER BY row) <= {_LINES}"
    ).fetchall()
    ordinals: dict[str, list[int]] = {}
    for path, ordinal in rows:
        ordinals.setdefault(path, []).append(ordinal)
    for read in reads:
        if read.path in ordinals and read.path not in known:
            wanted = {n - read.first_line + 1 for n in line_numbers(read, ordinals[read.path])}
            with open(read.path, "rb") as stream:
                odd = [line for number, line in enumerate(stream, 1) if number in wanted]
            if any(map(is_readable, odd)) or (
                not all(map(_is_utf8, odd)) and _encoding(read.file_slice.file) is not None
            ):
                yield read.path


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


class _TwiceError(Exception):
    """An object has a name twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _TwiceError
    return value


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_once)


def _repeats(read: ReadFile) -> bool:
    """Return whether an object has a name twice: in a small slice; of others, in parts."""
    file_slice = read.file_slice
    size = file_slice.end - file_slice.start
    if file_slice.file.compression is not None:
        starts, window = [0], _WINDOW
    elif size <= _SMALL:
        starts, window = [0], size
    else:
        starts, window = [0, size // 2, size - _WINDOW], _WINDOW
    with slice_of(file_slice) as stream:
        for start in starts:
            if start:
                stream.seek(start)
                stream.readline()
            for line in stream.read(window).splitlines():
                try:
                    _STRICT.decode(line.decode())
                except _TwiceError:
                    return True
                except (ValueError, RecursionError):
                    continue
    return False


@dataclass(slots=True)
class _Share:
    """How many lines of a file there are, with other characters than ASCII, and no UTF-8."""

    lines: int = 0
    wide: int = 0
    bad: int = 0
    is_text: bool = True


def _encoding(file: DataFile) -> str | None:
    """Return ``cp1252`` for a file in Windows-1252, else ``None``.

    UTF-8 counts before it: it is read as Windows-1252 where more lines fail as UTF-8 than have
    other characters than ASCII, where these are at least one line in a thousand, and have
    what texts in Windows-1252 have. So one bad byte in a large file rejects its row, no more.
    """
    if file.encoding is not None:
        return None
    share = _Share()
    with opened(file) as stream:
        for line in stream:
            share.lines += 1
            if line.isascii():
                continue
            text = line.decode(errors="surrogateescape")
            bad = sum("\udc80" <= character <= "\udcff" for character in text)
            if 2 * bad <= sum(character > "\x7f" for character in text):
                share.wide += 1
            else:
                share.bad += 1
                share.is_text &= _is_cp1252(line)
    is_share = share.bad > share.wide and share.bad * _SHARE >= share.lines
    return "cp1252" if share.is_text and share.bad and is_share else None


def _is_cp1252(line: bytes) -> bool:
    """Return whether a line is text in Windows-1252: of what it has beyond ASCII, all is usual."""
    return all(byte in _LETTERS or byte in _MARKS for byte in line if byte > 0x7F)  # noqa: PLR2004
