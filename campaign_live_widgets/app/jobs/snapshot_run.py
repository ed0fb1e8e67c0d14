"""One run of the snapshot notebook: a new folder of the archive, whole or not at all."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.jobs.parameters import TEMPLATES, check
from campaign_live_widgets.app.settings.installation import notebook_path
from campaign_live_widgets.app.settings.secret_reference import (
    is_reference,
    resolve,
    told_as,
)
from campaign_live_widgets.app.settings.times import (
    address_time,
    parse_at,
    parse_locale,
    parse_window,
)
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError
from campaign_live_widgets.io.environment import SNAPSHOT_FOLDER, SOURCE
from campaign_live_widgets.rendering.language.phrases import one_line
from campaign_live_widgets.snapshot import Selection, Snapshot, Window
from campaign_live_widgets.sources.tables.address import Database, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from campaign_live_widgets.app.jobs.parameters import Value
    from campaign_live_widgets.sources import Location

    Progress = Callable[[str, float], None]
    """Is told what is being done, and what part of the run is over."""

TEMPLATE: Final = "campaign_snapshot"
NOTEBOOK: Final = "notebook.ipynb"
"""The executed notebook's name in a snapshot."""
DEFAULT_TIMEOUT: Final = timedelta(minutes=10)
_CHARTS: Final = {"donut", "bars", "lines"}
_READ: Final = 0.3
"""Part of the run that is over when the first file is written."""


def _silent(_text: str, _part: float) -> None:
    """Tell nobody."""


def snapshot(  # noqa: PLR0913 - one call is one run
    parameters: Mapping[str, object],
    out: Path,
    formats: Collection[str] | None = None,
    *,
    timeout: timedelta = DEFAULT_TIMEOUT,
    progress: Progress = _silent,
    now: datetime | None = None,
    template: Path | None = None,
) -> Path:
    """Make one snapshot and return its folder in the archive *out*.

    Parameters
    ----------
    parameters : mapping
        Those of the notebook ``campaign_snapshot`` but for ``formats`` and ``folder``;
        ``source`` and ``campaign`` are needed, and ``window`` is a length. Without ``at`` the
        window ends now. A secret is given as ``env:NAME`` and stays that.
    out : Path
        Made where it is missing. It may not be where the source is read.
    formats : collection of str
        Some of :data:`campaign_live_widgets.snapshots.FORMATS`; by default all.
    timeout : timedelta
        How long the run may take.
    progress : callable
        Is told what is being done, and what part of the run is over (0 to 1).
    now : datetime, optional
        By default what the clock says.
    template : Path, optional
        The notebook; by default the product's.

    Raises
    ------
    UsageError
        Where a parameter is wrong; nothing is written where that can be told before the run.
    SourceError
        Where the source cannot be read.
    MissingExtraError
        Where a format needs a package that is not installed; nothing is written.
    CampaignLiveError
        Where the run fails in another way. What has failed stands in a folder of its own, with
        the reason and the notebook as far as it came.
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
    wanted = check_formats(FORMATS if formats is None else formats)
    require_packages(wanted)
    asked = check(TEMPLATE, {**parameters, "formats": list(wanted)})
    window = _window(asked, made_at)
    asked["at"] = address_time(window.end)
    _require_source(asked, out)
    name = snapshot_name(_nothing_of(asked, window))
    notebook = template or template_path(TEMPLATE)
    steps = _Steps(wanted, progress)
    progress("starting the kernel", 0.0)
    told = {key: value for key, value in asked.items() if key != "folder"}
    locale = parse_locale(str(asked["locale"]))
    with Draft(out, name, parameters=told) as draft:
        try:
            _execute(notebook, draft.folder, asked, timeout, steps)
            report = json.loads((draft.folder / "report.json").read_text(encoding="utf-8"))
            manifest = Manifest.of(
                report,
                parameters=told,
                made_at=made_at,
                locale=locale,
                time_zone=str(asked["time_zone"]),
                formats=wanted,
            )
            progress("putting it into the archive", 0.97)
            made = draft.publish(manifest)
        except OSError as error:
            failed = draft.fail(one_line(error))
            raise _with_place(_written_not(error, out), failed) from None
        except CampaignLiveError as error:
            raise _with_place(error, draft.fail(one_line(error))) from None
    write_index(out, locale)
    return made


def template_path(name: str) -> Path:
    """Return the path of the bundled notebook of the template *name*."""
    return notebook_path(TEMPLATES[name].file)


def _execute(
    notebook: Path, folder: Path, asked: Mapping[str, Value], timeout: timedelta, steps: _Steps
) -> None:
    from campaign_live_widgets.app.jobs.papermill_runner import execute

    execute(
        notebook,
        folder / NOTEBOOK,
        {**asked, "folder": f"env:{SNAPSHOT_FOLDER}"},
        environment={SNAPSHOT_FOLDER: str(folder.absolute())},
        seconds=timeout.total_seconds(),
        tell=steps.tell,
    )


def _window(asked: Mapping[str, Value], now: datetime) -> Window:
    """Return the run's window; which one it is has to be known before its name is."""
    if not asked["campaign"]:
        message = "campaign is missing: give the id of the campaign that the snapshot is of"
        raise UsageError(message)
    length = parse_window(str(asked["window"]))
    return Window.ending(parse_at(str(asked["at"])) or now, length)


