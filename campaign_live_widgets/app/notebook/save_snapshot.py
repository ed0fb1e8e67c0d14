"""*Save a snapshot*: what the page shows becomes a folder of files, by the command's own way.

The saved numbers are those of the page at that moment, also while it is paused or cannot read its
source: the source is not read again.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from filelock import FileLock, Timeout

from campaign_live_widgets.app.settings.times import address_time
from campaign_live_widgets.catalog import Text
from campaign_live_widgets.dashboard.page.shown_view import shown_view
from campaign_live_widgets.io.durations import format_duration
from campaign_live_widgets.io.environment import SNAPSHOTS, SNAPSHOTS_ADDRESS
from campaign_live_widgets.io.threads import page_thread
from campaign_live_widgets.rendering.language.phrases import one_line

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from campaign_live_widgets.dashboard import Dashboard
    from campaign_live_widgets.rendering.model.report_view import ReportView

PATH: Final = "snapshots/"
"""The URL path of the snapshots below the server's own."""
REPORT: Final = "report.html"

_LOCK: Final = ".saving.lock"
_STARTED: Final = Text(
    "Saving a snapshot of what the page shows now.",
    "Enregistrement d'un instantané de ce que la page affiche maintenant.",
)
_SAVED: Final = Text("Snapshot saved: {}", "Instantané enregistré\N{NO-BREAK SPACE}: {}")
_FAILED: Final = Text(
    "The snapshot could not be saved: {}",
    "L'instantané n'a pas pu être enregistré\N{NO-BREAK SPACE}: {}",
)
_BUSY: Final = Text(
    "another page is saving one; try again in a moment",
    "une autre page en enregistre un\N{NO-BREAK SPACE}; réessayez dans un instant",
)


def offer_saving(dashboard: Dashboard, source: str) -> Saver | None:
    """Offer readers of *dashboard* to save a snapshot, if the environment names a folder for it.

    Parameters
    ----------
    source : str
        The source as the snapshot's manifest records it; empty for that of the environment.
    """
    folder = os.environ.get(SNAPSHOTS, "").strip()
    if not folder:
        return None
    address = os.environ.get(SNAPSHOTS_ADDRESS, "").strip()
    return Saver(dashboard, source, Path(folder).expanduser().absolute(), address)


class Saver:
    """Saves one snapshot at a time of what a page shows, and reports the result in a notice.

    Parameters
    ----------
    dashboard : Dashboard
    source : str
    out : Path
        The folder of snapshots.
    address : str
        The URL path at which a server shows it; empty without a server.
    """

    def __init__(self, dashboard: Dashboard, source: str, out: Path, address: str) -> None:
        self._page, self._source, self._out, self._address = dashboard, source, out, address
        self._thread: threading.Thread | None = None
        self._page.filters.saving = "ready"
        self._page.filters.snapshots = address
        self._page.filters.on_msg(self._on_message)

    def _on_message(self, _filters: object, message: Mapping[str, Any], _buffers: object) -> None:
        if message.get("type") == "save":
            self.save()

    def save(self) -> None:
        """Start to save what the page shows now, unless a save is under way."""
        if self._thread is not None and self._thread.is_alive():
            return
        view = shown_view(self._page)
        self._page.filters.saving = "busy"
        self._page.header.notify(_STARTED)
        self._thread = page_thread(partial(self._run, view), "campaign-live-save")
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until the save under way has succeeded or failed."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _parameters(self, view: ReportView) -> dict[str, object]:
        """Return the parameters of a run that asks for what *view* shows."""
        snapshot = view.snapshot
        return {
            "source": self._source,
            "campaign": snapshot.campaign_id,
            "window": format_duration(snapshot.window.length),
            "at": address_time(snapshot.window.end),
            "messages": sorted(snapshot.selection.messages),
            "executions": sorted(snapshot.selection.executions),
            "include_tests": snapshot.include_tests,
            "machines": snapshot.machines,
            "basis": snapshot.basis,
            "small_cells": snapshot.small_cells,
            "locale": view.locale,
            "time_zone": view.time_zone,
        }

    def _run(self, view: ReportView) -> None:
        header, filters = self._page.header, self._page.filters
        try:
            notice, link = self._make(view)
        except Timeout:
            notice, link = Text(_FAILED.en.format(_BUSY.en), _FAILED.fr.format(_BUSY.fr)), ""
        except Exception as error:  # noqa: BLE001 - the notice shows it
            line = one_line(error).replace(f"{self._out}{os.sep}", "")
            notice, link = Text(_FAILED.en.format(line), _FAILED.fr.format(line)), ""
        header.remove_notice(_STARTED)
        header.notify(notice, link)
        filters.saving = "ready"

    def _make(self, view: ReportView) -> tuple[Text, str]:
        from campaign_live_widgets.app.jobs import snapshot_run as runs

        self._out.mkdir(parents=True, exist_ok=True)
        with FileLock(self._out / _LOCK, timeout=0):
            made = runs.snapshot(self._parameters(view), self._out, view=view)
        link = f"{self._address}{quote(made.name)}/{REPORT}" if self._address else ""
        return Text(_SAVED.en.format(made.name), _SAVED.fr.format(made.name)), link
