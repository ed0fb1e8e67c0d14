"""The whole state of a rollup: what is saved of it, and how it is put together again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
from campaign_live_widgets.engine.saved_state import counted, file_states
from campaign_live_widgets.engine.source_facts import SourceFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.sorted_runs import Run, SortedRuns
    from campaign_live_widgets.engine.campaign_counts import CampaignCounts
    from campaign_live_widgets.sources.files.file_state import FileState

    Arrays = dict[str, NDArray[Any]]


class PackedRuns(NamedTuple):
    """Sorted runs as they were packed, and the start of the names of their arrays."""

    name: str
    rows: SortedRuns
    packed: list[Run]

    def exchange(self, arrays: Arrays) -> None:
        """Use the mapped arrays of what was packed, where it has not been merged since."""
        equal = {
            id(run): tuple(
                arrays[f"{self.name}.sorted{number}.{column}"] for column in range(len(run))
            )
            for number, run in enumerate(self.packed)
        }
        self.rows.exchange(equal)


@dataclass(slots=True)
class SavedRollup:
    """What a rollup knows.

    Attributes
    ----------
    campaign : str
        The rollup's own one.
    facts : SourceFacts
    held : dict
        Campaign → its counts.
    seen : SeenEvents
        The ids of counted events.
    gone : SeenEvents
        The ids of events that are in no file any more.
    files : dict
        Path → how far the file was read.
    store : dict
        Of a store: what is known of its log, as plain values.
    """

    campaign: str
    facts: SourceFacts
    held: dict[str, CampaignCounts]
    seen: SeenEvents
    gone: SeenEvents
    files: Mapping[str, FileState]
    store: dict[str, Any] = field(default_factory=dict)

    def pack(self) -> tuple[dict[str, Any], Arrays]:
        """Return it as a head of plain values, and arrays."""
        arrays: Arrays = {}
        held = [
            counted.save_counts(counts, f"held{number}", arrays)
            for number, counts in enumerate(self.held.values())
        ]
        head = {
            "campaign": self.campaign,
            "facts": counted.save_facts(self.facts),
            "held": held,
            "seen": counted.save_runs(self.seen.runs, "seen", arrays),
            "gone": counted.save_runs(self.gone.runs, "gone", arrays),
            "files": file_states.save_files(self.files, arrays),
            "store": self.store,
        }
        return head, arrays

    @classmethod
    def unpack(
        cls,
        head: Mapping[str, Any],
        arrays: Arrays,
        clock: Callable[[], datetime],
        *,
        uniques: bool,
    ) -> SavedRollup:
        """Return what was packed, with distinct pairs or without; arrays cannot be written to."""
        facts = SourceFacts(clock)
        counted.restore_facts(head["facts"], facts)
        held = [
            counted.restore_counts(plain, f"held{number}", arrays, facts, uniques=uniques)
            for number, plain in enumerate(head["held"])
        ]
        seen, gone = SeenEvents(), SeenEvents()
        counted.restore_runs(seen.runs, head["seen"], "seen", arrays)
        counted.restore_runs(gone.runs, head["gone"], "gone", arrays, copied=True)
        return cls(
            campaign=head["campaign"],
            facts=facts,
            held={str(counts.campaign): counts for counts in held},
            seen=seen,
            gone=gone,
            files=file_states.restore_files(head["files"], arrays),
            store=head["store"],
        )

    def large(self) -> list[PackedRuns]:
        """Return the rows that take the most memory."""
        entries = [
            PackedRuns(f"held{number}.{name}", entries.runs, entries.runs.runs()[0])
            for number, counts in enumerate(self.held.values())
            for name, entries in counts.unique_entries().items()
        ]
        return [PackedRuns("seen", self.seen.runs, self.seen.runs.runs()[0]), *entries]
