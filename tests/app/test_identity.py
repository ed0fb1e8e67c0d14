"""The user of a page: set by JupyterHub or a proxy, never by the browser."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from campaign_live_widgets.app.settings.identity import header_variable, identify_user
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.layouts.files import FileLayouts
from campaign_live_widgets.layouts.places import places
from tests.support.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "notebooks" / "samples"
EMAIL = places(TILES.values())["email"]
STANDARD = [TILES[place.tile_id].css_class for place in EMAIL]
OTHER = STANDARD[::-1]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CAMPAIGN_LIVE_USER_HEADER", "JUPYTERHUB_USER", "VOILA_PREHEAT"):
        monkeypatch.delenv(name, raising=False)


def identified_users() -> list[str | None]:
    users: list[str | None] = []
    identify_user(users.append, users.append)
    return users


def test_a_local_machine_has_one_user() -> None:
    assert identified_users() == ["local"]


def test_a_jupyterhub_server_has_the_user_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    assert identified_users() == ["ada"]


def test_a_header_is_ignored_without_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGN_LIVE_USER_HEADER", "X-Forwarded-User")
    monkeypatch.setenv("HTTP_X_FORWARDED_USER", "mallory")
    assert identified_users() == ["local"]


@pytest.mark.parametrize(
    ("value", "person"), [("ada", "ada"), (" ada ", "ada"), ("", None), (None, None)]
)
def test_a_page_rendered_for_a_request_has_the_user_of_its_header(
    monkeypatch: pytest.MonkeyPatch, value: str | None, person: str | None
) -> None:
    monkeypatch.setenv("CAMPAIGN_LIVE_USER_HEADER", "x-forwarded-user")
    monkeypatch.setenv("JUPYTERHUB_USER", "the owner of the server")
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    if value is not None:
        monkeypatch.setenv("HTTP_X_FORWARDED_USER", value)
    assert identified_users() == [person]


def test_a_header_is_ignored_unless_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    monkeypatch.setenv("HTTP_X_FORWARDED_USER", "mallory")
    assert identified_users() == ["local"]


def test_a_header_has_an_environment_variable() -> None:
    assert header_variable(" X-Forwarded-User ") == "HTTP_X_FORWARDED_USER"


@dataclass
class Server:
    """The served report."""

    address: str
    layouts: Path

    def page(self, query: str = "?tab=email", **headers: str) -> Page:
        return Page(self.address, query, {n.replace("_", "-"): v for n, v in headers.items()})


class Page(Viewer):
    """A page whose tiles are compared."""

    def tiles(self) -> list[str]:
        """Return the classes of the e-mail tab's tiles in their order on the page."""
        states = self.states()
        order = {}
        for state in states.values():
            for name in state.get("_dom_classes", ()):
                if name in STANDARD:
                    layout = states[state["layout"].removeprefix("IPY_MODEL_")]
                    order[name] = int(layout["order"])
        return sorted(order, key=lambda name: order[name])

    def wait_for_tiles(self, tiles: list[str]) -> None:
        end = time.monotonic() + 10
        while (current := self.tiles()) != tiles:
            assert time.monotonic() < end, f"the tiles are {current}"


@contextmanager
def serving(layouts: Path, **settings: str) -> Iterator[Server]:
    command = ["campaign_live_widgets", "serve", str(SOURCE), "--no-browser", "--no-cache"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *command],
        env={**os.environ, "CAMPAIGN_LIVE_LAYOUTS": str(layouts), **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip(), layouts)
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(20)
        _, left = psutil.wait_procs(family, timeout=10)
        assert not left


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory, processes: None) -> Iterator[Server]:  # noqa: ARG001
    layouts = tmp_path_factory.mktemp("layouts")
    FileLayouts(layouts, "ada").save("email", tuple(reversed(EMAIL)), "")
    environment = {"CAMPAIGN_LIVE_USER_HEADER": "X-Forwarded-User"}
    forged = {"HTTP_X_FORWARDED_USER": "ada", "SERVER_SOFTWARE": "voila/0"}  # of the server
    with serving(layouts, **environment, **forged) as server:
        yield server


def test_two_requests_with_different_headers_get_different_layouts(
    behind_a_proxy: Server,
) -> None:
    ada, bob = (behind_a_proxy.page(X_Forwarded_User=name) for name in ("ada", "bob"))
    ada.wait_for_tiles(OTHER)
    assert bob.tiles() == STANDARD
    again = behind_a_proxy.page(X_Forwarded_User="ada")
    again.wait_for_tiles(OTHER)


def test_a_browser_cannot_choose_its_user(behind_a_proxy: Server) -> None:
    names = "tab=email&person=ada&user=ada&X-Forwarded-User=ada&HTTP_X_FORWARDED_USER=ada"
    page = behind_a_proxy.page(f"?{names}", X_Forwarded_User="bob", X_Forwarded_User_="ada")
    assert page.tiles() == STANDARD
    code = "import os; os.environ['HTTP_X_FORWARDED_USER'] = 'ada'; 1/0"
    for channel in ("shell", "control"):
        page.send("execute_request", {"code": code, "silent": False}, channel)
    hello = {"type": "hello", "viewer": "x", "person": "ada", "search": f"?{names}"}
    for model, state in page.states().items():
        if state.get("_model_module") == "anywidget":
            page.send(
                "comm_msg", {"comm_id": model, "data": {"method": "custom", "content": hello}}
            )
        update = {"method": "update", "state": {"person": "ada", "_person": "ada"}}
        page.send("comm_msg", {"comm_id": model, "data": update})
    assert page.tiles() == STANDARD
    assert page.tiles() == STANDARD


def test_a_request_without_the_header_has_no_user(behind_a_proxy: Server) -> None:
    page = behind_a_proxy.page()
    assert page.tiles() == STANDARD


@pytest.mark.usefixtures("processes")
def test_without_the_setting_the_header_is_ignored(tmp_path: Path) -> None:
    FileLayouts(tmp_path, "ada").save("email", tuple(reversed(EMAIL)), "")
    with serving(tmp_path) as server:
        assert server.page(X_Forwarded_User="ada").tiles() == STANDARD


@pytest.mark.usefixtures("processes")
def test_a_reload_shows_what_was_saved_meanwhile(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.page().tiles() == STANDARD
        FileLayouts(tmp_path, "local").save("email", tuple(reversed(EMAIL)), "")
        server.page().wait_for_tiles(OTHER)


@pytest.mark.usefixtures("processes")
def test_a_user_of_the_hub_gets_their_layout(tmp_path: Path) -> None:
    FileLayouts(tmp_path, "ada").save("email", tuple(reversed(EMAIL)), "")
    with serving(tmp_path, JUPYTERHUB_USER="ada") as server:
        assert server.page().tiles() == OTHER
