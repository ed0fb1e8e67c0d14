"""The server serves only files of finished snapshots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.jobs import snapshot_run
from campaign_live_widgets.app.server.snapshot_files import published

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, kernels: None) -> Path:  # noqa: ARG001
    out = tmp_path_factory.mktemp("snapshots")
    parameters = {
        "source": str(SAMPLES),
        "campaign": "autumn-sale-2026",
        "at": "2026-11-20T12:12:00Z",
    }
    return snapshot_run.snapshot(parameters, out, ["csv"])


def test_files_in_the_manifest_are_served(made: Path) -> None:
    listed = json.loads((made / "manifest.json").read_text())["files"]
    assert "widgets/email.bounce_reasons.csv" in listed
    for name in (*listed, "manifest.json"):
        assert published(made.parent, f"{made.name}/{name}") == (made / name).resolve()


def add(folder: Path, name: str) -> str:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("secret")
    return f"{folder.name}/{name}"


def link_to_snapshot(made: Path) -> str:
    (made.parent / "link").symlink_to(made)
    return "link/report.json"


def link_to_another_file(made: Path) -> str:
    report = made / "report.csv"
    if not report.is_symlink():
        report.rename(made / "moved.csv")
        report.symlink_to("/etc/hostname")
    return f"{made.name}/report.csv"


def failed(made: Path) -> str:
    return add(made.parent / f"{made.name}.failed", "failed.json")


def unfinished(made: Path) -> str:
    return add(made.parent / ".making-x-1", "report.json")


NOT_SERVED: list[Callable[[Path], str]] = [
    lambda made: made.name,
    lambda made: f"{made.name}/",
    lambda _: "index.html",
    lambda _: "",
    lambda _: ".lock",
    lambda made: f"{made.name}/../index.html",
    lambda made: f"{made.name}/../../../../etc/passwd",
    lambda made: f"{made.name}//report.json",
    lambda made: f"{made.name}/./report.json",
    lambda made: f"../{made.parent.name}/{made.name}/report.json",
    lambda made: f"{made.name}\\report.json",
    lambda made: f"{made.name}/report.json\0.html",
    lambda _: "/etc/passwd",
    lambda made: str(made / "report.json"),
    lambda made: f"{made.name}/widgets",
    lambda made: add(made, "not-listed.txt"),
    lambda made: add(made, ".hidden"),
    lambda made: add(made.parent / "foreign", "report.html"),
    link_to_snapshot,
    link_to_another_file,
    failed,
    unfinished,
]


@pytest.mark.parametrize("address", NOT_SERVED)
def test_other_files_are_not_served(made: Path, address: Callable[[Path], str]) -> None:
    assert published(made.parent, address(made)) is None
