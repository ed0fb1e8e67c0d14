"""``report --watch``: the report at a terminal, or in a pipe, as it changes."""

from __future__ import annotations

import json
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from campaign_live_widgets.app.terminal.report import console_of_stdout, print_report
from campaign_live_widgets.catalog import TILES, Text
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.report import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.snapshot import Snapshot

_LOOK: Final = 2.0
"""Seconds between two looks at a source that does not tell of changes itself."""
_BACKOFF: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each new try after an error; the last one again and again."""
_ENDED: Final = 5.0
"""Seconds that a look at the source which is under way is waited for at the end."""
_READABLE: Final = Text("the source can be read again", "la source est de nouveau lisible")


class Feed(Protocol):
    """Where snapshots come from, such as a :class:`RollupFeed`."""

    def refresh(self) -> bool:
        """Read what is new; raise SourceError where the source cannot be read."""

    def snapshot(self) -> Snapshot:
        """Return the numbers now; the window moves with the clock."""

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""

    def wake(self) -> None:
        """End a wait early; may be called from any thread."""

    def close(self) -> None:
        """Let go of the source."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the source has shown.

    Attributes
    ----------
    snapshot : Snapshot
        The last good one.
    read : datetime
        When it was read.
    trouble : SourceError or None
        Why the source cannot be read since; ``None`` where all is well.
    """

    snapshot: Snapshot
    read: datetime
    trouble: SourceError | None = None


def watch(
    feed: Feed, *, every: float, locale: str, form: str, log: Callable[[str], object]
) -> None:
    """Show the report and each change of it, until Ctrl-C, SIGTERM or ``q``.

    On a terminal, one screen that is drawn again in place. Elsewhere a page for each change
    of a number; in the form ``json`` one object a line.

    Parameters
    ----------
    feed : Feed
        Read once already; closed at the end.
    every : float
        Seconds between two refreshes at the least.
    form : str
        ``text`` or ``json``.
    log : callable
        Takes one line for standard error.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = console_of_stdout()
    on_screen = form == "text" and console.is_terminal and not console.is_dumb_terminal
    follower = Follower(feed, every)
    try:
        follower.start()
        if on_screen:
            from campaign_live_widgets.app.terminal.fullscreen import Screen

            Screen(console, follower.looks, locale).run()
        else:
            _print(follower, locale, form, log)
    except KeyboardInterrupt:
        return
    finally:
        follower.stop()


class Follower:
    """Reads a source in a thread of its own, and puts what it finds into a queue.

    Attributes
    ----------
    looks : SimpleQueue
        Of :class:`Look`, and of the exception that has ended the thread, if one has.
    """

    def __init__(
        self,
        feed: Feed,
        every: float,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        backoff: tuple[float, ...] = _BACKOFF,
    ) -> None:
        self.looks: SimpleQueue[object] = SimpleQueue()
        self._feed, self._every, self._clock, self._backoff = feed, every, clock, backoff
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign-live-watch", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, wait a moment for it, and close the feed."""
        self._stopping.set()
        self._feed.wake()
        self._thread.join(_ENDED)
        self._feed.close()

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as error:  # noqa: BLE001 - raised again where it can be told
            self.looks.put(error)

    def _follow(self) -> None:
        good, failures = Look(self._feed.snapshot(), self._clock()), 0
        self.looks.put(good)
        while not self._stopping.is_set():
            self._rest(failures)
            if self._stopping.is_set():
                return
            try:
                self._feed.refresh()
                good, failures = Look(self._feed.snapshot(), self._clock()), 0
                self.looks.put(good)
            except SourceError as error:
                failures += 1
                self.looks.put(Look(good.snapshot, good.read, error))

    def _rest(self, failures: int) -> None:
        if failures:
            self._stopping.wait(self._backoff[min(failures, len(self._backoff)) - 1])
        elif not self._stopping.wait(self._every) and self._every < _LOOK:
            self._feed.wait(_LOOK - self._every)


def taken(item: object) -> Look:
    """Return a look from the queue; raise what has ended the reading."""
    if isinstance(item, Exception):
        raise item
    assert isinstance(item, Look)  # noqa: S101 - nothing else is put there
    return item


def looks(follower: Follower) -> Iterator[Look]:
    """Yield each look as it comes, without end."""
    while True:
        try:
            item = follower.looks.get(
                timeout=_LOOK
            )  # some systems hear no signal in a wait without end
        except Empty:
            continue
        yield taken(item)


def _print(follower: Follower, locale: str, form: str, log: Callable[[str], object]) -> NoReturn:
    shown: object = None
    troubled = False
    for look in looks(follower):
        if look.trouble is not None:
            if not troubled:
                log(phrases.stale_note(look.read, look.trouble, "UTC", locale))
            troubled = True
            continue
        if troubled:
            log(_READABLE(locale))
            troubled = False
        numbers = to_json(look.snapshot, locale)
        if (found := _told(numbers)) == shown:
            continue
        if form == "json":
            print(json.dumps(numbers, ensure_ascii=False, allow_nan=False), flush=True)  # noqa: T201 - the answer
        else:
            if shown is not None:
                print()  # noqa: T201 - as above
            print_report(look.snapshot, locale)
            sys.stdout.flush()
        shown = found
    raise AssertionError


def _told(numbers: dict[str, object]) -> object:
    """Return what of a report is news; that the clock goes on is none.

    A series holds the counts of other tiles, at places that move with the window.
    """
    widgets = numbers["widgets"]
    assert isinstance(widgets, dict)  # noqa: S101 - the contract's form
    tables = [
        widget["rows"] for tile_id, widget in widgets.items() if TILES[tile_id].by != "bucket"
    ]
    return tables, numbers["newest_event"], numbers["health"]
