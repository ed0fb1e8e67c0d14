"""Layouts of a report in Python: the initial one, the saved one, export and import."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import CampaignLiveError, UsageError
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import LayoutError

SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"
STANDARD = places(TILES.values())
TURNED = {tab: tuple(reversed(row)) for tab, row in STANDARD.items()}


@pytest.fixture(autouse=True)
def storage_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUTS", str(tmp_path / "layouts"))
    return tmp_path / "layouts"


def report(**more: object) -> CampaignReport:
    return CampaignReport(SAMPLES, live=False, **more)  # type: ignore[arg-type]


def test_a_report_opens_with_the_saved_layout(storage_folder: Path) -> None:
    FileLayouts(storage_folder, "local").save("email", TURNED["email"], "")
    assert report().dashboard.layout_of_tabs() == {**STANDARD, "email": TURNED["email"]}
    assert report(name="another report").dashboard.layout_of_tabs() == STANDARD


def test_a_saved_layout_overrides_the_layout_of_the_report(storage_folder: Path) -> None:
    table = Place("push.failures", 5, 6, view="table")
    made = report(layout=[table])
    assert made.dashboard.layout_of_tabs()["push"][0] == table
    assert made.dashboard.tile("push.failures").view == "table"
    assert made.dashboard.save_layout("push", TURNED["push"]) is None
    again = report(layout=[table])
    assert again.dashboard.layout_of_tabs()["push"] == TURNED["push"]
    others = (place for place in STANDARD["push"] if place.tile_id != table.tile_id)
    row = (table, *(replace(place, shown=False) for place in others))
    assert again.dashboard.save_layout("push", row) is None  # a reset, and saved
    assert not list(storage_folder.rglob("push.json"))


def test_an_exported_layout_is_imported_by_another_report(
    tmp_path: Path, storage_folder: Path
) -> None:
    first, file = report(name="one"), tmp_path / "team.json"
    first.dashboard.grids["email"].arrange(TURNED["email"])
    first.export_layout(file)
    second = report(name="two")
    second.import_layout(file)
    assert second.dashboard.layout_of_tabs() == first.dashboard.layout_of_tabs()
    assert report(name="two").dashboard.layout_of_tabs()["email"] == TURNED["email"]
    assert len(list(storage_folder.rglob("*.json"))) == 1, "an unchanged tab needs no file"
    assert report(layout=file).dashboard.layout_of_tabs()["email"] == TURNED["email"]


def test_missing_files_are_errors_and_unknown_tiles_are_notices(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    made = report(locale="fr")
    with pytest.raises(LayoutError, match="no such file"):
        made.import_layout(file)
    with pytest.raises(UsageError, match="no such file"):
        report(layout=file)
    made.export_layout(file)
    file.write_text(file.read_text().replace("push.failures", "push.successes"))
    made.import_layout(file)
    last = made.dashboard.layout_of_tabs()["push"][-1]
    assert (last.tile_id, last.shown) == ("push.failures", False), "offered, not added"
    assert len(made.dashboard.header.notices) == 1
    assert made.dashboard.header.notices[0].startswith("La disposition team.json s'affiche")


def test_an_import_over_a_layout_of_another_page_needs_a_second_call(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    first, second = report(), report()
    second.dashboard.grids["email"].arrange(TURNED["email"])
    second.export_layout(file)
    assert (
        first.dashboard.save_layout("email", STANDARD["email"][::2] + STANDARD["email"][1::2])
        is None
    )
    with pytest.raises(CampaignLiveError, match="Another page has changed"):
        second.import_layout(file)
    second.import_layout(file)
    assert report().dashboard.layout_of_tabs()["email"] == TURNED["email"]


def test_a_notice_follows_the_language_of_the_page(storage_folder: Path) -> None:
    storage = FileLayouts(storage_folder, "local")
    storage.save("email", TURNED["email"], "")
    (storage.folder / "email.json").write_text("{")
    made = report()
    assert made.dashboard.header.notices[0].startswith("Your saved layout of the tab")
    made.dashboard.set_language("fr")
    assert len(made.dashboard.header.notices) == 1
    assert made.dashboard.header.notices[0].startswith("Votre disposition de l'onglet")
