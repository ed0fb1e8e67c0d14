"""Many small files of one campaign and day → few large ones, beside those who read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.store_log import StoredFile, file_digest, parquet
from campaign_live_widgets.store.compact_rejects import merge_rejects
from campaign_live_widgets.store.partition import PARQUET, stored_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from campaign_live_widgets.sources.store_log import IdRun
    from campaign_live_widgets.store.writer import Writer

_LARGE: Final = 1 << 26
"""Bytes from which a file stays as it is."""
_TOGETHER: Final = 1 << 27
"""Bytes of files that become one, or that one commit replaces."""
_MANY: Final = 8
"""Files of like size that are worth to be merged."""
_SMALLEST: Final = 15
"""Files of fewer bits of bytes than that are of one size."""


@dataclass(slots=True)
class Compacted:
    """What a compaction did: files that were replaced, by how many, and which were damaged."""

    replaced: int = 0
    by: int = 0
    damaged: tuple[str, ...] = ()


def compact(writer: Writer, *, everything: bool) -> Compacted:
    """Merge small files: where many are of like size or, if asked, *everything* that is small.

    A file that is not what was written stays as it is: its damage is not made to look whole.
    """
    done = Compacted()
    damaged: set[str] = set()
    while True:
        with writer.locked() as state:
            whole = [file for file in state.files.values() if file.path not in damaged]
            groups = list(_one_commit(_groups(whole, everything=everything)))
            if not groups:
                break
            bad = {
                file.path
                for group in groups
                for file in group
                if not _is_whole(writer.folder / file.path, file)
            }
            damaged |= bad
            if not bad:
                _replace(writer, groups)
                done.replaced += sum(map(len, groups))
                done.by += len(groups)
    merge_rejects(writer, everything=everything)
    done.damaged = tuple(sorted(damaged))
    return done


def _groups(files: Iterable[StoredFile], *, everything: bool) -> Iterator[list[StoredFile]]:
    """Yield files that are worth to become one each."""
    alike: dict[tuple[str, int, int], list[StoredFile]] = defaultdict(list)
    for file in files:
        if file.size < _LARGE:
            size = 0 if everything else max(0, file.size.bit_length() - _SMALLEST) // 2
            alike[file.campaign, file.day, size].append(file)
    least = 2 if everything else _MANY
    for found in alike.values():
        group: list[StoredFile] = []
        total = 0
        for file in sorted(found, key=lambda file: file.path):
            if total + file.size > _TOGETHER:
                if len(group) >= least:
                    yield group
                group, total = [], 0
            group.append(file)
            total += file.size
        if len(group) >= least:
            yield group


def _one_commit(groups: Iterable[list[StoredFile]]) -> Iterator[list[StoredFile]]:
    """Yield the groups of one commit: until they are large enough to let others write."""
    total = 0
    for group in groups:
        total += sum(file.size for file in group)
        yield group
        if total > _TOGETHER:
            return


def _is_whole(path: Path, file: StoredFile) -> bool:
    try:
        return file_digest(path) == file.digest
    except OSError:
        return False


def _replace(writer: Writer, groups: Iterable[list[StoredFile]]) -> None:
    moves: dict[str, StoredFile | IdRun] = {}
    removed: list[str] = []
    number = writer.state.number + 1
    with writer.aside() as aside:
        for place, group in enumerate(groups):
            made = aside / f"{place}.parquet"
            stats = writer.con.execute(
                f"COPY (SELECT * FROM {parquet(writer.folder, group)} ORDER BY timestamp) "
                f"TO {quoted(str(made))} ({PARQUET})"
            ).fetchall()
            rows = sum(file.rows for file in group)
            if stats[0][1] != rows:
                message = "merged files do not hold the events that they should"
                raise RuntimeError(message)
            first = group[0]
            whole = StoredFile(
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
            moves[str(made)] = stored_at(str(made), whole, rows, number)
            removed += [file.path for file in group]
        writer.commit(moves=moves, removed=tuple(removed), compacts=True)
