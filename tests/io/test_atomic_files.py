"""Atomic writes: what a reader, a second writer and a failed write find."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.io.atomic_files import (
    make_folders,
    remove_leftovers,
    sync_all,
    write_aside,
    write_once,
    write_over,
)

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_over_replaces_the_content_and_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for content in (b"old", b"new"):
        write_over(path, content, durable=True)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["a.json"]


def test_write_once_keeps_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    write_once(path, b"first", durable=True)
    with pytest.raises(FileExistsError):
        write_once(path, b"second", durable=True)
    assert path.read_bytes() == b"first"
    assert names(tmp_path) == ["1.json"]


def test_failed_write_leaves_the_old_content_and_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.mkdir()
    (path / "inside").write_bytes(b"")
    with pytest.raises(OSError, match="taken"):
        write_over(path, b"content", durable=False)
    assert names(tmp_path) == ["taken"]


def test_mode_limits_who_may_read_the_file(tmp_path: Path) -> None:
    write_over(tmp_path / "private", b"content", durable=False, mode=0o600)
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_leftovers_of_one_file_are_removed_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_over(path, b"content", durable=False)
    write_aside(path, b"left by a killed process", durable=False)
    other = write_aside(tmp_path / "b.json", b"of another file", durable=False)
    remove_leftovers(path)
    assert names(tmp_path) == [other.name, "a.json"]


def test_missing_folders_are_created_down_to_the_last(tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "b" / "c", tmp_path / "a" / "d"]
    make_folders(tmp_path, folders, durable=True)
    sync_all(folders)
    assert all(folder.is_dir() for folder in folders)
