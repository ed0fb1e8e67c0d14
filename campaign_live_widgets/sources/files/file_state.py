"""How far a file of a source has been read, and what is new in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from campaign_live_widgets.io.file_status import FileStatus
    from campaign_live_widgets.snapshot import Reject
    from campaign_live_widgets.sources.files.location import DataFile
    from campaign_live_widgets.sources.files.scan_sql import FileSchema

EXAMPLES: Final = 100
"""Rejected rows that are kept as examples; all are counted."""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A new slice of a file: bytes ``start`` to ``end``, often the whole file."""

    file: DataFile
    start: int
    end: int
    state: FileStatus
    first_line: int = 1
    """The number of its first line in the file; the first line of a file is 1."""
    mark: bytes = b""
    """The fingerprint of the file up to ``end``, taken before it is read."""

    @property
    def whole(self) -> bool:
        """Return whether the file is read from its start."""
        return self.start == 0

    @property
    def headless(self) -> bool:
        """Return whether it is a slice of a CSV without the header."""
        return self.file.kind == "csv" and not self.whole


@dataclass(slots=True)
class Tally:
    """Duplicate, rejected and ignored rows of one file."""

    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    rejects: list[Reject] = field(default_factory=list)
    """The first rejected rows."""
    kept: int = EXAMPLES
    """How many of them are kept."""

    def add(self, other: Tally) -> None:
        """Add the tally of further rows."""
        self.duplicates += other.duplicates
        self.rejected += other.rejected
        self.ignored += other.ignored
        self.rejects = [*self.rejects, *other.rejects][: self.kept]


@dataclass(slots=True)
class ReadPart:
    """How far a file has been read, and its state then."""

    file: DataFile
    end: int
    lines: int
    state: FileStatus
    mark: bytes
    """The fingerprint of what was read."""


@dataclass(slots=True)
class FileState:
    """State of one file of a source, as long as it exists."""

    schema: FileSchema | None = None
    waiting: str | None = None
    """Why it could not be read yet; not an error."""
    problem: str | None = None
    """Why it could not be read."""
    tally: Tally = field(default_factory=Tally)
    """Of its last reading."""
    repeats: NDArray[np.int64] | None = field(default_factory=lambda: np.empty(0, np.int64))
    """The positions in it of rows that repeat another event; ``None`` if they are not known."""
    read: ReadPart | None = None
    is_counted: bool = False
    """Whether rows of its last reading are counted."""
    idle_state: FileStatus | None = None
    """Its state at the last poll that returned nothing."""
    detected: DataFile | None = None
    """What it is by its content; detected from its first bytes when its state was..."""
    opened: FileStatus | None = None
    """...like this."""
    passed: str | None = None
    """Why it is skipped, as a file beside others that has no events."""
    is_linked: bool = False
    """Whether it may be changed under another name, which no watcher of its folder notices."""
    rests_at: float | None = None
    """When an incomplete last line is read as it is (seconds since the epoch)."""

    @property
    def is_settled(self) -> bool:
        """Return whether all of it is read, so that only a change of the file is of interest."""
        if self.read is None or self.is_linked or self.rests_at is not None:
            return False
        if self.waiting or self.problem:
            return False
        return self.idle_state is None or self.idle_state == self.read.state
