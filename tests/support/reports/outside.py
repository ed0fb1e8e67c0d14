"""Folders of snapshots, read with the standard library instead of the package."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def finished(out: Path) -> list[Path]:
    """Return the folders of complete snapshots."""
    return sorted(
        p.parent for p in out.glob("*/manifest.json") if not p.parent.name.startswith(".")
    )


def failed(out: Path) -> list[Path]:
    """Return the folders of runs that failed."""
    return sorted(p.parent for p in out.glob("*/failed.json"))


def assert_whole(out: Path) -> None:
    """Assert that every visible folder is a snapshot with all its files, or a failed run."""
    for path in out.iterdir() if out.is_dir() else ():
        if path.name.startswith("."):
            continue
        if path.is_file():
            assert path.name == "index.html"
        elif (path / "failed.json").exists():
            assert ".failed" in path.name
            assert not (path / "manifest.json").exists()
        else:
            manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
            existing = {
                p.relative_to(path).as_posix() for p in path.rglob("*") if not p.is_dir()
            } - {"manifest.json"}
            assert set(manifest["files"]) == existing
            for name, entry in manifest["files"].items():
                data = (path / name).read_bytes()
                assert entry == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def reason(folder: Path) -> str:
    """Return the reason for a failed run from its folder."""
    failure = json.loads((folder / "failed.json").read_text(encoding="utf-8"))
    assert "\n" not in failure["reason"]
    return str(failure["reason"])