def _nothing_of(asked: Mapping[str, Value], window: Window) -> Snapshot:
    """Return an empty snapshot of what is asked for: it has the name of the full one."""
    return Snapshot(
        campaign_id=str(asked["campaign"]),
        campaign_name=None,
        window=window,
        counts={},
        entered_profiles=0,
        message_names={},
        newest_event=None,
        include_tests=bool(asked["include_tests"]),
        selection=Selection(
            frozenset(_names(asked["messages"])), frozenset(_names(asked["executions"]))
        ),
    )


def _names(value: Value) -> list[str]:
    return value if isinstance(value, list) else []


def _require_source(asked: Mapping[str, Value], out: Path) -> None:
    """Raise where the source is not there, or would read the snapshots as events."""
    named = str(asked["source"]) or os.environ[SOURCE]
    from campaign_live_widgets.engine import require_readable

    source = resolve(named)
    location = locate(source)
    with told_as(named if is_reference(named) else None, location):
        require_readable(source)
    require_apart(location, out)


def require_apart(location: Location | Database, out: Path) -> None:
    """Raise :class:`UsageError` where what is written to *out* would be read as events."""
    if isinstance(location, Database) or not (location.is_glob or Path(location.text).is_dir()):
        return
    try:
        inside = Path(out).resolve().relative_to(location.watched.resolve())
    except ValueError:
        return
    if any(part.startswith((".", "_")) for part in inside.parts):
        return  # these are passed over
    message = f"{out}: the snapshots would stand where the source is read; give another folder"
    raise UsageError(message)


def _written_not(error: OSError, out: Path) -> CampaignLiveError:
    return CampaignLiveError(f"{out}: the snapshot cannot be written: {error.strerror or error}")


def _with_place(error: CampaignLiveError, failed: Path) -> CampaignLiveError:
    """Return *error* as it is, and where what is known of the run stands."""
    told = f"{error} (see {failed})"
    for kind in (UsageError, SourceError):
        if isinstance(error, kind):
            return kind(told)
    return CampaignLiveError(told)


class _Steps:
    """Tells how far a run is, by the files that its notebook names."""

    def __init__(self, formats: Collection[str], progress: Progress) -> None:
        charts = sum(bool(_CHARTS & set(tile.views)) for tile in TILES.values())
        each = {"csv": 1 + len(TILES), "parquet": len(TILES), "png": charts, "svg": charts}
        self._files = 1 + sum(each.get(one, 1) for one in formats)
        self._done = 0
        self._progress = progress

    def tell(self, line: str) -> None:
        """Take in a line that the notebook has printed: the file that it makes now."""
        part = _READ + (0.95 - _READ) * min(self._done / self._files, 1.0)
        self._done += 1
        self._progress(line, part)
