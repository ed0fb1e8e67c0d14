"""Files that were counted are scanned a second time: with the schemas that they had then."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.sources.files.scan_sql import FILE_BITS
from campaign_live_widgets.sources.files.staging import has_grown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from campaign_live_widgets.sources.files.file_state import FileSlice
    from campaign_live_widgets.sources.files.line_numbers import ReadFile
    from campaign_live_widgets.sources.files.scan_sql import FileSchema
    from campaign_live_widgets.sources.files.staging import Stage


@dataclass(frozen=True, slots=True)
class SecondScan:
    """Files that are scanned together.

    Attributes
    ----------
    events : str
        SQL for their rows; see :mod:`..batch_relation`.
    reads : list of ReadFile
    all_accepted : bool
        Whether no row is rejected or ignored.
    repeats : array of int64 or None
        Positions of the rows that repeat another event; ``None`` if they are not known.
    in_place : bool
        Whether reading a few columns of a few rows is quick.
    """

    events: str
    reads: list[ReadFile]
    all_accepted: bool
    repeats: NDArray[np.int64] | None
    in_place: bool

    @property
    def has_grown(self) -> bool:
        """Return whether more than what was read before may have been read."""
        return any(map(has_grown, self.reads))


def second_scans(stage: Stage, slices: Iterable[FileSlice]) -> list[SecondScan]:
    """Return scans of slices that were staged before.

    The copies that they read exist until :meth:`Stage.clear`.
    """
    stage.clear()
    stage.clear_rejects()
    groups: dict[tuple[FileSchema, bool, bool], list[FileSlice]] = defaultdict(list)
    common: dict[FileSchema, FileSchema] = {}
    for file_slice in slices:
        state = stage.files[file_slice.file.path]
        schema = state.schema
        assert schema is not None  # noqa: S101 - it was staged
        common[schema] = common[schema].also(schema) if schema in common else schema
        all_accepted = not (state.tally.rejected or state.tally.ignored)
        no_repeats = state.repeats is not None and not len(state.repeats)
        groups[schema, all_accepted, no_repeats].append(file_slice)
    scans = []
    for (schema, all_accepted, _), members in groups.items():
        reads = [stage.open_slice(common[schema], member) for member in members]
        repeats = _positions([stage.files[member.file.path].repeats for member in members])
        events = common[schema].events(
            [read.path for read in reads], [member.file.path for member in members]
        )
        scans.append(SecondScan(events, reads, all_accepted, repeats, schema.kind == "parquet"))
    return scans


def _positions(repeats: Sequence[NDArray[np.int64] | None]) -> NDArray[np.int64] | None:
    """Return positions in files as positions in a scan of the files."""
    shifted = [
        None if positions is None else positions + (number << (FILE_BITS + 1))
        for number, positions in enumerate(repeats)
    ]
    known = [positions for positions in shifted if positions is not None]
    return np.concatenate(known) if len(known) == len(shifted) else None
