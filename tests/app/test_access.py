"""The token of a served page, and the paths below which JupyterHub has it served."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from campaign_live_widgets.app.cli import serve as command
from campaign_live_widgets.app.server import launch
from campaign_live_widgets.app.server.launch import _secret
from campaign_live_widgets.app.server.routes import base_path, route
from campaign_live_widgets.errors import UsageError
from tests.support.browser.front import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[2] / "notebooks" / "samples"
SECRET = "a+b/c_d&e=%"  # noqa: S105 - of a server that lives for a test
USER = "/user/a+b@c~[d]%40(e)/"
"""All that JupyterHub leaves in the path of a user, and what it escapes."""


@pytest.mark.parametrize(
    "name",
    [
        "a+b",
        "a@b",
        "a%40b",
        "~a",
        "[a]",
        "a(b)",
        "a.b",
        "a%2Bb",
        "%C3%A9t%C3%A9",
        "a*b",
        "a$b",
        "a|b",
    ],
)
def test_a_path_is_found_in_each_of_its_spellings(name: str) -> None:
    pattern = re.compile(f"{route(base_path(f'user/{name}'))}ready")
    for spelling in (name, base_path(name).strip("/"), name.lower()):
        assert pattern.fullmatch(f"/user/{spelling}/ready"), spelling
    assert not pattern.fullmatch("/user/other/ready")
    assert pattern.groups == 0


def test_a_path_has_a_slash_at_both_ends() -> None:
    assert base_path("") == base_path("/") == "/"
    assert base_path("team/reports") == base_path("/team/reports/") == "/team/reports/"
    assert base_path("/user/[a b]") == "/user/%5Ba%20b%5D/"


def test_the_token_of_a_variable_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_TOKEN", SECRET)
    assert _secret("env:REPORT_TOKEN") == SECRET
    for wrong in ("env:REPORT_TOKEN", ""):
        with pytest.raises(UsageError, match="--token"):
            _secret(wrong)


@pytest.mark.parametrize(
    ("options", "warns"),
    [
        (("--host", "0.0.0.0"), True),  # noqa: S104 - nothing listens there
        (("--host", "127.0.0.1"), False),
        (("--host", "0.0.0.0", "--token", "x"), False),  # noqa: S104
        (("--host", "0.0.0.0", "--user-header", "X-User"), False),  # noqa: S104
    ],
)
def test_a_page_for_everyone_is_warned_of_once(
    options: tuple[str, ...],
    warns: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launch, "serve", lambda *_, **__: None)
    result = CliRunner().invoke(command.serve, [str(SOURCE), *options])
    assert result.exit_code == 0
    assert result.output.count("asks for no password") == warns


@pytest.fixture(scope="module")
def address(processes: None) -> Iterator[str]:  # noqa: ARG001 - a mark
    options = ("--token", "env:REPORT_TOKEN", "--base-url", USER)
    with serving(SOURCE, *options, env={"REPORT_TOKEN": SECRET}) as address:
        yield address


def ask(
    address: str, path: str = "", method: str = "GET", body: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    place = urlsplit(address)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, place.path + path, body or None, head)
    answer = connection.getresponse()
    cookies = "; ".join(
        part.partition(";")[0] for part in answer.headers.get_all("Set-Cookie") or ()
    )
    text = answer.read().decode()
    connection.close()
    return answer.status, {**dict(answer.headers), "cookies": cookies}, text


def test_nothing_of_the_report_is_shown_without_the_token(address: str) -> None:
    assert SECRET not in address
    status, headers, _ = ask(address)
    assert status == 302
    assert urlsplit(headers["Location"]).path.endswith("/login")
    assert ask(address, f"?{urlencode({'token': 'wrong'})}")[0] == 302
    assert ask(address, Authorization="token wrong")[0] == 302
    kernel = "11111111-2222-3333-4444-555555555555"
    assert ask(address, f"api/kernels/{kernel}")[0] == 403
    assert ask(address, f"voila/api/shutdown/{kernel}", "POST")[0] == 403
    socket = f"{address.replace('http', 'ws', 1)}api/kernels/{kernel}/channels"
    with pytest.raises(InvalidStatus, match="403"), connect(socket, proxy=None):
        pass
    assert ask(address, "voila/ready")[0] == 204


def test_the_token_of_an_address_becomes_a_cookie(address: str) -> None:
    status, headers, _ = ask(address, f"?{urlencode({'token': SECRET, 'window': '7d'})}")
    assert status == 302
    assert headers["Location"].endswith("/?window=7d")
    status, headers, page = ask(address, "?window=7d", Cookie=headers["cookies"])
    assert status == 200
    assert SECRET not in page
    scripts = re.search(r'"fullStaticUrl": "([^"]+)"', page)
    assert scripts is not None
    root = address.removesuffix(urlsplit(address).path)
    assert ask(f"{root}{scripts[1]}/voila.js")[0] == 200


def test_a_program_gives_the_token_in_a_header(address: str) -> None:
    assert ask(address, Authorization=f"token {SECRET}")[0] == 200


def test_the_login_page_asks_for_the_token(address: str) -> None:
    _, headers, page = ask(address, "login?next=%2F", Accept_Language="fr")
    assert "Jeton" in page
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', page)
    assert xsrf is not None
    form = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": headers["cookies"]}
    wrong = urlencode({"password": "wrong", "_xsrf": xsrf[1]})
    status, _, page = ask(address, "login", "POST", wrong, **form)
    assert status == 401
    assert "This is not the token" in page
    right = urlencode({"password": SECRET, "_xsrf": xsrf[1]})
    status, headers, _ = ask(address, "login", "POST", right, **form)
    assert status == 302
    assert headers["Location"] == urlsplit(address).path
    assert ask(address, Cookie=headers["cookies"])[0] == 200


def test_the_path_of_a_user_is_served_in_each_spelling(address: str) -> None:
    root = address.removesuffix(urlsplit(address).path)
    for path in (USER, USER.replace("@", "%40").replace("+", "%2b"), base_path(USER)):
        assert ask(f"{root}{path}", "voila/ready")[0] == 204
