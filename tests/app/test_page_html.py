"""What a page host puts into the HTML of a page: states, first paint, and files to share."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.notebook.live_report import CampaignReport
from campaign_live_widgets.app.pages.page_states import page_states
from campaign_live_widgets.app.pages.report_page import PageSettings, ReportPage
from campaign_live_widgets.app.pages.shared_files import IN_FILE, shared_files, version
from campaign_live_widgets.app.pages.virtual_kernel import VirtualKernel, install
from campaign_live_widgets.app.server.page_shell import MARKS, PageShell
from campaign_live_widgets.app.settings.identity import LOCAL
from campaign_live_widgets.app.settings.installation import samples_path
from campaign_live_widgets.io.environment import SOURCE
from campaign_live_widgets.widgets.base.assets import Library

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "</script><script>alert(1)</script><!-- & \u2028"
SHELL = PageShell(html="|".join(MARKS.values()), static=(), extensions=(), entries=())


@pytest.fixture(scope="module", autouse=True)
def _virtual() -> None:
    install()


@pytest.fixture
def kernel() -> Iterator[VirtualKernel]:
    kernel = VirtualKernel("00000000-0000-0000-0000-000000000000", lambda _frame: None)
    with kernel.active():
        report = CampaignReport(samples_path(), live=False, lazy=True)
        report.dashboard.header.campaign_name = EVIL
        yield kernel
    kernel.close()


def _restored(values: dict[str, Any], model_id: str, files: dict[str, str]) -> dict[str, Any]:
    """Return the state of a model as the page's script makes it."""
    state: dict[str, Any] = values["models"][model_id]["state"]
    if model_id == values["library"]:
        state |= json.loads(files[f"{state['version']}.json"])
    for owner, path, text in values["buffers"]:
        if owner == model_id:
            parent = state
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = base64.b64decode(text)
    return state


def _plain(value: Any) -> Any:  # noqa: ANN401 - of any trait
    """Return a state with buffers as bytes, and without what is null."""
    if isinstance(value, memoryview | bytearray | bytes):
        return bytes(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def test_the_page_has_the_state_of_every_widget(kernel: VirtualKernel) -> None:
    states = kernel.states()
    values = json.loads(page_states(kernel))
    files = shared_files()
    assert set(values["models"]) == set(states)
    assert isinstance(kernel.widgets[values["library"]], Library)
    for model_id, one in states.items():
        restored = _plain(_restored(values, model_id, files))
        assert restored == _plain(one["state"]), one["model_name"]


def test_nothing_in_a_state_ends_its_script_element(kernel: VirtualKernel) -> None:
    text = page_states(kernel)
    assert not set("<>&\u2028") & set(text)
    values = json.loads(text)
    names = [one["state"].get("campaign_name") for one in values["models"].values()]
    assert EVIL in names


def test_shared_files_are_named_by_what_is_in_them(kernel: VirtualKernel) -> None:
    files = shared_files()
    assert set(files) == {f"{version()}.{kind}" for kind in ("json", "css", "plain.css")}
    library = next(one for one in kernel.widgets.values() if isinstance(one, Library))
    assert library.version == version()
    traits = json.loads(files[f"{version()}.json"])
    assert traits == {name: json.loads(json.dumps(getattr(library, name))) for name in IN_FILE}
    assert files[f"{version()}.css"] == "\n".join(library.styles.values())
    assert "--clw-dark" not in files[f"{version()}.plain.css"]


@pytest.mark.parametrize(
    ("address", "theme", "locale", "tab"),
    [
        ("", "", "en", "campaign"),
        ("theme=dark&locale=fr&tab=push", "dark", "fr", "push"),
        ("theme=%22%3E&tab=email", "", "en", "email"),
    ],
)
def test_a_page_is_right_for_its_address(
    monkeypatch: pytest.MonkeyPatch, address: str, theme: str, locale: str, tab: str
) -> None:
    monkeypatch.setenv(SOURCE, str(samples_path()))
    page_id = "00000000-0000-0000-0000-000000000001"
    page = ReportPage(page_id, PageSettings(), address, LOCAL, lambda _frame: None)
    try:
        page.start()
        answer = page.first_paint()
    finally:
        page.close()
    assert (answer["theme"], answer["locale"]) == (theme, locale)
    html = answer["html"]
    assert f'lang="{locale}"' in html
    assert f"clw-{tab}-" in html
    filled = SHELL.page({"page": page_id, **answer})
    assert not any(mark in filled for mark in MARKS.values())
    assert html in filled


def test_a_mark_in_a_name_is_text() -> None:
    answer = dict.fromkeys(MARKS, "x") | {"html": MARKS["states"], "states": "the states"}
    assert SHELL.page(answer).count("the states") == 1
