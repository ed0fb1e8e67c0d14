"""Map the rows again that could not be mapped when they came; see :mod:`.unmapped`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.folder import are_rejects_intact, rejects_path
from campaign_live_widgets.store.unmapped import OtherMappingError
from campaign_live_widgets.store.writer import reject_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign_live_widgets.store.append import Appender
    from campaign_live_widgets.store.unmapped import UnmappedRow, UnmappedRows
    from campaign_live_widgets.store.writer import Writer

_MOST_ROWS: Final = 10_000
"""Rows that are mapped at once."""


@dataclass(slots=True)
class Retried:
    """The rows of a retry, counted by outcome; *cause* is that of the first that still waits."""

    events: int = 0
    duplicates: int = 0
    ignored: int = 0
    waiting: int = 0
    cause: str | None = None


def retry(writer: Writer, appender: Appender, unmapped: UnmappedRows, mapping: str) -> Retried:
    """Map all rows again; those that can be mapped become events, and are deleted here.

    An event is stored once, and a row stops being counted as rejected once, wherever it is
    interrupted: events have ids, and the log has the digest of each file that was done.

    Parameters
    ----------
    mapping : str
        A digest of what maps the rows.

    Raises
    ------
    StoreError
        If the store cannot be written, or a retry by another mapping was interrupted.
    """
    with writer.locked():
        try:
            paths = unmapped.take(mapping)
        except OtherMappingError:
            message = (
                f"{writer.folder}: an earlier --retry with another mapping was interrupted; run it "
                "again with that mapping first"
            )
            raise StoreError(message) from None
    result = Retried()
    for path in paths:
        _retry_file(writer, appender, unmapped, path, result)
    return result


def _retry_file(
    writer: Writer, appender: Appender, unmapped: UnmappedRows, path: Path, result: Retried
) -> None:
    rows, digest = unmapped.read(path)
    waiting: list[UnmappedRow] = []
    mapped: list[UnmappedRow] = []
    for (format_name, name), group in groupby(rows, lambda row: (row.format, row.name)):
        some = list(group)
        for start in range(0, len(some), _MOST_ROWS):
            part = some[start : start + _MOST_ROWS]
            appended = appender.append(
                [row.row for row in part],
                name=name,
                format_name=format_name,
                durable=True,
                rejected="leave",
            )
            result.events += appended.events
            result.duplicates += appended.duplicates
            result.ignored += appended.ignored
            numbers = {reject.row for reject in appended.rejects}
            if appended.rejects and result.cause is None:
                result.cause = appended.rejects[0].cause
            for number, row in enumerate(part, start=1):
                (waiting if number in numbers else mapped).append(row)
    result.waiting += len(waiting)
    with writer.locked():
        if mapped:
            _count_as_mapped(writer, f"retry:{digest}", mapped)
        unmapped.replace(path, waiting)


def _count_as_mapped(writer: Writer, key: str, rows: Sequence[UnmappedRow]) -> None:
    """Take rows away from the rejected ones, once for each *key*."""
    if key in writer.state.ingested:
        return
    lines = Counter(
        reject_line(row.name, row.number, cause) for row in rows for cause in row.causes
    )
    total = lines.total()
    removed: list[str] = []
    counts: list[tuple[str, int]] = []
    files: dict[str, bytes] = {}
    for path in writer.state.rejects:
        try:
            content = (writer.folder / path).read_bytes()
        except OSError:
            continue
        if not are_rejects_intact(path, content):
            continue
        left = []
        for line in content.decode().splitlines(keepends=True):
            if lines[line] > 0:
                lines[line] -= 1
            else:
                left.append(line)
        text = "".join(left).encode()
        if text == content:
            continue
        removed.append(path)
        if left:
            target = rejects_path(writer.state.number + 1, len(files), text)
            files[target] = text
            counts.append((target, len(left)))
    writer.commit(
        moves={},
        removed=tuple(removed),
        files=files,
        rejects=tuple(counts),
        ingested=(Ingested(key, "retry", 0, rejected=-total),),
    )
