"""Every type of damage to a snapshot is reported, and an intact one has no problems."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshot import Health, Lost, Snapshot
from campaign_live_widgets.snapshots import (
    FORMATS,
    Draft,
    Manifest,
    remarks,
    verify,
    write_index,
)
from campaign_live_widgets.snapshots.manifest import written
from tests.support.events.memory import NOW, Event, snapshot_of
from tests.support.reports.snapshot_folders import DAY, HOSTILE, day, events, publish


def hostile() -> Snapshot:
    at = NOW - DAY / 24
    push = {"channel": "push", "at": at, "platform": "ios", "message_id": "p1"}
    more = [
        Event("sent", at=at, message_id=HOSTILE, domain='=a"b;c\r\nd'),
        Event("delivered", at=at, message_id=HOSTILE, domain='=a"b;c\r\nd'),
        Event("open", at=at, message_id=HOSTILE, domain='=a"b;c\r\nd'),
        Event("bounce", at=at, reason=HOSTILE, bounce_type="odd"),
        Event("bounce", at=at, reason=None, bounce_type=None, is_async=True),
        Event("error", at=at, reason="\u2028\u2029</script>"),
        *(Event(kind, **push) for kind in ("sent", "delivered", "open", "action")),  # type: ignore[arg-type]
    ]
    return replace(snapshot_of([*events(NOW), *more]), campaign_name=HOSTILE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("snapshots"), hostile(), FORMATS, locale="fr")


@pytest.fixture
def made(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "out" / whole.name))


@pytest.mark.usefixtures("matrix")
def test_an_intact_snapshot_has_no_problems(made: Path) -> None:
    assert verify(made) == []
    charts = [t for t in TILES.values() if {"donut", "bars", "lines", "intervals"} & set(t.views)]
    # Besides: report.json, .html, .csv and .pdf, and the notebook.
    assert len(Manifest.read(made).files) == 5 + 2 * len(TILES) + 2 * len(charts)


def test_a_snapshot_of_an_empty_campaign_has_no_problems(tmp_path: Path) -> None:
    assert verify(publish(tmp_path, snapshot_of([]), FORMATS)) == []


def test_rows_that_the_page_adds_up_are_verified(tmp_path: Path) -> None:
    at = NOW - DAY / 24
    many = [Event("sent", at=at, message_id=f"m{n:03}") for n in range(203)]
    folder = publish(tmp_path, snapshot_of(many), ("html",))
    assert verify(folder) == []
    text = (folder / "report.html").read_text("utf-8")
    row = re.search(r">and 3 more</th><td[^>]* data-value=.3.", text)
    assert row
    changed = row[0].replace('data-value="3"', 'data-value="4"')
    (folder / "report.html").write_text(text.replace(row[0], changed), "utf-8")
    assert [line for line in resealed(folder) if "others: row 1: '4' is not '3'" in line]


@pytest.mark.usefixtures("matrix")
def test_a_snapshot_of_a_damaged_store_shows_what_is_missing_and_is_not_valid(
    tmp_path: Path,
) -> None:
    lost = Lost("spring", (date(2026, 11, 21),), 1, 1296)
    snapshot = replace(hostile(), health=Health(events=5, missing=1296, lost=(lost,)))
    folder = publish(tmp_path, snapshot, FORMATS)
    assert Manifest.read(folder).health["missing"] == 1296
    first, _, rest = (folder / "report.csv").read_text("utf-8").partition("\n")
    assert first.startswith("report,")
    assert "missing events: 1,296" in first
    assert rest.startswith("\ncampaign.statistics")
    assert verify(folder) == [
        "report.json: 1,296 events of the store were missing when it was made"
    ]
    assert "1,296 events missing" in write_index(tmp_path, "en").read_text("utf-8")


def test_every_snapshot_in_a_folder_is_verified(made: Path) -> None:
    out = made.parent
    other = day(out)
    (other / "report.csv").unlink()
    (out / "mine").mkdir()
    Draft(out, "spring").fail("why")
    (day(out, 1) / "manifest.json").unlink()
    with Draft(out, "spring") as draft:
        (draft.folder / "report.json").write_text("{")
        problems = verify(out)
    assert [line.split(": ", 1)[1] for line in problems if other.name in line] == [
        "report.csv is missing"
    ]
    assert [line for line in problems if "is not a snapshot: manifest.json" in line]
    assert len(problems) == 2
    with pytest.raises(ArchiveError, match="there is no snapshot in"):
        verify(out / "mine")
    with pytest.raises(ArchiveError, match="is not a folder of snapshots"):
        verify(out / "nowhere")
    assert "failed" in verify(out / "spring.failed")[0]


def test_missing_changed_and_unknown_files_are_reported(made: Path) -> None:
    (made / "report.pdf").write_bytes((made / "report.pdf").read_bytes()[:-1] + b"!")
    (made / "pictures" / "push.failures.svg").unlink()
    (made / "widgets" / "extra.csv").write_text("")
    (made / "linked").symlink_to("report.pdf")
    assert sorted(verify(made)) == [
        "linked is a link, not a file",
        "pictures/push.failures.svg is missing",
        "report.pdf has been changed",
        "widgets/extra.csv is not a file of this snapshot",
    ]


def resealed(folder: Path) -> list[str]:
    """Update the hashes of changed files and return the problems that remain."""
    document = json.loads((folder / "manifest.json").read_text("utf-8"))
    files = {
        path: {"size": file.size, "sha256": file.sha256} for path, file in written(folder).items()
    }
    (folder / "manifest.json").write_text(json.dumps(document | {"files": files}))
    return verify(folder)


@pytest.mark.parametrize(
    ("path", "old", "new", "message"),
    [
        ("report.csv", "mailbox_full,2", "mailbox_full,3", "email.bounce_reasons: row 1: '3'"),
        ("widgets/email.bounce_reasons.csv", "full,2", "full,20", "row 1: '20' is not '2'"),
        ("widgets/push.failures.csv", "bounces,0\r\n", "", "1 rows, the report has 2"),
        ("widgets/push.failures.csv", "Nombre", "Count", "headings are not those of the report"),
        ("report.html", '"mailbox_full",2]', '"mailbox_full",9]', "the numbers in it are not"),
        ("report.html", 'data-value="11"', 'data-value="12"', ": row 1: '12' is not '11'"),
        (
            "report.html",
            'Total</th><td data-value="11"',
            'Total</th><td data-value="12"',
            ": total: row 1: '12' is not '11'",
        ),
        ("report.html", 'value" data-value="8"', 'value" data-value="9"', "figures: row 1: '9'"),
        ("report.json", '["mailbox_full", 2]', '["mailbox_full", 9]', "bounces 11 is not 4"),
        ("manifest.json", '"rejected": 0', '"rejected": 1', "health is not that of the report"),
        ("manifest.json", '"sent": 11', '"sent": 12', "figures is not that of the report"),
    ],
)
def test_an_inconsistent_number_is_reported(
    made: Path, path: str, old: str, new: str, message: str
) -> None:
    text = (made / path).read_bytes().decode()
    assert old in text
    (made / path).write_bytes(text.replace(old, new, 1).encode())
    problems = resealed(made)
    assert [line for line in problems if message in line], problems


def test_an_inconsistent_frame_is_reported(made: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only here
    from pyarrow import parquet  # noqa: PLC0415

    path = made / "frames" / "email.sending_statistics.parquet"
    table = parquet.read_table(path)
    shares = pa.array([0.5, 0.25, 0.25])
    parquet.write_table(table.set_column(2, "share", shares), path)
    assert len(resealed(made)) == 1
    assert "email.sending_statistics.parquet: row 1: 0.5 is not" in resealed(made)[0]
    path.write_bytes(b"PAR1")
    assert "cannot be read" in resealed(made)[0]


def _more(report: dict[str, Any]) -> None:
    report["widgets"]["email.summary"]["rows"][3][1] += 1


def _share(report: dict[str, Any]) -> None:
    report["widgets"]["email.sending_statistics"]["rows"][0][2] = 0.5


def _turned(report: dict[str, Any]) -> None:
    report["widgets"]["email.bounce_reasons"]["rows"].reverse()


def _later(report: dict[str, Any]) -> None:
    report["widgets"]["email.summary"]["rows"].pop()


def _part(report: dict[str, Any]) -> None:
    report["widgets"]["email.summary"]["rows"][0][1] = 0.5


def _gone(report: dict[str, Any]) -> None:
    del report["widgets"]["push.failures"]


def _hard(report: dict[str, Any]) -> None:
    report["widgets"]["email.bounces_by_message"]["rows"][0][1] += 1


def _listed(report: dict[str, Any]) -> None:
    report["widgets"]["email.recipient_domains"]["rows"][0][2] = 1000


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_more, "email.summary: sent 12 is not 11, as in email's messages"),
        (_share, "share 0.5 is not 8 of 11 sent"),
        (_turned, "email.bounce_reasons: the rows are not in their order"),
        (_later, "the points in time are not those of the window"),
        (_part, "sent 0.5 is not a count"),
        (_gone, "the widget push.failures is missing"),
        (_hard, "email.bounce_categories: hard 0 is not 1, the sum over messages"),
        (_listed, "email.recipient_domains: sent 1001 is more than 11"),
    ],
)
def test_an_inconsistent_report_is_reported(
    made: Path, damage: Callable[[dict[str, Any]], None], message: str
) -> None:
    report = json.loads((made / "report.json").read_text("utf-8"))
    damage(report)
    (made / "report.json").write_text(json.dumps(report))
    problems = [line for line in resealed(made) if line.startswith("report.json: ")]
    assert [line for line in problems if message in line], problems


def test_plausible_but_unusual_counts_are_remarks(made: Path, tmp_path: Path) -> None:
    remark = (
        "email: sent 11 is not delivered 8 + bounces 4; "
        "they are equal if the result of each message is known and inside the window"
    )
    assert remarks(made) == [remark]
    assert remarks(day(tmp_path / "other")) == []
    sms = [Event("delivered", channel="sms", at=NOW - DAY / 24)]
    made = publish(tmp_path / "sms", snapshot_of(sms))
    assert verify(made) == []
    assert remarks(made) == ["delivered 1 is not the 0 of e-mail and push: other channels count"]
