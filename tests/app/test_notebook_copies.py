"""``campaign-live notebooks`` and ``lab``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from campaign_live_widgets.app.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Sequence

BUNDLED = Path(__file__).parents[2] / "notebooks"


def status(arguments: Sequence[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_notebooks_copies_every_notebook_and_the_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    assert status(["notebooks", str(folder)]) == 0
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in BUNDLED.glob("*.ipynb")} <= names
    assert "samples/ajo_nested.parquet" in names
    assert not [name for name in names if name.endswith(".py")]
    assert sorted(capsys.readouterr().out.split()) == sorted(str(folder / name) for name in names)


def test_notebooks_keeps_changed_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["notebooks", str(tmp_path)]) == 0
    changed = tmp_path / "campaign_live_report.ipynb"
    changed.write_text("mine", encoding="utf-8")
    (tmp_path / "first_tour.ipynb").unlink()
    capsys.readouterr()
    assert status(["notebooks", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert changed.read_text(encoding="utf-8") == "mine"
    assert printed.out.split() == [str(tmp_path / "first_tour.ipynb")]
    assert f"{changed} exists with other content and was not replaced." in printed.err


def test_notebooks_into_a_file_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "file"
    target.write_text("", encoding="utf-8")
    assert status(["notebooks", str(target)]) == 2
    assert "is a file; give a folder" in capsys.readouterr().err


def test_lab_without_jupyterlab_shows_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    monkeypatch.setattr("campaign_live_widgets.app.cli.notebooks.find_spec", lambda _name: None)
    assert status(["lab", str(tmp_path)]) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "pip install 'campaign-live-widgets[lab]'" in line
    assert (tmp_path / "campaign_live_report.ipynb").is_file()


@pytest.mark.usefixtures("processes")
def test_lab_opens_jupyterlab_in_the_folder(tmp_path: Path) -> None:
    config = tmp_path / "jupyter_server_config.json"
    settings = {"allow_root": True, "port": 0, "ip": "127.0.0.1"}
    config.write_text(json.dumps({"ServerApp": settings}), encoding="utf-8")
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(tmp_path),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "campaign_live_widgets", "lab", "copies", "--no-browser"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        server = _running_server(tmp_path / "runtime")
        address = f"{server['url']}api/contents?token={server['token']}"
        with _answer(address) as reply:
            names = {entry["name"] for entry in json.load(reply)["content"]}
        assert {"campaign_live_report.ipynb", "samples"} <= names
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def _running_server(runtime: Path) -> dict[str, str]:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for path in runtime.glob("jpserver-*.json"):
            return dict(json.loads(path.read_text(encoding="utf-8")))
        time.sleep(0.2)
    pytest.fail("JupyterLab has not started")


def _answer(address: str):  # noqa: ANN202 - what urlopen returns
    end = time.monotonic() + 60
    while True:
        try:
            return urlopen(address, timeout=30)  # noqa: S310 - our own server
        except URLError:
            assert time.monotonic() < end
            time.sleep(0.5)
