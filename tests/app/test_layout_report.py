"""A report in Python: the layout it starts with, the one its reader keeps, files in and out."""

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
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUTS", str(tmp_path / "kept"))
    return tmp_path / "kept"


def report(**more: object) -> CampaignReport:
    return CampaignReport(SAMPLES, live=False, **more)  # type: ignore[arg-type]


def test_a_report_opens_with_what_its_reader_has_kept(kept: Path) -> None:
    FileLayouts(kept, "local").save("email", TURNED["email"], "")
    assert report().dashboard.layout_of_tabs() == {**STANDARD, "email": TURNED["email"]}
    assert report(name="another report").dashboard.layout_of_tabs() == STANDARD


def test_a_reader_s_layout_goes_over_the_report_s(kept: Path) -> None:
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
    assert not list(kept.rglob("push.json"))


def test_a_layout_goes_from_one_report_to_another(tmp_path: Path, kept: Path) -> None:
    one, file = report(name="one"), tmp_path / "team.json"
    one.dashboard.grids["email"].arrange(TURNED["email"])
    one.export_layout(file)
    two = report(name="two")
    two.import_layout(file)
    assert two.dashboard.layout_of_tabs() == one.dashboard.layout_of_tabs()
    assert report(name="two").dashboard.layout_of_tabs()["email"] == TURNED["email"]
    assert len(list(kept.rglob("*.json"))) == 1, "what stands as in the report needs no file"
    assert report(layout=file).dashboard.layout_of_tabs()["email"] == TURNED["email"]


def test_what_cannot_be_used_is_told(tmp_path: Path) -> None:
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


def test_an_import_does_not_overwrite_another_page_s_layout_unasked(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    one, two = report(), report()
    two.dashboard.grids["email"].arrange(TURNED["email"])
    two.export_layout(file)
    assert (
        one.dashboard.save_layout("email", STANDARD["email"][::2] + STANDARD["email"][1::2]) is None
    )
    with pytest.raises(CampaignLiveError, match="Another page has changed"):
        two.import_layout(file)
    two.import_layout(file)
    assert report().dashboard.layout_of_tabs()["email"] == TURNED["email"]


def test_a_notice_follows_the_page_s_language(kept: Path) -> None:
    shelf = FileLayouts(kept, "local")
    shelf.save("email", TURNED["email"], "")
    (shelf.folder / "email.json").write_text("{")
    made = report()
    assert made.dashboard.header.notices[0].startswith("Your saved layout of the tab")
    made.dashboard.set_language("fr")
    assert len(made.dashboard.header.notices) == 1
    assert made.dashboard.header.notices[0].startswith("Votre disposition de l'onglet")
