"""Follows a source in a thread: refreshes its rollup, and publishes what answers are made from."""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from math import inf
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.feeds.change_watch import ChangeWatch
from campaign_live_widgets.app.settings.secret_reference import redacted_errors
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.engine.saved_state.folder import state_folder
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.io.backoff import retry_delay
from campaign_live_widgets.sources.files.file_changes import FileChanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from campaign_live_widgets.app.reader.answer_maker import AnswerClock, AnswerMaker
    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.sources.address import SourceAddress

_Job = tuple["Callable[[Rollup], Any]", "Future[Any]", bool]

_LOG: Final = logging.getLogger(__name__)
_BETWEEN_CHANGES: Final = 0.4
"""Least seconds from the start of one refresh to the next, where files change all the time."""
_REST: Final = (0.05, 2.0)
"""Least and most seconds between two refreshes that clients ask for..."""
_REST_SHARE: Final = 4
"""...which is this many times as long as the last refresh took."""
_IDLE: Final = 1.0
"""Seconds after new events until a refresh that uses the time to sort and to save."""
_UNATTENDED: Final = 70.0
"""Seconds without a request after which files are read less often..."""
_UNATTENDED_REST: Final = 10.0
"""...at most every that many seconds..."""
_UNATTENDED_POLL: Final = 60.0
"""...and at least every that many."""
_END_SECONDS: Final = 30.0
"""How long ending and saving may take."""
_BETWEEN_INTERRUPTS: Final = 0.2
"""Seconds until a refresh that is under way is interrupted at the end."""


@dataclass(frozen=True, slots=True)
class PollState:
    """What the last refresh has brought.

    Attributes
    ----------
    number : int
        The number of the version of the counts; 0 before the first refresh.
    error : CampaignLiveError or None
        Why the source cannot be read.
    read_at : datetime or None
        When it was read last.
    polling_since : datetime or None
        When the refresh that is under way has begun.
    """

    number: int = 0
    error: CampaignLiveError | None = None
    read_at: datetime | None = None
    polling_since: datetime | None = None


