"""Layouts in files: intact after conflicts, kills, full disks and unusual names."""

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
UNPRIVILEGED_UID = 65534


def storage(folder: Path, person: str = "ada") -> FileLayouts:
    return FileLayouts(folder, person, clock=lambda: NOW)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_saved_layout_is_loaded_by_the_next_page(tmp_path: Path) -> None:
    assert storage(tmp_path).load("email") == SavedLayout()
    revision = storage(tmp_path).save("email", OTHER, "")
    assert storage(tmp_path).load("email") == SavedLayout(OTHER, (), revision)
    assert storage(tmp_path).load("push") == SavedLayout()
    again = storage(tmp_path).save("email", WIDE, revision)
    assert again != revision
    assert storage(tmp_path).load("email").places == WIDE


def test_each_user_and_report_has_its_own_layout(tmp_path: Path) -> None:
    storage(tmp_path).save("email", OTHER, "")
    FileLayouts(tmp_path, "ada", "spring").save("email", WIDE, "")
    assert storage(tmp_path, "bob").load("email") == SavedLayout()
    assert storage(tmp_path).load("email").places == OTHER
    assert FileLayouts(tmp_path, "ada", "spring").load("email").places == WIDE


def test_saving_no_layout_removes_the_file(tmp_path: Path) -> None:
    revision = storage(tmp_path).save("email", OTHER, "")
    assert storage(tmp_path).save("email", None, revision) == ""
    assert storage(tmp_path).load("email") == SavedLayout()
    assert storage(tmp_path / "none").save("email", None, "") == ""
    assert not (tmp_path / "none").exists()


def test_folders_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    old = os.umask(0)
    try:
        storage(folder).save("email", OTHER, "")
    finally:
        os.umask(old)
    for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@given(st.text(max_size=300))
def test_any_name_becomes_one_safe_path_component(name: str) -> None:
    component = file_name(name)
    assert len(component) <= 49
    assert set(component) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not component.startswith("-")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/root", "C:\\con", "..", "", "\0", "a" * 10_000, "\ud800"]
)
def test_no_name_escapes_the_folder(tmp_path: Path, name: str) -> None:
    layouts = FileLayouts(tmp_path, name, name)
    layouts.save("email", OTHER, "")
    assert layouts.folder.resolve().is_relative_to(tmp_path.resolve())
    assert FileLayouts(tmp_path, name, name).load("email").places == OTHER


def test_similar_names_get_different_file_names() -> None:
    accented = "Zoé"
    alike = [
        *("zoe", "Zoe", "zoe ", "zoe-", "zoe.", accented),
        *(unicodedata.normalize("NFD", accented), "a" * 99, "a" * 100, "日本", "中国"),
    ]
    assert len({file_name(name).casefold() for name in alike}) == len(alike)
    assert file_name("Ada.Lovelace@example.org").startswith("ada-lovelace-example-org-")


