"""Pages of many viewers in one process: apart from each other, limited, and gone when left."""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest
from websocket import WebSocketBadStatusException

from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID
from tests.app.pages.test_serve_processes import SECONDS, Served, served, until
from tests.support.browser.pages import open_pages, page_statuses
from tests.support.repeats import are_full
from tests.support.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = 100 if are_full() else 30
MEGABYTE = 1e6
HEADER = "X-Forwarded-User"

pytestmark = pytest.mark.usefixtures("processes")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("pages")
    environment = {"CAMPAIGN_LIVE_LAYOUTS": str(folder / "layouts")}
    options = (f"--user-header={HEADER}", "--campaign", CAMPAIGN_ID)
    with served(folder / "events", *options, env=environment) as server:
        server.inbox.drop(7, campaign="other")
        yield server


def viewer(server: Served, name: str, query: str = "") -> Viewer:
    return Viewer(server.address, query, {HEADER: name})


def test_viewers_see_their_own_numbers_at_the_same_time(server: Served) -> None:
    queries = {"?campaign=other": 7, "": 5, "?message=email-announcement&locale=fr": 5}
    viewers = [(viewer(server, "ada", query), n) for query, n in queries.items()]
    for one, number in viewers:
        one.wait_for(SECONDS, delivered=number)
    server.inbox.drop(2, campaign="other")
    viewers[0][0].wait_for(SECONDS, delivered=9)
    server.inbox.drop(1)
    for one, number in viewers[1:]:
        one.wait_for(SECONDS, delivered=number + 1)
    assert viewers[0][0].figures()["delivered"] == 9
    for one, _ in viewers:
        one.leave()


def test_a_viewer_cannot_reach_the_models_of_another(server: Served) -> None:
    ada, bob = viewer(server, "ada"), viewer(server, "bob")
    before = ada.states()
    assert not before.keys() & bob.states().keys()
    for model in before:
        update = {"method": "update", "state": {"_dom_classes": ["stolen"], "locale": "fr"}}
        bob.send("comm_msg", {"comm_id": model, "data": update})
        bob.send("comm_msg", {"comm_id": model, "data": {"method": "request_state"}})
        bob.send("comm_close", {"comm_id": model, "data": {}})
    bob.send("comm_open", {"comm_id": next(iter(before)), "target_name": "jupyter.widget.control"})
    assert not before.keys() & bob.states().keys()
    after = ada.states()
    assert after.keys() == before.keys()
    assert "stolen" not in json.dumps(after)
    for one in (ada, bob):
        one.leave()


def test_a_page_is_found_by_its_own_user_only(server: Served) -> None:
    ada = viewer(server, "ada")
    for name in ("bob", "ADA"):
        other = Viewer.__new__(Viewer)
        other.address, other.headers, other.page_id = server.address, {HEADER: name}, ada.page_id
        with pytest.raises(WebSocketBadStatusException, match="404"):
            other.connect()
    mallory = viewer(server, "bob")
    mallory.page_id, own = ada.page_id, mallory.page_id
    mallory.leave()
    ada.wait_for(SECONDS, delivered=ada.figures()["delivered"])
    mallory.page_id = own
    for guess in ("11111111-2222-3333-4444-555555555500", f"{ada.page_id[:-2]}99"):
        with pytest.raises(HTTPError) as gone:
            urlopen(f"{server.address}api/kernels/{guess}")  # noqa: S310 - our own server
        assert gone.value.code == HTTPStatus.NOT_FOUND
    ada.leave()


def test_nothing_runs_code(server: Served, tmp_path: Path) -> None:
    ada, mark = viewer(server, "ada"), tmp_path / "mark"
    code = f"open({str(mark)!r}, 'w')"
    for channel in ("shell", "control", "stdin", "iopub"):
        ada.send("execute_request", {"code": code, "silent": False}, channel)
        ada.send("complete_request", {"code": code, "cursor_pos": 1}, channel)
        ada.send("input_reply", {"value": code}, channel)
        ada.send("debug_request", {"command": "evaluate", "arguments": {"expression": code}})
        ada.send("comm_open", {"comm_id": channel, "target_name": "x", "target_module": "os"})
        ada.send("shutdown_request", {"restart": False}, channel)
    for frame in (b"", b"\x00" * 7, b"\xff" * 64, "[]", "{", '{"header": 1}'):
        broken = viewer(server, "ada")
        broken.socket.send_binary(frame) if isinstance(frame, bytes) else broken.socket.send(frame)
    assert ada.states()
    assert not mark.exists()


def test_a_page_survives_a_cut_and_others_who_look_at_it(server: Served) -> None:
    ada = viewer(server, "ada", "?locale=fr")
    ada.socket.close()
    server.inbox.drop(1)
    ada.connect()
    delivered = 5
    until(lambda: ada.figures()["delivered"] > delivered, "the page does not go on")
    page_id = ada.page_id
    ada.leave()
    until(lambda: not _is_open(server, page_id), "a page that is left stays")


def _is_open(server: Served, page_id: str) -> bool:
    try:
        urlopen(f"{server.address}api/kernels/{page_id}").close()  # noqa: S310 - our own server
    except HTTPError:
        return False
    return True


def test_pages_that_are_left_leave_no_memory(tmp_path: Path) -> None:
    with served(tmp_path / "events") as server:
        server.inbox.drop(7, campaign="other")
        (status,) = page_statuses(server.process)
        host = psutil.Process(status["process"])

        def memory_after(count: int) -> float:
            for i in range(count):
                one = Viewer(server.address, "" if i % 2 else "?campaign=other&tab=push")
                one.states()
                one.leave()
            until(lambda: open_pages(server.process) == 0, "a page that is left stays", 15)
            time.sleep(6)  # garbage is collected meanwhile
            return float(host.memory_full_info().uss)

        before = memory_after(12)
        assert memory_after(PAGES) - before < 5 * MEGABYTE


def test_the_next_viewer_waits(tmp_path: Path) -> None:
    options = ("--max-viewers", "3", "--page-hosts", "2")
    with served(tmp_path / "events", *options) as server:
        viewers = [Viewer(server.address) for _ in range(3)]
        assert {status["pages"] for status in page_statuses(server.process)} == {1, 2}
        with pytest.raises(HTTPError) as full:
            Viewer(server.address, "?locale=fr")
        assert full.value.code == HTTPStatus.SERVICE_UNAVAILABLE
        assert full.value.headers["Retry-After"] == "15"
        page = full.value.read().decode()
        assert "a atteint le nombre de lecteurs que son serveur admet" in page
        assert re.search(r'<meta http-equiv="refresh" content="15">', page)
        viewers.pop().leave()
        viewers.append(Viewer(server.address))
        for one in viewers:
            one.wait_for(SECONDS, delivered=5)
