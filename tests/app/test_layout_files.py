"""Layouts in files: kept whole through conflicts, kills, full disks and strange names."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import unicodedata
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.layouts.document import write_tab
from campaign_live_widgets.layouts.files import FileLayouts, file_name, layouts_folder
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import (
    LayoutConflictError,
    LayoutError,
    SavedLayout,
    TabLayouts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD = places(TILES.values())
EMAIL = STANDARD["email"]
OTHER = tuple(reversed(EMAIL))
WIDE = tuple(Place(p.tile_id, p.rows, 12, p.view, p.shown) for p in EMAIL)
NOW = datetime(2026, 11, 24, 8, 30, 0, tzinfo=UTC)
NOBODY = 65534


def shelf(folder: Path, person: str = "ada") -> FileLayouts:
    return FileLayouts(folder, person, clock=lambda: NOW)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_is_there_for_the_next_page(tmp_path: Path) -> None:
    assert shelf(tmp_path).load("email") == SavedLayout()
    revision = shelf(tmp_path).save("email", OTHER, "")
    assert shelf(tmp_path).load("email") == SavedLayout(OTHER, (), revision)
    assert shelf(tmp_path).load("push") == SavedLayout()
    again = shelf(tmp_path).save("email", WIDE, revision)
    assert again != revision
    assert shelf(tmp_path).load("email").places == WIDE


def test_people_and_reports_have_their_own(tmp_path: Path) -> None:
    shelf(tmp_path).save("email", OTHER, "")
    FileLayouts(tmp_path, "ada", "spring").save("email", WIDE, "")
    assert shelf(tmp_path, "bob").load("email") == SavedLayout()
    assert shelf(tmp_path).load("email").places == OTHER
    assert FileLayouts(tmp_path, "ada", "spring").load("email").places == WIDE


def test_keeping_nothing_more_takes_the_file_away(tmp_path: Path) -> None:
    revision = shelf(tmp_path).save("email", OTHER, "")
    assert shelf(tmp_path).save("email", None, revision) == ""
    assert shelf(tmp_path).load("email") == SavedLayout()
    assert shelf(tmp_path / "none").save("email", None, "") == ""
    assert not (tmp_path / "none").exists()


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    old = os.umask(0)
    try:
        shelf(folder).save("email", OTHER, "")
    finally:
        os.umask(old)
    for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@given(st.text(max_size=300))
def test_any_name_becomes_one_harmless_part_of_a_path(name: str) -> None:
    made = file_name(name)
    assert len(made) <= 49
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/root", "C:\\con", "..", "", "\0", "a" * 10_000, "\ud800"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    kept = FileLayouts(tmp_path, name, name)
    kept.save("email", OTHER, "")
    assert kept.folder.resolve().is_relative_to(tmp_path.resolve())
    assert FileLayouts(tmp_path, name, name).load("email").places == OTHER


def test_names_that_look_alike_do_not_meet() -> None:
    accented = "Zoé"
    alike = [
        *("zoe", "Zoe", "zoe ", "zoe-", "zoe.", accented),
        *(unicodedata.normalize("NFD", accented), "a" * 99, "a" * 100, "日本", "中国"),
    ]
    assert len({file_name(name).casefold() for name in alike}) == len(alike)
    assert file_name("Ada.Lovelace@example.org").startswith("ada-lovelace-example-org-")


def test_the_folder_is_the_setting_s_else_the_user_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUTS", str(tmp_path))
    assert layouts_folder() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CAMPAIGN_LIVE_LAYOUTS", "~/kept")
    assert layouts_folder() == tmp_path / "kept"
    monkeypatch.delenv("CAMPAIGN_LIVE_LAYOUTS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert "campaign-live" in str(layouts_folder())


def test_a_layout_that_another_page_changed_is_not_overwritten_unasked(tmp_path: Path) -> None:
    first, second = TabLayouts(STANDARD, shelf(tmp_path)), TabLayouts(STANDARD, shelf(tmp_path))
    assert first.load("email") == second.load("email") == (EMAIL, ())
    assert first.save("email", OTHER) is None
    refused = second.save("email", WIDE)
    assert refused is not None
    assert "Save again" in refused.en
    assert "\n" not in refused.en
    assert shelf(tmp_path).load("email").places == OTHER
    assert second.save("email", WIDE) is None
    assert shelf(tmp_path).load("email").places == WIDE


def test_two_pages_that_save_the_same_agree(tmp_path: Path) -> None:
    first, second = TabLayouts(STANDARD, shelf(tmp_path)), TabLayouts(STANDARD, shelf(tmp_path))
    first.load("email"), second.load("email")
    assert first.save("email", OTHER) is None
    assert second.save("email", OTHER) is None
    assert first.save("email", WIDE) is None


def test_who_saves_the_standard_layout_follows_it(tmp_path: Path) -> None:
    page = TabLayouts(STANDARD, shelf(tmp_path))
    page.load("email")
    page.save("email", OTHER)
    assert page.save("email", EMAIL) is None
    team = TabLayouts({**STANDARD, "email": WIDE}, shelf(tmp_path))
    assert team.load("email") == (WIDE, ())


def test_without_a_shelf_nothing_is_kept_and_it_is_said() -> None:
    page = TabLayouts(STANDARD)
    assert page.load("email") == (EMAIL, ())
    said = page.save("email", OTHER)
    assert said is not None
    assert said.fr == "Cette page n'enregistre pas de disposition."


BROKEN = {
    "truncated": write_tab("email", OTHER).encode()[:200],
    "newer": write_tab("email", OTHER).replace('"version": 1', '"version": 9').encode(),
    "of another tab": write_tab("push", STANDARD["push"]).encode(),
    "hostile": b"[" * 300_000,
    "not text": bytes(range(256)),
    "empty": b"",
    "partly unknown": write_tab("email", OTHER).replace("email.summary", "email.sumary").encode(),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_used_is_told_and_put_aside_on_a_save(
    tmp_path: Path, data: bytes
) -> None:
    kept = shelf(tmp_path)
    kept.save("email", OTHER, "")
    path = kept.folder / "email.json"
    path.write_bytes(data)
    page = TabLayouts(STANDARD, shelf(tmp_path))
    row, notices = page.load("email")
    assert sorted(p.tile_id for p in row) == sorted(p.tile_id for p in EMAIL)
    assert len(notices) == 1
    assert "email.json aside" in notices[0].en
    assert "E-mail" in notices[0].fr
    assert "\n" not in notices[0].en
    assert path.read_bytes() == data, "reading changes nothing"
    assert page.save("email", WIDE) is None
    assert shelf(tmp_path).load("email").places == WIDE
    aside = path.with_name("email.set-aside-20261124T083000Z.json")
    assert aside.read_bytes() == data
    path.write_bytes(data)
    page.load("email")
    page.save("email", EMAIL)  # the standard: nothing is kept, and still nothing is lost
    assert not path.exists()
    assert path.with_name("email.set-aside-20261124T083000Z-1.json").read_bytes() == data


def test_a_file_system_without_second_names_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = shelf(tmp_path)
    kept.save("email", OTHER, "")
    (kept.folder / "email.json").write_bytes(b"broken")

    def refuse(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    kept.save("email", WIDE, kept.load("email").revision)
    assert kept.load("email").places == WIDE
    assert len([name for name in files(tmp_path) if "set-aside" in name]) == 1


def test_something_else_under_the_name_is_left_alone(tmp_path: Path) -> None:
    kept = shelf(tmp_path)
    kept.save("email", OTHER, "")
    path = kept.folder / "email.json"
    path.unlink()
    os.mkfifo(path)
    loaded = kept.load("email")
    assert loaded.places is None
    assert "something else has its name" in loaded.notices[0].en
    with pytest.raises(LayoutError, match="something else"):
        kept.save("email", WIDE, loaded.revision)
    assert path.is_fifo()


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Let file permissions hold for root too, who else is above them."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.parents):
        if path.is_relative_to(gettempdir()) and path != Path(gettempdir()):
            path.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written_to_is_one_clear_line(tmp_path: Path) -> None:
    page = TabLayouts(STANDARD, shelf(tmp_path / "kept"))
    (tmp_path / "kept").mkdir(mode=0o555)
    with unprivileged(tmp_path):
        assert page.load("email") == (EMAIL, ())
        said = page.save("email", OTHER)
    assert said is not None
    assert said.en.startswith("The layout could not be saved: access is not allowed. ")
    assert "l'accès n'est pas autorisé" in said.fr
    assert files(tmp_path) == []


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    kept = shelf(tmp_path)
    kept.save("email", OTHER, "")
    kept.folder.chmod(0)
    with unprivileged(tmp_path):
        loaded = kept.load("email")
    kept.folder.chmod(0o700)
    assert loaded.places is None
    assert "cannot be read" in loaded.notices[0].en
    assert kept.load("email").places == OTHER


def test_a_full_disk_leaves_the_old_layout_whole(tmp_path: Path) -> None:
    kept = shelf(tmp_path)
    revision = kept.save("email", OTHER, "")
    before = (kept.folder / "email.json").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(LayoutError, match="no space is left"):
            kept.save("email", WIDE, revision)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (kept.folder / "email.json").read_bytes() == before
    assert not [name for name in files(tmp_path) if name.endswith((".part", ".tmp"))]
    kept.save("email", WIDE, revision)


PROLOGUE = """
import os, signal, sys
from pathlib import Path
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import LayoutConflictError
EMAIL = places(TILES.values())["email"]
OTHER = tuple(reversed(EMAIL))
kept = FileLayouts(sys.argv[1], "ada")
"""


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    script = PROLOGUE + dedent(code)
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("processes")
def test_of_two_processes_that_save_at_once_one_is_told(tmp_path: Path) -> None:
    racer = """
    row = tuple(Place(p.tile_id, int(sys.argv[2]), 6) for p in EMAIL)
    for tab in sys.stdin:
        tab = tab.strip()
        revision = kept.load(tab).revision
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            kept.save(tab, row, revision)
            print("saved", flush=True)
        except LayoutConflictError:
            print("conflict", flush=True)
    """
    racers = [python(racer, tmp_path, rows) for rows in (3, 5)]

    def ask(line: str) -> list[str]:
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(line + "\n")
            racer.stdin.flush()
        return [racer.stdout.readline().strip() for racer in racers if racer.stdout is not None]

    for turn in range(40):
        tab = f"email{turn}"
        assert ask(tab) == ["ready", "ready"]
        said = ask("go")
        assert sorted(said) == ["conflict", "saved"]
        winner = said.index("saved")
        text = (shelf(tmp_path).folder / f"{tab}.json").read_text()
        assert {tile["rows"] for tile in json.loads(text)["tiles"]} == {(3, 5)[winner]}
    for racer in racers:
        racer.communicate()


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("call", ["os.fsync", "os.replace", "os.link", "open"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("old", [write_tab("email", OTHER).encode(), b"broken"])
def test_a_kill_in_the_middle_of_a_save_leaves_the_old_or_the_new_layout(
    tmp_path: Path, call: str, when: str, old: bytes
) -> None:
    killed = """
    from campaign_live_widgets.io import atomic_files
    owner, name = sys.argv[2].rpartition(".")[::2]
    owner = {"os": os, "": atomic_files}[owner]
    real = getattr(owner, name, open)
    def deadly(*args, **more):
        if sys.argv[3] == "after":
            made = real(*args, **more)
            if hasattr(made, "write"):
                made.write(b"half")
                made.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, deadly)
    kept.save("email", EMAIL, kept.load("email").revision)
    """
    kept = shelf(tmp_path)
    kept.save("email", OTHER, "")
    path = kept.folder / "email.json"
    path.write_bytes(old)
    process = python(killed, tmp_path, call, when)
    process.communicate()
    links = call == "os.link" and old != b"broken"
    assert process.returncode == (0 if links else -signal.SIGKILL)
    assert path.read_bytes() in {old, write_tab("email", EMAIL).encode()}
    loaded = kept.load("email")
    kept.save("email", WIDE, loaded.revision)  # no lock and no rest is in the way
    assert kept.load("email").places == WIDE
    left = files(tmp_path)
    assert not [name for name in left if name.endswith((".part", ".tmp"))]
    asides = [p.read_bytes() for p in kept.folder.glob("*.set-aside-*")]
    assert asides in ([], [old], [old, old])
    assert old != b"broken" or asides


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_the_report_can_be_kept(tmp_path: Path, tab: str) -> None:
    row = tuple(reversed(STANDARD[tab]))
    shelf(tmp_path).save(tab, row, "")
    assert shelf(tmp_path).load(tab).places == row


def test_a_conflict_tells_the_revision_that_stands_there(tmp_path: Path) -> None:
    revision = shelf(tmp_path).save("email", OTHER, "")
    with pytest.raises(LayoutConflictError) as caught:
        shelf(tmp_path).save("email", WIDE, "")
    assert caught.value.revision == revision


def test_a_layout_of_an_earlier_version_gets_no_new_tile(tmp_path: Path) -> None:
    shelf = FileLayouts(tmp_path, "local")
    [statistics, *_] = STANDARD["campaign"]
    shelf.save("campaign", [statistics], "")
    found = shelf.load("campaign").places
    assert found is not None
    assert [place.tile_id for place in found if place.shown] == ["campaign.statistics"]
    assert [place.tile_id for place in found if not place.shown] == [
        "campaign.funnel",
        "campaign.summary",
    ]