class SourceFollower:
    """Keeps the rollup of a source up to date, in a thread.

    Parameters
    ----------
    source : str
        Its address.
    location : SourceAddress
        The same, parsed.
    maker : AnswerMaker
        Gets a view of the rollup after each refresh.
    name : str, optional
        The public name of the source.
    clock : AnswerClock
        The time now.
    use_cache : bool
        Whether to start from the saved state, and to save it.
    on_state : callable
        Is called in the thread with each :class:`PollState`.
    """

    def __init__(  # noqa: PLR0913 - by name
        self,
        source: str,
        *,
        location: SourceAddress,
        maker: AnswerMaker,
        name: str | None,
        clock: AnswerClock,
        use_cache: bool,
        small_cells: bool,
        on_state: Callable[[PollState], object],
    ) -> None:
        self._source, self._location, self._maker, self._name = source, location, maker, name
        self._clock, self._use_cache, self._on_state = clock, use_cache, on_state
        self._small_cells = small_cells
        self._state = PollState()
        self._wanted = Condition()
        self._waiting: list[Future[None]] = []
        self._jobs: deque[_Job] = deque()
        self._has_changes, self._is_stopping = False, False
        self._asked_at = self._started = self._ended = monotonic()
        self._next = 0.0
        self._may_count_ahead, self._failures = True, 0
        self._rollup: Rollup | None = None
        self._is_reading = False
        self._changes = FileChanges()
        self._watch = ChangeWatch(location, self._note_change, self._changes)
        self._thread = Thread(target=self._run, name="campaign-live-reader", daemon=True)

    def start(self) -> None:
        """Start the thread; it reads the source at once."""
        self._thread.start()

    def stop(self) -> bool:
        """Stop reading, and save what is counted; return whether the thread has ended."""
        with self._wanted:
            self._is_stopping = True
            self._wanted.notify()
        self._watch.stop()
        end = monotonic() + _END_SECONDS
        while self._thread.is_alive() and monotonic() < end:
            self._thread.join(_BETWEEN_INTERRUPTS)
            rollup = self._rollup
            if self._is_reading and rollup is not None:
                rollup.interrupt()  # again and again: between two statements it is lost
        return not self._thread.is_alive()

    def refresh(self, max_age: float = 0.0) -> Future[None]:
        """Read what is new; the result is there once it is counted.

        Parameters
        ----------
        max_age : float
            Seconds since the start of a refresh that is recent enough: then nothing is read.
        """
        done: Future[None] = Future()
        with self._wanted:
            self._asked_at = now = monotonic()
            is_recent = self._state.read_at is not None and now - self._started <= max_age
            if is_recent and self._state.polling_since is None and self._state.error is None:
                done.set_result(None)
            else:
                self._waiting.append(done)
                self._wanted.notify()
        return done

    def run_soon(self, job: Callable[[Rollup], Any], *, is_new: bool = False) -> Future[Any]:
        """Run *job* with the rollup between two refreshes; *is_new*: it may change any number."""
        done: Future[Any] = Future()
        with self._wanted:
            self._asked_at = monotonic()
            self._jobs.append((job, done, is_new))
            self._wanted.notify()
        return done

    def _note_change(self) -> None:
        with self._wanted:
            self._has_changes = True
            self._wanted.notify()

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        rollup = self._open()
        if rollup is None:
            return
        rollup.before_change = lambda: self._maker.begin_change(rollup)
        self._rollup = rollup
        try:
            while self._wait():
                self._is_reading = True
                job = self._next_job()
                if job is None:
                    self._refresh(rollup)
                else:
                    self._run_job(rollup, *job)
                self._is_reading = False
            rollup.save(wait=True)
        except KeyboardInterrupt:
            self._maker.end_change()  # the last saved state is used at the next start
        finally:
            self._rollup = None
            rollup.close()

    def _open(self) -> Rollup | None:
        """Return the rollup once it can be opened; ``None`` at the end."""
        state = state_folder() if self._use_cache else None
        while self._wait():
            try:
                return new_rollup(
                    self._source, clock=self._clock, state=state, small_cells=self._small_cells
                )
            except Exception as error:  # noqa: BLE001 - clients must be notified
                with self._wanted:
                    waiting, self._waiting = self._waiting, []
                self._started = self._ended = monotonic()
                self._fail(known_error(error), waiting)
        return None

    def _fail(self, error: CampaignLiveError, waiting: Iterable[Future[None]]) -> None:
        """Notify those who wait for a refresh that has failed, and try again later."""
        self._set_state(PollState(self._maker.number, error, self._state.read_at))
        for result in waiting:
            _settle(result, error=error)
        self._failures += 1
        self._next = self._ended + retry_delay(self._failures)

    def _wait(self) -> bool:
        """Wait until there is something to do; return False at the end."""
        with self._wanted:
            while not self._is_stopping:
                seconds = self._seconds_to_wait()
                if seconds <= 0:
                    return True
                self._wanted.wait(seconds)
        return False

    def _seconds_to_wait(self) -> float:
        """Return in how many seconds something is to be done."""
        if self._jobs:
            return 0.0
        now = monotonic()
        due = [self._next, self._started + _UNATTENDED_POLL]
        if self._waiting:
            took = self._ended - self._started
            due.append(self._ended + min(max(_REST[0], _REST_SHARE * took), _REST[1]))
        if self._has_changes:
            is_attended = now - self._asked_at < _UNATTENDED
            due.append(self._started + (_BETWEEN_CHANGES if is_attended else _UNATTENDED_REST))
        return min(due) - now

    def _next_job(self) -> _Job | None:
        with self._wanted:
            return self._jobs.popleft() if self._jobs else None

    def _run_job(
        self,
        rollup: Rollup,
        work: Callable[[Rollup], Any],
        result: Future[Any],
        is_new: bool,  # noqa: FBT001 - part of a job
    ) -> None:
        value, error = None, None
        try:
            with redacted_errors(self._name, self._location):
                value = work(rollup)
        except Exception as raised:  # noqa: BLE001 - the client that asked must be notified
            error = known_error(raised)
        self._maker.publish(rollup, is_new=is_new or error is not None)
        self._set_state(replace(self._state, number=self._maker.number))
        _settle(result, value, error)

    def _refresh(self, rollup: Rollup) -> None:
        """Read what is new, and notify those who wait for it."""
        self._watch.start()
        with self._wanted:
            waiting, self._waiting = self._waiting, []
            if waiting:  # they expect what was written just now
                self._changes.poll_all()
            self._has_changes, self._next, self._started = False, inf, monotonic()
        self._set_state(replace(self._state, polling_since=self._clock()))
        is_changed, error = True, None
        try:
            with redacted_errors(self._name, self._location):
                is_changed = rollup.refresh()
        except Exception as raised:  # noqa: BLE001 - clients must be notified, the thread goes on
            error = known_error(raised)
        self._ended = monotonic()
        if error is None or self._maker.number:
            self._maker.publish(rollup, is_new=is_changed or not self._maker.number)
        if error is not None:
            self._fail(error, waiting)
            return
        self._failures = 0
        self._set_state(PollState(self._maker.number, None, self._clock()))
        for result in waiting:
            _settle(result)
        self._use_idle_time(rollup, is_idle=not is_changed)

    def _use_idle_time(self, rollup: Rollup, *, is_idle: bool) -> None:
        """Save what is counted; where there is nothing else to do, count what may be asked for."""
        with self._maker.changing():
            is_being_written = rollup.save()
        if is_being_written or not is_idle:  # what is written is mapped at the next refresh
            self._next = self._ended + _IDLE
        if not is_idle:
            self._may_count_ahead = True
            return
        if self._may_count_ahead and not self._is_wanted():
            try:
                self._may_count_ahead = rollup.count_ahead()
            except CampaignLiveError:
                self._may_count_ahead = False  # the next refresh reports it
            self._maker.publish(rollup, is_new=False)
            self._next = monotonic() + _IDLE  # to count on, or to give memory back

    def _is_wanted(self) -> bool:
        with self._wanted:
            return bool(self._waiting or self._jobs or self._has_changes or self._is_stopping)

    def _set_state(self, state: PollState) -> None:
        with self._wanted:
            self._state = state
        self._on_state(state)


def _settle(
    result: Future[Any],
    value: Any = None,  # noqa: ANN401 - of any job
    error: CampaignLiveError | None = None,
) -> None:
    """Set what a client waits for, unless it has gone meanwhile."""
    if not result.set_running_or_notify_cancel():
        return
    if error is None:
        result.set_result(value)
    else:
        result.set_exception(error)


def known_error(error: Exception) -> CampaignLiveError:
    """Return an error that clients may see; log any other one."""
    if isinstance(error, CampaignLiveError):
        return error
    _LOG.error("The reader failed", exc_info=error)
    return SourceError(f"the reader failed ({type(error).__name__})")
