"""What is counted → plain values and arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign_live_widgets.engine.aggregates.counts_by_dimension import Key
from campaign_live_widgets.engine.aggregates.entities import EntityStats
from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.aggregates.segments import Segment
from campaign_live_widgets.engine.campaign_counts import CampaignCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.sorted_runs import SortedRuns
    from campaign_live_widgets.engine.aggregates.unique_entries import UniqueEntries
    from campaign_live_widgets.engine.source_facts import SourceFacts

    Arrays = dict[str, NDArray[Any]]

_KIND_NUMBERS = {kind: number for number, kind in enumerate(EVENT_KINDS)}


def save_facts(facts: SourceFacts) -> dict[str, Any]:
    """Return what is known of a source."""
    return {"campaigns": _entities(facts.campaigns), "times": facts.times.plain()}


def restore_facts(plain: Mapping[str, Any], facts: SourceFacts) -> None:
    """Set what is known of a source."""
    facts.campaigns = _restored(plain["campaigns"])
    facts.times.restore(plain["times"])


def save_counts(counts: CampaignCounts, name: str, arrays: Arrays) -> dict[str, Any]:
    """Return the counts of a campaign, and add their arrays, whose names start with *name*."""
    cubes = {question: counted.cube for question, counted in counts.counted.items()}
    for question, cube in cubes.items():
        _put(arrays, f"{name}.{question}", cube.columns())
    return {
        "campaign": counts.campaign,
        "messages": _entities(counts.messages),
        "executions": _entities(counts.executions),
        "segments": counts.segments.all(),
        "keys": {
            question: [(key.value, _KIND_NUMBERS[key.kind]) for key in cube.keys]  # type: ignore[attr-defined]
            for question, cube in cubes.items()
        },
        "entries": {
            key: save_entries(entries, f"{name}.{key}", arrays)
            for key, entries in counts.unique_entries().items()
        },
        "pairs": None if counts.pairs is None else [counts.pairs.links, counts.pairs.known_flags],
    }


def restore_counts(
    plain: Mapping[str, Any], name: str, arrays: Arrays, facts: SourceFacts, *, uniques: bool
) -> CampaignCounts:
    """Return the counts of a campaign, with distinct pairs or without.

    Raises
    ------
    KeyError
        If distinct pairs are wanted, and there are none.
    """
    counts = CampaignCounts(plain["campaign"], facts, uniques=uniques)
    counts.messages = _restored(plain["messages"])
    counts.executions = _restored(plain["executions"])
    counts.segments.numbers(Segment(message, execution) for message, execution in plain["segments"])
    for question, counted in counts.counted.items():
        keys = [Key(value, EVENT_KINDS[kind]) for value, kind in plain["keys"][question]]
        counted.cube.restore(keys, _copied(arrays, f"{name}.{question}"))
    for key, entries in counts.unique_entries().items():
        restore_entries(plain["entries"][key], entries, f"{name}.{key}", arrays)
    if counts.pairs is not None:
        links, known_flags = plain["pairs"]
        counts.pairs.restore(((channel, link) for channel, link in links), known_flags)
    return counts


def save_entries(entries: UniqueEntries, name: str, arrays: Arrays) -> dict[str, Any]:
    """Return what is known of distinct keys, and add its arrays."""
    links = entries.links_of_all()
    for tests, by_flags in links.items():
        for flags, columns in by_flags.items():
            _put(arrays, f"{name}.links{int(tests)}-{flags}", columns)
    return {
        "runs": save_runs(entries.runs, name, arrays),
        "links": [(int(tests), list(by_flags)) for tests, by_flags in links.items()],
    }


def restore_entries(
    plain: Mapping[str, Any], entries: UniqueEntries, name: str, arrays: Arrays
) -> None:
    """Set what is known of distinct keys."""
    restore_runs(entries.runs, plain["runs"], name, arrays)
    entries.restore_links(
        {
            bool(tests): {
                flags: _copied(arrays, f"{name}.links{tests}-{flags}") for flags in by_flags
            }
            for tests, by_flags in plain["links"]
        }
    )


def save_runs(runs: SortedRuns, name: str, arrays: Arrays) -> list[int]:
    """Add the arrays of runs; return how many runs are sorted and how many are not."""
    both = runs.runs()
    for kind, group in zip(("sorted", "new"), both, strict=True):
        for number, run in enumerate(group):
            for column, values in enumerate(run):
                arrays[f"{name}.{kind}{number}.{column}"] = values
    return [len(group) for group in both]


def restore_runs(
    runs: SortedRuns, sizes: list[int], name: str, arrays: Arrays, *, copied: bool = False
) -> None:
    """Set runs to those that were saved; their arrays are mapped, or *copied*."""
    take = _copied if copied else _take
    groups = [
        [tuple(take(arrays, f"{name}.{kind}{number}").values()) for number in range(size)]
        for kind, size in zip(("sorted", "new"), sizes, strict=True)
    ]
    runs.restore(*groups)


def _put(arrays: Arrays, name: str, columns: Mapping[str, NDArray[Any]]) -> None:
    arrays |= {f"{name}.{column}": values for column, values in columns.items()}


def _take(arrays: Arrays, name: str) -> Arrays:
    """Return the arrays whose names start with *name*, by the rest of their names."""
    start = name + "."
    return {
        key.removeprefix(start): values for key, values in arrays.items() if key.startswith(start)
    }


def _copied(arrays: Arrays, name: str) -> Arrays:
    """Return copies of small arrays: they do not hold on to the mapped file."""
    return {column: values.copy() for column, values in _take(arrays, name).items()}


def _entities(entities: Mapping[str, EntityStats]) -> list[tuple[Any, ...]]:
    return [
        (key, stats.events, stats.oldest, stats.newest, stats.name, sorted(stats.channels))
        for key, stats in entities.items()
    ]


def _restored(rows: list[list[Any]]) -> dict[str, EntityStats]:
    return {
        key: EntityStats(
            events, oldest, newest, (name[0], name[1]) if name else None, frozenset(channels)
        )
        for key, events, oldest, newest, name, channels in rows
    }
