"""Snapshots of generated sources: all their files agree, and the pages open from disk."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.snapshot import Snapshot, Window
from campaign_live_widgets.snapshots import (
    FORMATS,
    Draft,
    difference,
    remarks,
    verify,
    write_index,
)
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.reports.snapshot_folders import HOSTILE, day, name_of, publish

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def count_campaign(folder: Path, seed: int, campaign: str, window: str) -> Snapshot:
    source = folder / f"{seed}.ndjson"
    source.write_text(files.ndjson_text(generate.events(seed)))
    length = WINDOWS[window]
    rollup = open_rollup(str(source), campaign, follow=False, window=Window.ending(AT, length))
    snapshot = rollup.snapshot(at=AT, window=length)
    rollup.close()
    return snapshot


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    ("seed", "campaign", "window", "formats"),
    [
        (1, "c1", "30d", FORMATS),
        (2, "c1", "24h", ("csv", "parquet", "html")),
        (3, 'c"3', "30d", ("csv", "parquet")),
        (4, "=1+1", "30d", ("csv", "parquet")),
    ],
)
def test_all_files_of_a_snapshot_agree(
    tmp_path: Path, seed: int, campaign: str, window: str, formats: tuple[str, ...]
) -> None:
    snapshot = count_campaign(tmp_path, seed, campaign, window)
    made = publish(tmp_path / "out", snapshot, formats, locale="fr", time_zone="Europe/Paris")
    assert made.name == name_of(snapshot)
    assert verify(made) == []
    assert verify(tmp_path / "out") == []
    remarks(made)
    diff = difference(made, made)
    assert not diff.is_change
    document = json.dumps(diff.to_json(), allow_nan=False)
    assert json.loads(document)["before"]["campaign_id"] == campaign


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_index_and_diff_open_from_disk_without_console_messages(
    tmp_path: Path, browser: "Browser", scheme: str, width: int
) -> None:
    out = tmp_path / "out"
    pair = [day(out, ago, name=HOSTILE) for ago in (1, 0)]
    Draft(out, "spring").fail(HOSTILE)
    changes = out / "changes.html"
    changes.write_text(difference(*pair).to_html("fr"), encoding="utf-8")
    context = browser.new_context(
        offline=True,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    messages: list[str] = []
    requests: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    addresses = [path.as_uri() for path in (write_index(out), changes)]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(20, 23, 26)" if scheme == "dark" else "rgb(255, 255, 255)")
        assert page.locator("h1").count() == 1
    assert messages == []
    assert requests == addresses
    context.close()
