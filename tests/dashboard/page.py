"""The browser's side of a dashboard, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.dashboard import Dashboard
    from campaign_live_widgets.snapshot import Campaign


class Page:
    """The browser's side of a connection monitor: sends what its script sends, by hand."""

    def __init__(self, dashboard: Dashboard, viewer: str = "a") -> None:
        self.dashboard, self.viewer = dashboard, viewer

    @property
    def tick(self) -> int:
        return int(self.dashboard.monitor.tick)

    def send(self, kind: str, **more: object) -> None:
        message = {"type": kind, "viewer": self.viewer, "visible": True, **more}
        self.dashboard.monitor._handle_msg(
            {"content": {"data": {"method": "custom", "content": message}}, "buffers": []}
        )

    def hello(self, search: str = "") -> None:
        self.send("hello", search=search)
        self.ack()

    def ack(self) -> None:
        self.send("ack", tick=self.tick)

    def paint(self) -> None:
        """Acknowledge every tick from now on, as a fast page does."""
        self.dashboard.monitor.observe(lambda _: self.ack(), "tick")


def send_filters(dashboard: Dashboard, **message: object) -> None:
    """Send what the filters' script sends."""
    content = {"method": "custom", "content": message}
    dashboard.filters._handle_msg({"content": {"data": content}, "buffers": []})


class Controller:
    """Records its calls; calls a function with the addresses that it gets."""

    def __init__(
        self, dashboard: Dashboard, on_goto: Callable[[str], object] = lambda _: None
    ) -> None:
        self.calls: list[tuple[str, object]] = []
        self._on_goto = on_goto
        dashboard.set_controller(self)

    def goto(self, address: str) -> None:
        self.calls.append(("goto", address))
        self._on_goto(address)

    def revisit(self, address: str, number: int) -> None:
        self.calls.append(("revisit", (address, number)))
        self._on_goto(address)

    def change(self, changes: Mapping[str, Sequence[str]]) -> None:
        self.calls.append(("change", dict(changes)))

    def tab_opened(self, tab: str) -> None:
        self.calls.append(("tab_opened", tab))

    def campaigns(self) -> list[Campaign]:
        return []
