"""What tests of every layer share: one browser and one server of each database for all of them."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.support import cli, costs, fonts, repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserType

    from tests.support.servers.server import Postgres
    from tests.support.servers.spark_cluster import Cluster

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_configure(config: pytest.Config) -> None:
    guard = costs.Guard()
    guard.install()
    config.pluginmanager.register(guard)
    # The same examples each time: a test that fails fails again. The stress tests vary them.
    # No deadline: a busy machine is no failure.
    settings.register_profile("gate", derandomize=not repeats.are_full(), deadline=None)
    settings.load_profile("gate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        costs.mark(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and terminalreporter.stats.get(
        "deselected"
    ):
        terminalreporter.write_line('None of these tests is quick. Run them with: pytest -m "" …')


@pytest.fixture(scope="session")
def processes() -> None:
    """Allow a test to start processes."""


@pytest.fixture(scope="session")
def kernels() -> None:
    """Allow a test to start Jupyter kernels."""


@pytest.fixture(scope="session")
def renderers() -> None:
    """Name what draws with Vega or typesets with Typst, in this process."""


@pytest.fixture(scope="session")
def matrix() -> None:
    """Name one of many combinations of forms, vendors and seeds."""


@pytest.fixture(scope="session")
def run_cli() -> cli.Command:
    """Return what runs ``campaign-live`` as a separate process."""
    return cli.run


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate the tests from the layouts and settings of the user who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAMPAIGN_LIVE_LAYOUTS", str(tmp_path_factory.mktemp("layouts")))
        for name in ("CAMPAIGN_LIVE_LAYOUT", "CAMPAIGN_LIVE_USER_HEADER", "JUPYTERHUB_USER"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_enabled() -> None:
    """Enable Ctrl-C here and in subprocesses, also if the shell ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run the installed Chromium; Playwright can run once in a process, so all share it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where it is used

    with sync_playwright() as playwright:
        chromium = _launch(playwright.chromium)
        yield chromium
        chromium.close()


def _launch(kind: BrowserType, **environment: str) -> Browser:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "the browser tests need Chromium"
    env = {**os.environ, **environment}
    browser = kind.launch(executable_path=path, args=list(QUIET), env=env)
    for name in ("new_context", "new_page"):
        setattr(browser, name, _patient(getattr(browser, name)))
    return browser


def _patient(make: Callable[..., Any]) -> Callable[..., Any]:
    """Give a page time on a busy machine; a wait ends as soon as its condition is true."""

    def made(**options: object) -> object:
        page = make(**options)
        page.set_default_timeout(60_000)
        page.set_default_navigation_timeout(120_000)
        if hasattr(page, "new_page"):
            page.new_page = _patient(page.new_page)
        elif options.get("java_script_enabled", True):
            page.goto, page.reload = _until_live(page, page.goto), _until_live(page, page.reload)
        return page

    return made


def _until_live(page: Any, navigate: Callable[..., Any]) -> Callable[..., Any]:  # noqa: ANN401
    """Let a page of the report be used once it is live, unless a call names what to wait for."""

    def navigated(*arguments: object, **options: object) -> object:
        answer = navigate(*arguments, **options)
        if "wait_until" not in options:
            page.wait_for_selector("#campaign-first", state="detached")
        return answer

    return navigated


@pytest.fixture(scope="session", params=fonts.PACKAGES)
def font(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> fonts.Font:
    """Return each of the fonts with which layout is tested."""
    return fonts.install(request.param, tmp_path_factory.mktemp("font"))


@pytest.fixture(scope="session")
def browser_in_font(browser: Browser, font: fonts.Font) -> Iterator[Browser]:
    """Run a Chromium on a system with one font."""
    chromium = _launch(browser.browser_type, **font.environment)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one PostgreSQL server."""
    from tests.support.servers import server  # noqa: PLC0415 - only where it is used

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLW_TEST_PASSWORD", server.PASSWORD)
        with server.running() as running:
            yield running


@pytest.fixture(scope="session")
def spark() -> Iterator[Cluster]:
    """Run one Spark cluster."""
    from tests.support.servers import spark_cluster  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLW_TEST_TOKEN", spark_cluster.TOKEN)
        with spark_cluster.running() as running:
            yield running
