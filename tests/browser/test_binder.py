"""The servers of `binder/`, built from its files in a clean directory as Binder does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.browser.front import REPOSITORY, SIZE, TOKEN, Watch, wait_for_server
from tests.support.servers.spark_cluster import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

BASE = "/user/somebody/"
PORT = "8866"


def build(folder: Path) -> Path:
    """Build the repository as Binder does; return the folder of its programs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - wherever it is
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    subprocess.run([sys.executable, "-m", "venv", folder / ".venv"], check=True)  # noqa: S603
    programs = folder / ".venv" / "bin"
    install = [programs / "pip", "install", "-q", "-r", "binder/requirements.txt"]
    subprocess.run(install, cwd=folder, check=True)  # noqa: S603
    return programs


def settings(folder: Path, programs: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "CAMPAIGN_LIVE"))}
    env.pop("PYTHONPATH", None)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return env | {
        "HOME": str(home),
        "PATH": f"{programs}:{env['PATH']}",
        "JUPYTERHUB_SERVICE_PREFIX": BASE,
    }


@pytest.fixture(scope="module")
def binder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("binder")
    programs = build(folder)
    page, server = free_port(), free_port()
    for name in ("start", "campaign-live.json"):  # another report may be served on this machine
        file = folder / "binder" / name
        assert PORT in file.read_text()
        file.write_text(file.read_text().replace(PORT, str(page)))
    env = settings(folder, programs)
    subprocess.run([folder / "binder" / "postBuild"], cwd=folder, env=env, check=True)  # noqa: S603
    options = [
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={server}"),
        *(f"--ServerApp.base_url={BASE}", f"--IdentityProvider.token={TOKEN}"),
        *("--LabApp.news_url=None", "--log-level=ERROR", "--expose-app-in-browser"),
    ]
    process = subprocess.Popen(  # noqa: S603 - our own
        [folder / "binder" / "start", "jupyter", "lab", *options], cwd=folder, env=env
    )
    root = f"http://127.0.0.1:{server}{BASE}"
    try:
        wait_for_server(f"{root}api?token={TOKEN}")
        yield root
    finally:
        family = [*psutil.Process(process.pid).children(recursive=True)]
        for one in (process, *family):
            one.terminate()
        process.wait(20)
        _, left = psutil.wait_procs(family, timeout=20)
        for one in left:
            one.kill()


def test_voila_page_follows_the_demo(binder: str, browser: Browser) -> None:
    page, watch = browser.new_page(viewport=SIZE), Watch()
    watch.over(page)
    wait_for_server(f"{binder}campaign-live/voila/ready?token={TOKEN}")
    page.goto(f"{binder}campaign-live/?token={TOKEN}")
    page.wait_for_selector(".clw-report[data-state=live]", timeout=90_000)
    figure = page.locator(".clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value")
    first = int(figure.get_attribute("data-value") or 0)
    assert first > 100
    page.wait_for_function(
        "(first) => Number(document.querySelector("
        "'.clw-campaign-statistics .clw-kpi-delivered .clw-kpi-value').dataset.value) > first",
        arg=first,
        timeout=60_000,
    )
    assert watch.strangers == []
    page.close()


def test_jupyterlab_links_the_page_and_runs_the_notebook(binder: str, browser: Browser) -> None:
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{binder}lab?token={TOKEN}")
    page.wait_for_selector(".jp-LauncherCard[title*='Campaign live report']", timeout=90_000)
    page.goto(f"{binder}lab/tree/notebooks/campaign_live_report.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=90_000)
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'",
        timeout=90_000,
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector(".clw-report .clw-tile", timeout=90_000)
    page.close()
