"""Snapshot folders made by hand: snapshots of a few events, as a run would publish them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.snapshot import ALL, Snapshot
from campaign_live_widgets.snapshots import Draft, Manifest, snapshot_name, write_files
from tests.support.events.memory import NOW, Event, snapshot_of

DAY = timedelta(days=1)
HOSTILE = '<script>alert("1")</script>\u202e&\r\n=1+1' + "x" * 10_000


def events(at: datetime, sent: int = 10, bounces: int = 2, opens: int = 3) -> list[Event]:
    at -= timedelta(hours=1)
    return [
        *(Event("sent", at=at, profile=f"p{n}", domain="example.org") for n in range(sent)),
        *(Event("delivered", at=at, domain="example.org") for _ in range(sent - bounces)),
        *(
            Event("bounce", at=at, reason="mailbox_full", bounce_type="soft", domain="example.org")
            for _ in range(bounces)
        ),
        *(Event("open", at=at, domain="example.org") for _ in range(opens)),
    ]


def name_of(snapshot: Snapshot) -> str:
    """Return the name of the folder of *snapshot*."""
    return snapshot_name(
        snapshot.campaign_id,
        snapshot.window,
        part=snapshot.selection != ALL,
        tests=snapshot.include_tests,
        machines=snapshot.machines,
    )


def publish(  # noqa: PLR0913 - the parts of a run
    out: Path,
    snapshot: Snapshot,
    formats: tuple[str, ...] = ("csv",),
    *,
    locale: str = "en",
    time_zone: str = "UTC",
    parameters: Mapping[str, object] | None = None,
    made_at: datetime = NOW,
) -> Path:
    view = ReportView(snapshot=snapshot, made_at=made_at, locale=locale, time_zone=time_zone)
    with Draft(out, name_of(snapshot)) as draft:
        write_files(view, draft.folder, formats)
        (draft.folder / "notebook.ipynb").write_text("{}")
        report = json.loads((draft.folder / "report.json").read_text("utf-8"))
        manifest = Manifest.of(
            report,
            parameters=parameters or {"campaign": snapshot.campaign_id},
            made_at=made_at,
            locale=locale,
            time_zone=time_zone,
            formats=formats,
        )
        return draft.publish(manifest)


def day(
    out: Path,
    ago: int = 0,
    campaign: str = "spring",
    name: str | None = None,
    formats: tuple[str, ...] = ("csv",),
) -> Path:
    """Publish the snapshot of a day, with more messages sent on the days before."""
    at = NOW - ago * DAY
    snapshot = snapshot_of(events(at, sent=10 * (min(ago, 3) + 1)), at, campaign_id=campaign)
    return publish(out, replace(snapshot, campaign_name=name), formats, made_at=at)
