"""The rollup: events of a source → counts per minute, exact and ready for any window."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import duckdb
import numpy as np

from campaign_live_widgets.engine import named
from campaign_live_widgets.engine import queries as sql
from campaign_live_widgets.engine.cells import add_cells
from campaign_live_widgets.engine.counting import Counter
from campaign_live_widgets.engine.fragments import line_count
from campaign_live_widgets.engine.parts import Parts
from campaign_live_widgets.engine.profiles import EnteredProfiles
from campaign_live_widgets.engine.seen import SeenEvents
from campaign_live_widgets.engine.stage import UNREADABLE, Stage, why
from campaign_live_widgets.engine.tables import CountedBy, minutes
from campaign_live_widgets.errors import SourceError, UnknownNameError
from campaign_live_widgets.snapshot import ALL, Health, Reject, Snapshot, Window
from campaign_live_widgets.sources import EXAMPLES, Location, Tail, Tally, quoted

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from campaign_live_widgets.engine.counting import Counted
    from campaign_live_widgets.engine.named import Named
    from campaign_live_widgets.engine.parts import Chosen
    from campaign_live_widgets.snapshot import Campaign, Selection
    from campaign_live_widgets.sources import Fragment

_T = TypeVar("_T")
_ENDING: Final = 12
"""Letters of an ending that are shown."""
_CHUNK_BYTES: Final = 1 << 29
"""Bytes of files taken in one pass: bounds memory while a large history is read."""


class Rollup:
    """Counts of one campaign of a source, kept up to date by :meth:`refresh`.

    Parameters
    ----------
    source : str or path
        A file, a folder or a glob; see :class:`~campaign_live_widgets.sources.Location`.
    campaign : str, optional
        By default the campaign of the newest event that the first look finds.
    follow : bool
        Whether more looks will come: then what is needed to count only new events is kept,
        and a last line without its newline waits.
    window : Window, optional
        Only with ``follow=False``: the one window that will be asked for.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        campaign: str | None = None,
        *,
        follow: bool = True,
        window: Window | None = None,
    ) -> None:
        if window is not None and follow:
            message = "a fixed window is for a rollup that does not follow its source"
            raise ValueError(message)
        self.location = Location.parse(source)
        self._campaign = campaign
        self._follow = follow
        self._keep_ids = follow  # what counting needs over more than one pass
        self._window = window
        self._tail = Tail(self.location, follow=follow)
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._stage = Stage(self._con, self.location.format, self._tail.files)
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        self._seen = SeenEvents()
        self._counter = Counter(self._con, self._stage, self._seen, window)
        self._health = Health()
        self._forget()

    def _forget(self) -> None:
        """Begin to count, with nothing counted yet."""
        self._parts = Parts()
        self._entered = EnteredProfiles(self._parts)
        self._entered_in_window: dict[bool, int] = {False: 0, True: 0}
        self._counted = {question: CountedBy(question) for question in sql.QUESTIONS}
        self._campaigns: dict[str, Named] = {}
        self._messages: dict[str, Named] = {}
        self._executions: dict[str, Named] = {}

    def close(self) -> None:
        """Let go of the engine and of temporary files."""
        self._stage.close()
        self._con.close()

    @property
    def campaign(self) -> str | None:
        """Return the campaign that is counted; ``None`` before one is known."""
        return self._campaign

    @property
    def health(self) -> Health:
        """Return what became of every row read so far."""
        return self._health

    @property
    def newest_event(self) -> datetime | None:
        """Return the time of the campaign's newest event, whatever the window."""
        known = self._campaigns.get(self._campaign or "")
        return named.time(known.newest) if known else None

    @property
    def oldest_event(self) -> datetime | None:
        """Return the time of the campaign's oldest event, whatever the window."""
        known = self._campaigns.get(self._campaign or "")
        return named.time(known.oldest) if known else None

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source, the one with the newest event first."""
        return named.campaigns(self._campaigns)

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        return frozenset(self._messages), frozenset(self._executions)

    def channels(self, message_id: str) -> tuple[str, ...]:
        """Return the channels of a message; none of one that is not there."""
        known = self._messages.get(message_id)
        return named.in_order(known.channels) if known else ()

    # --- reading ---------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Read what is new in the source; tell whether anything was, or is told of it anew.

        Raises
        ------
        SourceError
            Where the source cannot be read; what has been counted stays.
        """
        fragments, told = self._tail.poll(), self._health
        parts = list(chunks(fragments))
        self._keep_ids |= len(parts) > 1
        if self._campaign is None and len(parts) > 1:
            self._campaign = self._newest_campaign(parts)
        for chunk in parts:
            self._take(chunk)
        self._sum_health()
        if not self._follow:
            self._require_something()
        if not fragments:
            self._seen.settle()
            self._entered.settle()
        return bool(fragments) or self._health != told

    def _newest_campaign(self, parts: Sequence[Sequence[Fragment]]) -> str | None:
        """Return the campaign of the newest event of all chunks."""
        newest: list[tuple[int, str]] = []
        for chunk in parts:
            try:
                self._stage.stage(chunk)
                newest += self._counter.newest()
            except UNREADABLE:
                continue  # counting it will tell
            finally:
                self._stage.clear()
        return max(newest)[1] if newest else None

    def _take(self, fragments: Sequence[Fragment]) -> None:
        """Count fragments, all or none; where that fails, each alone."""
        try:
            batch = self._stage.stage(fragments)
            counted = self._counter.count(
                batch,
                self._campaign,
                readings=self._tail.readings(fragments),
                keeps=self._keep_ids,
            )
            lines = {f.file.path: line_count(f) if self._follow else 0 for f in batch.fragments}
        except UNREADABLE as error:
            if len(fragments) > 1:
                self._keep_ids = True  # there will be more than one pass
                for fragment in fragments:
                    self._take([fragment])
                return
            if Path(fragments[0].file.path).exists():
                self._tail.give_up(fragments[0], why(error))
            return
        finally:
            self._stage.clear()
        self._merge(counted)
        for fragment in fragments:
            path = fragment.file.path
            if path in batch.problems:
                self._tail.give_up(fragment, batch.problems[path])
            elif path in lines:
                self._tail.commit(fragment, lines[path], counted.tallies.get(path, Tally()))

    def _merge(self, counted: Counted) -> None:
        """Keep what a batch adds; nothing here can fail half-way."""
        self._campaign = counted.campaign
        numbers = self._parts.numbers(counted.parts)
        add_cells(counted.cells, self._counted, numbers)
        if counted.entries is not None:
            high, low, minute, is_test, part = counted.entries
            self._entered.add(
                high, low, minute.astype(np.int64), is_test.astype(bool), numbers[part]
            )
        if counted.entered is not None:
            self._entered_in_window = counted.entered
        for known, found in (
            (self._campaigns, counted.campaigns),
            (self._messages, counted.messages),
            (self._executions, counted.executions),
        ):
            for key, one in found.items():
                named.add_named(known, key, one)
        if counted.ids and counted.met_again:
            self._seen.add(*counted.ids)
            self._seen.hand_over(*counted.met_again)

    def _shown(self, reject: Reject) -> Reject:
        return Reject(self._relative(reject.file), reject.row, reject.cause)

    def _relative(self, path: str) -> str:
        """Return a file's name as people know it: within the source."""
        try:
            return str(Path(path).relative_to(self.location.watched))
        except ValueError:
            return path

    def _sum_health(self) -> None:
        """Add up what became of the rows of the files that are there."""
        tallies = [state.tally for state in self._tail.files.values()]
        rejects = islice((r for tally in tallies for r in tally.rejects), EXAMPLES)
        notes = sorted({**self._tail.waiting, **self._tail.problems}.items())
        self._health = Health(
            events=sum(campaign.events for campaign in self._campaigns.values()),
            duplicates=sum(tally.duplicates for tally in tallies),
            rejected=sum(tally.rejected for tally in tallies),
            ignored=sum(tally.ignored for tally in tallies),
            rejects=tuple(map(self._shown, rejects)),
            notes=(
                *(f"{self._relative(path)}: {text}" for path, text in notes),
                *_passed_over(self._tail.others),
            ),
        )

    def _require_something(self) -> None:
        """Raise where the source holds nothing that can be read."""
        if self._health.events or self._health.rejected or self._health.ignored:
            return
        for path, cause in (*self._tail.problems.items(), *self._tail.waiting.items()):
            message = f"{path}: {cause}"
            raise SourceError(message)
        if not self.location.files():
            what = "no file matches" if self.location.is_glob else "there is no event file"
            message = f"{self.location.text}: {what} (Parquet, CSV or NDJSON)"
            raise SourceError(message)

    # --- answering -------------------------------------------------------------------------

    def snapshot(
        self,
        *,
        at: datetime,
        window: timedelta,
        include_tests: bool = False,
        selection: Selection = ALL,
    ) -> Snapshot:
        """Return the campaign's numbers in the window of that length that ends at *at*.

        Of a *selection*, counts and profiles are of these messages and executions alone, all
        from what is kept: the source is not read. Names that are not known count nothing; see
        :meth:`require`.

        Raises
        ------
        ValueError
            Where the rollup was opened for one window, and another one is asked for, or a
            selection.
        """
        span = Window.ending(at, window)
        if self._window is not None and span != self._window:
            message = "this rollup was opened for another window"
            raise ValueError(message)
        if self._window is not None and selection != ALL:
            message = "a rollup for one window counts the whole campaign; open it without a window"
            raise ValueError(message)
        start, end = minutes(span)
        chosen = self._parts.choose(selection)
        tables = {
            question: counted.totals(start, end, include_tests=include_tests, chosen=chosen)
            for question, counted in self._counted.items()
        }
        series = self._counted[sql.QUESTIONS[0]].series(
            span, include_tests=include_tests, chosen=chosen
        )
        known = self._campaigns.get(self._campaign or "")
        return Snapshot(
            campaign_id=self._campaign or "",
            campaign_name=known.shown_name if known else None,
            window=span,
            counts={"bucket": series, **tables},
            entered_profiles=self._distinct_profiles(
                start, end, include_tests=include_tests, chosen=chosen
            ),
            message_names={m: one.name[1] for m, one in self._messages.items() if one.name},
            newest_event=self.newest_event,
            health=self._health,
            include_tests=include_tests,
            selection=selection,
            messages=named.messages(self._messages),
            executions=named.executions(self._executions),
        )

    def _distinct_profiles(
        self, start: int, end: int, *, include_tests: bool, chosen: Chosen
    ) -> int:
        if self._window is not None and not self._keep_ids:
            return self._entered_in_window[include_tests]
        return self._entered.distinct(start, end, include_tests=include_tests, chosen=chosen)

    def require_campaign(self) -> None:
        """Raise :class:`UnknownNameError` where the source has no event of the campaign."""
        if self._campaign not in self._campaigns:
            raise UnknownNameError("campaign", self._campaign, self._campaigns)

    def require(self, selection: Selection) -> None:
        """Raise :class:`UnknownNameError` where the campaign has no event of a name in it."""
        for kind, wanted, known in (
            ("message", selection.messages, self._messages),
            ("execution", selection.executions, self._executions),
        ):
            for name in sorted(wanted - known.keys()):
                raise UnknownNameError(kind, name, known)


def chunks(fragments: Sequence[Fragment]) -> Iterator[list[Fragment]]:
    """Split fragments so that one pass reads a bounded number of bytes (or one file)."""
    return chunks_of(fragments, lambda fragment: fragment.end - fragment.start)


def chunks_of(things: Iterable[_T], length: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Split what has a length in bytes so that one pass reads a bounded number of them."""
    chunk: list[_T] = []
    size = 0
    for thing in things:
        if chunk and size + length(thing) > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(thing)
        size += length(thing)
    if chunk:
        yield chunk


def _passed_over(others: Mapping[str, int]) -> Iterator[str]:
    """Yield a note of files whose endings say that they hold no events, if there are any."""
    if others:
        endings = ", ".join(
            f"{ending[:_ENDING] or 'none'} ({count})"
            for ending, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))[:5]
        )
        total = sum(others.values())
        files = "1 file is" if total == 1 else f"{total} files are"
        yield f"{files} not read for the ending: {endings}; Parquet, CSV and NDJSON are read"
