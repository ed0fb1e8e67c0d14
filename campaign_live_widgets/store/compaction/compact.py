"""Merge the small files of each campaign and day into larger ones, while readers go on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.digests import file_digest
from campaign_live_widgets.sources.store_log import StoredFile, parquet
from campaign_live_widgets.store.compaction.compact_rejects import merge_rejects
from campaign_live_widgets.store.partition import PARQUET, stored_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign_live_widgets.sources.store_log import IdRun
    from campaign_live_widgets.store.writer import Writer

_LARGE: Final = 1 << 26
"""Bytes from which a file is not merged."""
_GROUP_BYTES: Final = 1 << 27
"""Bytes of files that are merged into one, or that one commit replaces."""
_MIN_FILES: Final = 8
"""Files of similar size that are worth a merge."""
_SMALLEST_BITS: Final = 15
"""Files below 2 to this power of bytes (32 KB) all count as of similar size."""


@dataclass(slots=True)
class Compacted:
    """The number of replaced files, the number of new ones, and the damaged files."""

    replaced: int = 0
    by: int = 0
    damaged: tuple[str, ...] = ()


def compact(writer: Writer, *, everything: bool) -> Compacted:
    """Merge small files: *everything*, or only where many are of similar size.

    Files merge with files of similar size only, in steps of four, so that an event is rewritten
    a logarithmic number of times: eight files of 40 KB become one of 300 KB, and eight of those
    one of 2 MB.

    A damaged file is not merged: its digest would be lost, and its damage not be found any more.
    """
    result = Compacted()
    damaged: set[str] = set()
    while True:
        with writer.locked() as state:
            intact = [file for file in state.files.values() if file.path not in damaged]
            groups = list(_limit_commit(_groups(intact, everything=everything)))
            if not groups:
                break
            bad = {
                file.path
                for group in groups
                for file in group
                if not _is_intact(writer.folder / file.path, file)
            }
            damaged |= bad
            if not bad:
                _replace(writer, groups)
                result.replaced += sum(map(len, groups))
                result.by += len(groups)
    merge_rejects(writer, everything=everything)
    result.damaged = tuple(sorted(damaged))
    return result


def _groups(files: Iterable[StoredFile], *, everything: bool) -> Iterator[list[StoredFile]]:
    """Yield groups of files, each to be merged into one."""
    similar: dict[tuple[str, int, int], list[StoredFile]] = defaultdict(list)
    for file in files:
        if file.size < _LARGE:
            size = 0 if everything else max(0, file.size.bit_length() - _SMALLEST_BITS) // 2
            similar[file.campaign, file.day, size].append(file)
    min_files = 2 if everything else _MIN_FILES
    for candidates in similar.values():
        group: list[StoredFile] = []
        total = 0
        for file in sorted(candidates, key=lambda file: file.path):
            if total + file.size > _GROUP_BYTES:
                if len(group) >= min_files:
                    yield group
                group, total = [], 0
            group.append(file)
            total += file.size
        if len(group) >= min_files:
            yield group


def _limit_commit(groups: Iterable[list[StoredFile]]) -> Iterator[list[StoredFile]]:
    """Yield the groups of one commit: it has a limited size, so that others can write soon."""
    total = 0
    for group in groups:
        total += sum(file.size for file in group)
        yield group
        if total > _GROUP_BYTES:
            return


def _is_intact(path: Path, file: StoredFile) -> bool:
    try:
        return file_digest(path) == file.digest
    except OSError:
        return False


def _replace(writer: Writer, groups: Iterable[list[StoredFile]]) -> None:
    moves: dict[str, StoredFile | IdRun] = {}
    removed: list[str] = []
    number = writer.state.number + 1
    with writer.temporary_folder() as folder:
        for index, group in enumerate(groups):
            written = folder / f"{index}.parquet"
            stats = writer.con.execute(
                f"COPY (SELECT * FROM {parquet(writer.folder, group)} ORDER BY timestamp) "
                f"TO {quoted(str(written))} ({PARQUET})"
            ).fetchall()
            rows = sum(file.rows for file in group)
            if stats[0][1] != rows:
                message = "DuckDB has not written every event of the merged files"
                raise RuntimeError(message)
            first = group[0]
            merged = StoredFile(
                path="",
                rows=rows,
                size=0,
                digest="",
                campaign=first.campaign,
                day=first.day,
                oldest=min(file.oldest for file in group),
                newest=max(file.newest for file in group),
                name=max((file.name for file in group if file.name), default=None),
            )
            moves[str(written)] = stored_at(str(written), merged, rows, number)
            removed += [file.path for file in group]
        writer.commit(moves=moves, removed=tuple(removed), compacts=True)
