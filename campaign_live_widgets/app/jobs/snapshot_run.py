"""One run of the snapshot notebook: a new folder of snapshots, complete or not at all."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.jobs.parameters import TEMPLATES, Parameters, parse_parameters
from campaign_live_widgets.app.jobs.shown_view import passed_to_kernel
from campaign_live_widgets.app.settings.installation import notebook_path
from campaign_live_widgets.app.settings.secret_reference import (
    public_name,
    redacted_errors,
    resolve,
)
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError
from campaign_live_widgets.io.environment import CAMPAIGN, SNAPSHOT_FOLDER, SOURCE
from campaign_live_widgets.rendering.language.phrases import one_line
from campaign_live_widgets.snapshot import ALL, Window
from campaign_live_widgets.sources.address import parse_address
from campaign_live_widgets.sources.sends import read_as

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.sources.address import SourceAddress

    Progress = Callable[[str, float], None]
    """Is called with the current step, and the part of the run that is done."""

TEMPLATE: Final = "campaign_snapshot"
NOTEBOOK: Final = "notebook.ipynb"
"""The executed notebook's name in a snapshot."""
DEFAULT_TIMEOUT: Final = timedelta(minutes=10)
_CHARTS: Final = {"donut", "bars", "lines", "intervals"}
_READ: Final = 0.3
"""Part of the run that is done when the first file is written."""


def _no_progress(_text: str, _part: float) -> None:
    """Show no progress."""


def snapshot(  # noqa: PLR0913 - one call is one run
    parameters: Mapping[str, object] | Parameters,
    out: Path,
    formats: Collection[str] | None = None,
    *,
    timeout: timedelta = DEFAULT_TIMEOUT,
    progress: Progress = _no_progress,
    now: datetime | None = None,
    template: Path | None = None,
    view: ReportView | None = None,
) -> Path:
    """Save one snapshot in a new folder below *out*, and return that folder.

    Parameters
    ----------
    parameters : mapping or Parameters
        Those of the notebook ``campaign_snapshot`` except ``formats`` and ``folder``.
        ``source`` is required, and ``window`` is a length. Without ``campaign`` the newest one
        is reported; without ``at`` the window ends now. A secret is given as ``env:NAME`` and
        stays that.
    out : Path
        Created if missing. It must not be inside the source.
    formats : collection of str
        Some of :data:`campaign_live_widgets.snapshots.FORMATS`; by default all.
    timeout : timedelta
        Maximum duration of the run.
    progress : callable
        Is called with the current step, and the part of the run that is done (0 to 1).
    now : datetime, optional
        By default the current time.
    template : Path, optional
        The notebook; by default the bundled one.
    view : ReportView, optional
        What a page shows, to be saved exactly as it is: the source is not read. *parameters*
        are those that ask for it, with a campaign and an ``at``.

    Raises
    ------
    UsageError
        If a parameter is invalid; nothing is written if that is known before the run.
    SourceError
        If the source cannot be read.
    MissingExtraError
        If a format needs a package that is not installed; nothing is written.
    CampaignLiveError
        If the run fails otherwise. A failed run leaves a folder with the reason and the
        notebook up to the error.
    """
    from campaign_live_widgets.snapshots import (
        FORMATS,
        Draft,
        Manifest,
        check_formats,
        require_packages,
        snapshot_name,
        write_index,
    )

    made_at = now or datetime.now(UTC)
    written = check_formats(FORMATS if formats is None else formats)
    require_packages(written)
    if not isinstance(parameters, Parameters):
        parameters = parse_parameters(TEMPLATE, parameters)
    window = _window(parameters.query, made_at)
    _require_source(parameters, out, is_read=view is None)
    # Not the window's end: events up to the minute of this time count as the newest.
    at = parameters.query.at or made_at
    parameters = with_campaign(parameters.writing(list(written)).ending(at), made_at)
    query = parameters.query
    assert query.campaign is not None  # noqa: S101 - for the type checker
    name = snapshot_name(
        query.campaign,
        window,
        part=query.selection != ALL,
        tests=query.include_tests,
        machines=query.machines,
    )
    notebook = template or template_path(TEMPLATE)
    steps = _Steps(written, progress)
    progress("starting the kernel", 0.0)
    recorded = {key: value for key, value in parameters.values.items() if key != "folder"}
    with Draft(out, name, parameters=recorded) as draft:
        try:
            with passed_to_kernel(view) as environment:
                _execute(notebook, draft.folder, parameters, timeout, steps, environment)
            report = json.loads((draft.folder / "report.json").read_text(encoding="utf-8"))
            manifest = Manifest.of(
                report,
                parameters=recorded,
                made_at=made_at,
                locale=query.locale,
                time_zone=query.time_zone,
                formats=written,
            )
            progress("publishing the snapshot", 0.97)
            made = draft.publish(manifest)
        except OSError as error:
            failed = draft.fail(one_line(error))
            raise _with_folder(_not_written(error, out), failed) from None
        except CampaignLiveError as error:
            raise _with_folder(error, draft.fail(one_line(error))) from None
    write_index(out, query.locale)
    return made


