"""``report --watch``: the report at a terminal, or in a pipe, as it changes."""

from __future__ import annotations

import json
import signal
import sys
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, NoReturn

from campaign_live_widgets.app.feeds.poller import Poller, PollResult
from campaign_live_widgets.app.terminal.report import console_of_stdout, print_report
from campaign_live_widgets.catalog import TILES, Text
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.report import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.dashboard.live.coordinator import Feed

_SIGNALS: Final = 2.0
"""Seconds after which a wait is repeated: some systems deliver no signal during a wait."""
_READABLE: Final = Text("the source can be read again", "la source est de nouveau lisible")


def watch(
    feed: Feed, *, every: float, locale: str, form: str, log: Callable[[str], object]
) -> None:
    """Show the report and each change of it, until Ctrl-C, SIGTERM or ``q``.

    At a terminal a full-screen view. Elsewhere a page for each change of a number, or with the
    form ``json`` one object per line.

    Parameters
    ----------
    feed : Feed
        Has been read once; it is closed at the end.
    every : float
        Minimum number of seconds between two refreshes.
    form : str
        ``text`` or ``json``.
    log : callable
        Writes one line to standard error.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if form == "text" and _is_interactive():
        from campaign_live_widgets.app.terminal.app import WatchApp

        WatchApp(feed, every=every, locale=locale).run_until_quit()
        return
    results: SimpleQueue[PollResult | Exception] = SimpleQueue()
    poller = Poller(feed, every, results.put)
    try:
        poller.start()
        _print(results, locale, form, log)
    except KeyboardInterrupt:
        return
    finally:
        poller.stop()


def _is_interactive() -> bool:
    """Return whether a full-screen view can be shown: it reads keys and draws on the terminal."""
    console = console_of_stdout()
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    return (
        console.is_terminal
        and not console.is_dumb_terminal
        and all(stream is not None and stream.isatty() for stream in streams)
    )


def _received(results: SimpleQueue[PollResult | Exception]) -> Iterator[PollResult]:
    """Yield each result as it comes, without end; raise what has ended the polling."""
    while True:
        try:
            result = results.get(timeout=_SIGNALS)
        except Empty:
            continue
        if isinstance(result, Exception):
            raise result
        yield result


def _print(
    results: SimpleQueue[PollResult | Exception],
    locale: str,
    form: str,
    log: Callable[[str], object],
) -> NoReturn:
    printed: object = None
    failed = False
    for result in _received(results):
        if result.error is not None:
            if not failed:
                log(phrases.stale_note(result.read_at, result.error, "UTC", locale))
            failed = True
            continue
        if failed:
            log(_READABLE(locale))
            failed = False
        numbers = to_json(result.snapshot, locale)
        if (changing := _changing_parts(numbers)) == printed:
            continue
        if form == "json":
            print(json.dumps(numbers, ensure_ascii=False, allow_nan=False), flush=True)  # noqa: T201 - the result
        else:
            if printed is not None:
                print()  # noqa: T201 - the result
            print_report(result.snapshot, locale)
            sys.stdout.flush()
        printed = changing
    raise AssertionError


def _changing_parts(numbers: dict[str, object]) -> object:
    """Return the parts of a report whose change is printed: not those that move with the clock.

    A series has the counts of other tiles, at places that move with the window.
    """
    widgets = numbers["widgets"]
    assert isinstance(widgets, dict)  # noqa: S101 - the contract's form
    tables = [
        widget["rows"] for tile_id, widget in widgets.items() if TILES[tile_id].by != "bucket"
    ]
    return tables, numbers["newest_event"], numbers["health"]
