from __future__ import annotations

from typing import TYPE_CHECKING, Any

import comm
import pytest
from ipywidgets.widgets.widget import _instances

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.widgets.base.view import family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ipywidgets import Widget

CASES = (
    ("kpi", "campaign.statistics"),
    ("kpi", "email.sending_statistics"),
    ("donut", "email.sending_statistics"),
    ("donut", "email.bounce_reasons"),
    ("donut", "email.bounce_categories"),
    ("bars", "email.error_reasons"),
    ("bars", "push.tracking_by_platform"),
    ("lines", "email.summary"),
    ("table", "email.metrics_by_message"),
    ("table", "email.sending_statistics"),
    ("table", "push.summary"),
    ("table", "deliverability.providers"),
    ("table", "deliverability.bounce_classes"),
    ("table", "deliverability.causes_by_provider"),
    ("intervals", "deliverability.providers"),
    ("lines", "deliverability.failures_over_time"),
)
"""Every kind of view with every shape of frame it draws."""


class Wire(list[dict[str, Any]]):
    """The updates sent to the page since the last :meth:`clear`."""

    def states(self) -> list[dict[str, Any]]:
        return [message["state"] for message in self if message.get("method") == "update"]

    def size(self) -> int:
        return sum(message["bytes"] for message in self)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Record what comms would send."""
    sent = Wire()

    def record(self: object, data: Any = None, metadata: Any = None, buffers: Any = None) -> None:  # noqa: ANN401, ARG001
        raw = sum(memoryview(b).nbytes for b in buffers or ())
        sent.append({**(data or {}), "bytes": len(str(data)) + raw})

    monkeypatch.setattr(comm.base_comm.BaseComm, "send", record)
    return sent


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Close what a test opened, so that each one counts its own widgets."""
    before = set(_instances)
    yield
    for model_id in set(_instances) - before:
        widget = _instances.get(model_id)
        if widget is not None:
            widget.close()


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}:{case[1]}")
def case(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """Return a kind of view and a tile it draws."""
    kind, tile_id = request.param
    return kind, TILES[tile_id]


def picture(widget: Widget) -> list[dict[str, Any]]:
    """Return all that the page would get to draw a widget, without the names of models."""
    members = family(widget)
    places = {f"IPY_MODEL_{member.model_id}": f"#{i}" for i, member in enumerate(members)}

    def plain(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, memoryview):
            return value.tobytes()
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return places.get(value, value) if isinstance(value, str) else value

    return [plain(member.get_state()) for member in members]
