"""A store as the source of an ingestion: its damaged files are problems, and are not ingested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.sources.store_log import Log, is_store
from campaign_live_widgets.sources.stored_files import file_problem

if TYPE_CHECKING:
    from campaign_live_widgets.sources import Location


def damaged_files(location: Location) -> dict[str, str]:
    """Return the damaged files of a source that is a store, and why; empty for other sources.

    Raises
    ------
    SourceError
        If the log of the store cannot be read.
    """
    if location.is_glob or not is_store(location.text):
        return {}
    log = Log(location.text)
    state = log.state()
    problems = {}
    for file in state.files.values():
        path = log.folder / file.path
        problem = file_problem(path, file.size, file.digest)
        if problem is not None:
            problems[str(path)] = problem
    for file in state.lost:
        problems[str(log.folder / file.path)] = f"is lost, with {file.rows:,} events"
    if state.problems:
        problems[str(log.path)] = "; ".join(state.problems)
    return problems