def test_the_folder_is_the_setting_or_in_the_data_folder(
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


def test_a_layout_changed_by_another_page_is_overwritten_only_by_a_second_save(
    tmp_path: Path,
) -> None:
    first, second = TabLayouts(STANDARD, storage(tmp_path)), TabLayouts(STANDARD, storage(tmp_path))
    assert first.load("email") == second.load("email") == (EMAIL, ())
    assert first.save("email", OTHER) is None
    conflict = second.save("email", WIDE)
    assert conflict is not None
    assert "Save again" in conflict.en
    assert "\n" not in conflict.en
    assert storage(tmp_path).load("email").places == OTHER
    assert second.save("email", WIDE) is None
    assert storage(tmp_path).load("email").places == WIDE


def test_two_pages_that_save_the_same_layout_do_not_conflict(tmp_path: Path) -> None:
    first, second = TabLayouts(STANDARD, storage(tmp_path)), TabLayouts(STANDARD, storage(tmp_path))
    first.load("email"), second.load("email")
    assert first.save("email", OTHER) is None
    assert second.save("email", OTHER) is None
    assert first.save("email", WIDE) is None


def test_a_saved_standard_layout_follows_later_changes(tmp_path: Path) -> None:
    page = TabLayouts(STANDARD, storage(tmp_path))
    page.load("email")
    page.save("email", OTHER)
    assert page.save("email", EMAIL) is None
    team = TabLayouts({**STANDARD, "email": WIDE}, storage(tmp_path))
    assert team.load("email") == (WIDE, ())


def test_a_save_without_storage_returns_a_message() -> None:
    page = TabLayouts(STANDARD)
    assert page.load("email") == (EMAIL, ())
    message = page.save("email", OTHER)
    assert message is not None
    assert message.fr == "Cette page n'enregistre pas de disposition."


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
def test_an_invalid_file_is_a_notice_and_is_set_aside_by_a_save(
    tmp_path: Path, data: bytes
) -> None:
    layouts = storage(tmp_path)
    layouts.save("email", OTHER, "")
    path = layouts.folder / "email.json"
    path.write_bytes(data)
    page = TabLayouts(STANDARD, storage(tmp_path))
    row, notices = page.load("email")
    assert sorted(p.tile_id for p in row) == sorted(p.tile_id for p in EMAIL)
    assert len(notices) == 1
    assert "email.json aside" in notices[0].en
    assert "E-mail" in notices[0].fr
    assert "\n" not in notices[0].en
    assert path.read_bytes() == data, "reading changes nothing"
    assert page.save("email", WIDE) is None
    assert storage(tmp_path).load("email").places == WIDE
    aside = path.with_name("email.set-aside-20261124T083000Z.json")
    assert aside.read_bytes() == data
    path.write_bytes(data)
    page.load("email")
    page.save("email", EMAIL)  # the standard layout needs no file; the old one is set aside
    assert not path.exists()
    assert path.with_name("email.set-aside-20261124T083000Z-1.json").read_bytes() == data


def test_a_file_system_without_hard_links_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts = storage(tmp_path)
    layouts.save("email", OTHER, "")
    (layouts.folder / "email.json").write_bytes(b"broken")

    def refuse(*_paths: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    layouts.save("email", WIDE, layouts.load("email").revision)
    assert layouts.load("email").places == WIDE
    assert len([name for name in files(tmp_path) if "set-aside" in name]) == 1


def test_a_path_that_is_not_a_regular_file_is_not_replaced(tmp_path: Path) -> None:
    layouts = storage(tmp_path)
    layouts.save("email", OTHER, "")
    path = layouts.folder / "email.json"
    path.unlink()
    os.mkfifo(path)
    loaded = layouts.load("email")
    assert loaded.places is None
    assert "something else has its name" in loaded.notices[0].en
    with pytest.raises(LayoutError, match="something else"):
        layouts.save("email", WIDE, loaded.revision)
    assert path.is_fifo()


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Make file permissions apply to root too, which ignores them otherwise."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.parents):
        if path.is_relative_to(gettempdir()) and path != Path(gettempdir()):
            path.chmod(0o755)
    os.seteuid(UNPRIVILEGED_UID)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_is_an_error_of_one_line(tmp_path: Path) -> None:
    page = TabLayouts(STANDARD, storage(tmp_path / "kept"))
    (tmp_path / "kept").mkdir(mode=0o555)
    with unprivileged(tmp_path):
        assert page.load("email") == (EMAIL, ())
        message = page.save("email", OTHER)
    assert message is not None
    assert message.en.startswith("The layout could not be saved: access is not allowed. ")
    assert "l'accès n'est pas autorisé" in message.fr
    assert files(tmp_path) == []


def test_a_file_without_read_permission_is_a_notice(tmp_path: Path) -> None:
    layouts = storage(tmp_path)
    layouts.save("email", OTHER, "")
    layouts.folder.chmod(0)
    with unprivileged(tmp_path):
        loaded = layouts.load("email")
    layouts.folder.chmod(0o700)
    assert loaded.places is None
    assert "cannot be read" in loaded.notices[0].en
    assert layouts.load("email").places == OTHER


def test_a_full_disk_leaves_the_old_layout_intact(tmp_path: Path) -> None:
    layouts = storage(tmp_path)
    revision = layouts.save("email", OTHER, "")
    before = (layouts.folder / "email.json").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(LayoutError, match="no space is left"):
            layouts.save("email", WIDE, revision)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (layouts.folder / "email.json").read_bytes() == before
    assert not [name for name in files(tmp_path) if name.endswith((".part", ".tmp"))]
    layouts.save("email", WIDE, revision)


PROLOGUE = """
import os, signal, sys
from pathlib import Path
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.places import Place, places
from campaign_live_widgets.layouts.storage import LayoutConflictError
EMAIL = places(TILES.values())["email"]
OTHER = tuple(reversed(EMAIL))
layouts = FileLayouts(sys.argv[1], "ada")
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
def test_one_of_two_simultaneous_saves_is_a_conflict(tmp_path: Path) -> None:
    racer = """
    row = tuple(Place(p.tile_id, int(sys.argv[2]), 6) for p in EMAIL)
    for tab in sys.stdin:
        tab = tab.strip()
        revision = layouts.load(tab).revision
        print("ready", flush=True)
        sys.stdin.readline()
        try:
            layouts.save(tab, row, revision)
            print("saved", flush=True)
        except LayoutConflictError:
            print("conflict", flush=True)
    """
    racers = [python(racer, tmp_path, rows) for rows in (3, 5)]

    def send_line(line: str) -> list[str]:
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write(line + "\n")
            racer.stdin.flush()
        return [racer.stdout.readline().strip() for racer in racers if racer.stdout is not None]

    for turn in range(40):
        tab = f"email{turn}"
        assert send_line(tab) == ["ready", "ready"]
        results = send_line("go")
        assert sorted(results) == ["conflict", "saved"]
        winner = results.index("saved")
        text = (storage(tmp_path).folder / f"{tab}.json").read_text()
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
    killed_save = """
    from campaign_live_widgets.io import atomic_files
    owner, name = sys.argv[2].rpartition(".")[::2]
    owner = {"os": os, "": atomic_files}[owner]
    real = getattr(owner, name, open)
    def call_and_kill(*args, **more):
        if sys.argv[3] == "after":
            result = real(*args, **more)
            if hasattr(result, "write"):
                result.write(b"half")
                result.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, call_and_kill)
    layouts.save("email", EMAIL, layouts.load("email").revision)
    """
    layouts = storage(tmp_path)
    layouts.save("email", OTHER, "")
    path = layouts.folder / "email.json"
    path.write_bytes(old)
    process = python(killed_save, tmp_path, call, when)
    process.communicate()
    saves = call == "os.link" and old != b"broken"
    assert process.returncode == (0 if saves else -signal.SIGKILL)
    assert path.read_bytes() in {old, write_tab("email", EMAIL).encode()}
    loaded = layouts.load("email")
    layouts.save("email", WIDE, loaded.revision)  # no leftover lock or temporary file prevents it
    assert layouts.load("email").places == WIDE
    left = files(tmp_path)
    assert not [name for name in left if name.endswith((".part", ".tmp"))]
    asides = [p.read_bytes() for p in layouts.folder.glob("*.set-aside-*")]
    assert asides in ([], [old], [old, old])
    assert old != b"broken" or asides


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_the_report_can_be_saved(tmp_path: Path, tab: str) -> None:
    row = tuple(reversed(STANDARD[tab]))
    storage(tmp_path).save(tab, row, "")
    assert storage(tmp_path).load(tab).places == row


def test_a_conflict_has_the_current_revision(tmp_path: Path) -> None:
    revision = storage(tmp_path).save("email", OTHER, "")
    with pytest.raises(LayoutConflictError) as caught:
        storage(tmp_path).save("email", WIDE, "")
    assert caught.value.revision == revision


def test_a_layout_of_an_earlier_version_gets_no_new_tile(tmp_path: Path) -> None:
    storage = FileLayouts(tmp_path, "local")
    [statistics, *_] = STANDARD["campaign"]
    storage.save("campaign", [statistics], "")
    saved_places = storage.load("campaign").places
    assert saved_places is not None
    assert [place.tile_id for place in saved_places if place.shown] == ["campaign.statistics"]
    assert [place.tile_id for place in saved_places if not place.shown] == [
        "campaign.funnel",
        "campaign.summary",
    ]
