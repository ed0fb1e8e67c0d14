from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import comm
import pytest
from comm.base_comm import BaseComm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class RecordingComm(BaseComm):
    """The kernel's end of a comm: what would go to the page is kept in `sent`."""

    sent: list[tuple[str, dict[str, Any]]]

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,  # noqa: ARG002 - the base class's signature
        buffers: object = None,  # noqa: ARG002
        **_keys: object,
    ) -> None:
        self.sent.append((msg_type, data or {}))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every comm message sent to the page by widgets made in this test."""
    log: list[tuple[str, dict[str, Any]]] = []
    kind = type("LoggedComm", (RecordingComm,), {"sent": log})
    monkeypatch.setattr(comm, "create_comm", kind)
    return log


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(true: Callable[[], object], seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.005)

    return wait


@pytest.fixture(autouse=True)
def _no_widget_left() -> Iterator[None]:
    yield
    from ipywidgets import Widget  # noqa: PLC0415 - after the test's own imports

    Widget.close_all()