def with_campaign(parameters: Parameters, now: datetime) -> Parameters:
    """Return *parameters* with a campaign: that of the environment, else the newest one.

    Raises
    ------
    UsageError
        If the source has no events.
    SourceError
        If the source cannot be read.
    """
    if parameters.query.campaign:
        return parameters
    if campaign := os.environ.get(CAMPAIGN):
        return parameters.of_campaign(campaign)
    from campaign_live_widgets.app.feeds.read_once import newest_campaign

    at = parameters.query.at or now
    return parameters.of_campaign(newest_campaign(_source(parameters), at, now))


def template_path(name: str) -> Path:
    """Return the path of the bundled notebook of the template *name*."""
    return notebook_path(TEMPLATES[name].file)


def _execute(  # noqa: PLR0913 - what a run is
    notebook: Path,
    folder: Path,
    parameters: Parameters,
    timeout: timedelta,
    steps: _Steps,
    environment: Mapping[str, str],
) -> None:
    from campaign_live_widgets.app.jobs.papermill_runner import execute

    execute(
        notebook,
        folder / NOTEBOOK,
        {**parameters.values, "folder": f"env:{SNAPSHOT_FOLDER}"},
        environment={**environment, SNAPSHOT_FOLDER: str(folder.absolute())},
        seconds=timeout.total_seconds(),
        on_line=steps.next_file,
    )


def _window(query: Query, now: datetime) -> Window:
    """Return the window of the run, which the folder's name contains."""
    if not isinstance(query.window, timedelta):
        message = f"window {query.window!r}: a snapshot needs a length, such as 24h"
        raise UsageError(message)
    return Window.ending(query.at or now, query.window)


def _source(parameters: Parameters) -> str:
    named = str(parameters.values["source"]) or os.environ[SOURCE]
    return read_as(named, str(parameters.values["mapping"]), str(parameters.values["sends"]))


def _require_source(parameters: Parameters, out: Path, *, is_read: bool) -> None:
    """Raise if the source does not exist but is read, or would read the snapshots as events."""
    from campaign_live_widgets.engine import require_readable

    named = _source(parameters)
    source = resolve(named)
    location = parse_address(source)
    if is_read:
        with redacted_errors(public_name(named), location):
            require_readable(source)
    require_apart(location, out)


def require_apart(location: SourceAddress, out: Path) -> None:
    """Raise :class:`UsageError` if the source would read files in *out* as events."""
    if location.scanned_folder is None:
        return
    try:
        inside = Path(out).resolve().relative_to(location.scanned_folder.resolve())
    except ValueError:
        return
    if any(part.startswith((".", "_")) for part in inside.parts):
        return  # a source ignores such folders
    message = f"{out}: the source would read the snapshots as events; give a folder outside of it"
    raise UsageError(message)


def _not_written(error: OSError, out: Path) -> CampaignLiveError:
    return CampaignLiveError(f"{out}: the snapshot cannot be written: {error.strerror or error}")


def _with_folder(error: CampaignLiveError, failed: Path) -> CampaignLiveError:
    """Return *error* of the same class, with the folder of the failed run."""
    message = f"{error} (see {failed})"
    for kind in (UsageError, SourceError):
        if isinstance(error, kind):
            return kind(message)
    return CampaignLiveError(message)


class _Steps:
    """Reports the progress of a run by the files that its notebook prints."""

    def __init__(self, formats: Collection[str], progress: Progress) -> None:
        charts = sum(bool(_CHARTS & set(tile.views)) for tile in TILES.values())
        each = {"csv": 1 + len(TILES), "parquet": len(TILES), "png": charts, "svg": charts}
        self._files = 1 + sum(each.get(one, 1) for one in formats)
        self._done = 0
        self._progress = progress

    def next_file(self, line: str) -> None:
        """Take a line that the notebook has printed: the file that it writes now."""
        part = _READ + (0.95 - _READ) * min(self._done / self._files, 1.0)
        self._done += 1
        self._progress(line, part)
