"""A simulated campaign on the real dashboard: files that grow, and the page that follows."""

from __future__ import annotations

import json
import signal
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Final, Literal

import duckdb

from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID, COLUMNS, Simulation
from campaign_live_widgets.app.demo.story import PROVIDERS_FILE
from campaign_live_widgets.app.server.launch import serve

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager

Format = Literal["ndjson", "parquet"]

SEED: Final = 2026
HISTORY: Final = timedelta(hours=2)
_EVERY: Final[dict[Format, float]] = {"ndjson": 0.5, "parquet": 5.0}
"""Seconds between two writes: a line can be appended, a Parquet file only be complete."""
_FILE_LIFE: Final = timedelta(minutes=10)


class EventWriter:
    """Writes the events of a simulation to files of a folder, as an export would.

    Parameters
    ----------
    folder : Path
    simulation : Simulation
    form : str
        ``ndjson``: complete lines are appended, to a new file every ten minutes; ``parquet``:
        one file at a time, which appears when it is complete.
    clock : callable
        Returns the time now, with a time zone.
    """

    def __init__(
        self,
        folder: Path,
        simulation: Simulation,
        form: Format = "ndjson",
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder, self._simulation, self._form, self._clock = folder, simulation, form, clock
        self._stem = f"events-{simulation.start:%Y%m%dT%H%M%SZ}"
        self._files = 0
        self._file_born: datetime | None = None

    def write(self) -> int:
        """Write the events up to now that are not written yet; return how many."""
        now = self._clock()
        lines = [json.dumps(e, separators=(",", ":")) for e in self._simulation.events(now)]
        if lines:
            text = "\n".join(lines) + "\n"
            (self._append if self._form == "ndjson" else self._add_parquet)(text, now)
        return len(lines)

    def keep_writing(self, stopping: Event | None = None) -> None:
        """Write until *stopping* is set; without it, until the process ends."""
        ending = stopping or Event()
        while not ending.wait(_EVERY[self._form]):
            self.write()

    def _append(self, text: str, now: datetime) -> None:
        if self._file_born is None or now - self._file_born >= _FILE_LIFE:
            self._file_born, self._files = now, self._files + 1
        # One unbuffered write: a reader never sees a partial last line.
        with (self._folder / f"{self._stem}-{self._files:04}.ndjson").open("ab", 0) as file:
            file.write(text.encode())

    def _add_parquet(self, text: str, _now: datetime) -> None:
        self._files += 1
        name = f"{self._stem}-{self._files:06}.parquet"
        rows, hidden = self._folder / f".{name}.rows", self._folder / f".{name}.part"
        rows.write_text(text, encoding="utf-8")
        connection = duckdb.connect()
        try:
            events = connection.read_json(
                str(rows), format="newline_delimited", columns=dict(COLUMNS)
            )
            events.write_parquet(str(hidden), compression="zstd")
        finally:
            connection.close()
            rows.unlink()
        hidden.replace(self._folder / name)


def demo(  # noqa: PLR0913 - the options of a command
    *,
    port: int | None = None,
    open_browser: bool = True,
    speed: float = 1.0,
    format: Format = "ndjson",  # noqa: A002 - the option's name
    folder: str | os.PathLike[str] | None = None,
    locale: str = "en",
    base_url: str = "/",
    snapshots: str | None = None,
    debug: bool = False,
) -> None:
    """Serve a simulated campaign until Ctrl-C or SIGTERM; see :func:`serve`.

    Parameters
    ----------
    speed : float
        Multiple of the usual rate of about 35 events a second. The two hours before the start
        have the usual rate.
    format : str
        ``ndjson`` or ``parquet``.
    folder : path, optional
        Write the events there and keep them; by default they go to a temporary folder.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _events_folder(folder) as events:
            simulation = Simulation(SEED, datetime.now(UTC) - HISTORY)
            writer = EventWriter(Path(events), simulation, format)
            writer.write()
            simulation.speed = speed
            serve(
                str(events),
                campaign=CAMPAIGN_ID,
                port=port,
                open_browser=open_browser,
                window="2h",
                providers=str(PROVIDERS_FILE),
                locale=locale,
                base_url=base_url,
                snapshots=snapshots,
                beside=writer.keep_writing,
                use_cache=False,
                debug=debug,
            )
    except KeyboardInterrupt:
        return


def _events_folder(
    folder: str | os.PathLike[str] | None,
) -> AbstractContextManager[str | os.PathLike[str]]:
    """Return the folder to write to; without one, a temporary folder."""
    if folder is None:
        return TemporaryDirectory(prefix="campaign-live-demo-", ignore_cleanup_errors=True)
    Path(folder).mkdir(parents=True, exist_ok=True)
    return nullcontext(folder)
