"""What a test costs, derived from the fixtures it asks for, and the guard of the quick tests.

A test that asks for none of the fixtures in :data:`COSTS` is quick, and a quick test starts no
process. Python reports the start of a process to audit hooks, except where `multiprocessing`
goes around `subprocess`, so its ``start`` reports itself.
"""

from __future__ import annotations

import multiprocessing.process
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

COSTS: Final = {
    "processes": "process",
    "run_cli": "process",
    "kernels": "kernel",
    "renderers": "renderer",
    "matrix": "matrix",
    "browser": "browser",
    "postgres": "database",
    "spark": "database",
}
"""A fixture, and the marker of each test that asks for it, through other fixtures too."""
MARKERS: Final = frozenset(COSTS.values())
STARTS_PROCESSES: Final = frozenset({"process", "kernel", "browser", "database"})
TYPICAL: Final = {
    "source": {"parquet", "a file that grows", "store, appended", "sendgrid", "xdm, nested"},
    "vendor": {"sendgrid"},
    "form": {"canonical", "csv", "ndjson", "parquet", "sendgrid"},
}
"""Parameters, and the values whose tests are quick; the others are ``matrix``."""
_EVENTS: Final = frozenset(
    {
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
    }
)


def mark(item: pytest.Item) -> None:
    """Give a test the marker of each cost, or ``quick`` where it has none."""
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in COSTS:
            item.add_marker(COSTS[fixture])
    if not _is_typical(item):
        item.add_marker("matrix")
    if not MARKERS & {marker.name for marker in item.iter_markers()}:
        item.add_marker("quick")


def _is_typical(item: pytest.Item) -> bool:
    """Return whether each parameter has a value that represents the others."""
    call = getattr(item, "callspec", None)
    if call is None:
        return True
    if "seed" in call.params and "source" not in call.params and call.indices["seed"]:
        return False
    values = ((name, call.params[name]) for name in TYPICAL.keys() & call.params.keys())
    return all(getattr(value, "name", value) in TYPICAL[name] for name, value in values)


class Guard:
    """Fails a test that starts a process without a fixture that allows it."""

    def __init__(self) -> None:
        self._is_on = False
        self._started = ""

    def install(self) -> None:
        """Watch this process; an audit hook cannot be removed, so once is enough."""
        sys.addaudithook(self._audit)
        start = multiprocessing.process.BaseProcess.start

        def reported(process: multiprocessing.process.BaseProcess) -> None:
            self._audit("multiprocessing", (process.name,))
            start(process)

        multiprocessing.process.BaseProcess.start = reported  # type: ignore[method-assign]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._is_on = not STARTS_PROCESSES & {marker.name for marker in item.iter_markers()}
        try:
            return (yield)
        finally:
            self._is_on = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Fail also where the error was caught, or came up in another thread."""
        self._started = ""
        result = yield
        if self._started:
            pytest.fail(self._started, pytrace=False)
        return result

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._is_on and (event in _EVENTS or event == "multiprocessing"):
            what = " ".join(map(str, arguments[:2]))[:120]
            self._started = (
                f"a quick test starts a process ({event} {what}): ask for the fixture 'processes', "
                "or call the code in this process"
            )
            pytest.fail(self._started, pytrace=False)
