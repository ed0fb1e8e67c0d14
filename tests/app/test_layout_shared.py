"""The layout that a report shares with all users: a file, a mapping or places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.layouts.document import write_tab
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.shared import read_layout_file, shared_layout, write_layout_file
from campaign_live_widgets.layouts.storage import LayoutError

if TYPE_CHECKING:
    from pathlib import Path

STANDARD = places(TILES.values())
TURNED = {tab: tuple(reversed(row)) for tab, row in STANDARD.items()}


@pytest.fixture
def team(tmp_path: Path) -> Path:
    path = tmp_path / "team.json"
    write_layout_file(path, TURNED)
    return path


@pytest.fixture(autouse=True)
def _no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPAIGN_LIVE_LAYOUT", raising=False)


def test_the_default_is_the_standard_layout() -> None:
    assert shared_layout(None) == (STANDARD, ())


def test_a_file_is_written_and_read(team: Path) -> None:
    assert read_layout_file(team) == (TURNED, ())
    assert shared_layout(team) == shared_layout(str(team)) == (TURNED, ())


def test_an_argument_overrides_the_environment(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUT", str(team))
    assert shared_layout(None) == (TURNED, ())
    given = [Place("email.summary", 3, 6, view="table")]
    layout, _ = shared_layout(given)
    assert layout["push"] == STANDARD["push"]
    assert layout["email"][0] == given[0]


def test_the_content_of_a_file_can_be_given_as_a_mapping(team: Path) -> None:
    assert shared_layout(json.loads(team.read_text())) == (TURNED, ())


def test_a_file_of_one_tab_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "push.json"
    path.write_text(write_tab("push", TURNED["push"]))
    assert shared_layout(path) == ({**STANDARD, "push": TURNED["push"]}, ())


@pytest.mark.parametrize("broken", ["", "[]", '{"format": "campaign-live-layout", "version": 7}'])
def test_an_invalid_file_is_an_error_as_argument_and_a_notice_from_the_environment(
    team: Path, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.write_text(broken)
    with pytest.raises(UsageError, match=r"the layout team\.json cannot be used: it "):
        shared_layout(team)
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUT", str(team))
    layout, notices = shared_layout(None)
    assert layout == STANDARD
    assert [n.fr.startswith("La disposition team.json est inutilisable : ") for n in notices] == [
        True
    ]
    team.unlink()
    assert shared_layout(None)[1][0].en == (
        "The layout team.json cannot be used: there is no such file."
    )


def test_an_unknown_tile_is_a_notice_and_the_rest_is_used(team: Path) -> None:
    team.write_text(team.read_text().replace("push.failures", "push.successes"))
    layout, notices = shared_layout(team)
    assert layout["email"] == TURNED["email"]
    assert [notice.en for notice in notices] == [
        'The layout team.json is shown, except for this: unknown tile "push.successes".'
    ]


def test_invalid_values_in_python_are_errors() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'email\.summary'"):
        shared_layout([Place("email.sumary", 3, 6)])
    with pytest.raises(UsageError, match="no tabs"):
        shared_layout([])
    with pytest.raises(UsageError, match="not a layout"):
        shared_layout({"email": 1})
    with pytest.raises(UsageError, match="cannot be used"):
        shared_layout({"format": "campaign-live-layout", "tabs": {1j}})


def test_a_write_error_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="cannot be written to a"):
        write_layout_file(tmp_path / "no" / "a.json", STANDARD)
