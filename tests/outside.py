"""Archives of snapshots looked at from outside: with the standard library, not with the package."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def finished(out: Path) -> list[Path]:
    """Return the folders that a reader takes for snapshots."""
    return sorted(
        p.parent for p in out.glob("*/manifest.json") if not p.parent.name.startswith(".")
    )


def failed(out: Path) -> list[Path]:
    """Return the folders of runs that failed."""
    return sorted(p.parent for p in out.glob("*/failed.json"))


def assert_whole(out: Path) -> None:
    """Hold every folder that can be seen to be a snapshot with all its files, or a failed run."""
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
            there = {p.relative_to(path).as_posix() for p in path.rglob("*") if not p.is_dir()} - {
                "manifest.json"
            }
            assert set(manifest["files"]) == there
            for name, told in manifest["files"].items():
                data = (path / name).read_bytes()
                assert told == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def reason(folder: Path) -> str:
    """Return why a run failed, as its folder tells."""
    told = json.loads((folder / "failed.json").read_text(encoding="utf-8"))
    assert "\n" not in told["reason"]
    return str(told["reason"])
