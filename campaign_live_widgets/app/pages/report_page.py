"""One page of the report: a virtual kernel with the widgets of one viewer's report in it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from campaign_live_widgets.app.notebook.live_report import CampaignReport
from campaign_live_widgets.app.pages.page_states import page_states
from campaign_live_widgets.app.pages.shared_files import version
from campaign_live_widgets.app.pages.virtual_kernel import VirtualKernel
from campaign_live_widgets.app.settings.identity import known_user
from campaign_live_widgets.dashboard.page.first_paint import first_paint
from campaign_live_widgets.io.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign_live_widgets.app.pages.messages import Message


_THEMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "": {
            "theme": "",
            "light": "print, (prefers-color-scheme: light)",
            "dark": "screen and (prefers-color-scheme: dark)",
        },
        "light": {"theme": "light", "light": "all", "dark": "not all"},
        "dark": {"theme": "dark", "light": "print", "dark": "screen"},
    }
)
"""The theme in an address → itself, and the media of both themes' style sheets."""


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What every page of a server shows first.

    Attributes
    ----------
    at, window, machines, basis, providers, locale : str
        As the parameters of the report; ``at`` is empty for now.
    small_cells : int
    """

    at: str = ""
    window: str = "24h"
    machines: str = "include"
    basis: str = "default"
    providers: str = ""
    small_cells: int = 0
    locale: str = "en"


class ReportPage:
    """The report that one viewer has opened.

    Parameters
    ----------
    page_id : str
        The id of its kernel; it gives access to the page.
    settings : PageSettings
    address : str
        The query string of the page's address.
    user : str or None
        Whose layouts it shows; ``None`` if the request should have named a user, and does not.
    send : callable
        Is called with each message for the front end, a frame, from any thread, after
        :meth:`start`.

    Raises
    ------
    CampaignLiveError
        If the report cannot be shown.
    """

    def __init__(
        self,
        page_id: str,
        settings: PageSettings,
        address: str,
        user: str | None,
        send: Callable[[bytes], object],
    ) -> None:
        self.id, self.user, self._address = page_id, user, address
        self._kernel = VirtualKernel(page_id, send)
        try:
            with self._kernel.active(), known_user(user):
                self._report = CampaignReport(
                    window=settings.window,
                    machines=settings.machines,
                    basis=settings.basis,
                    providers=settings.providers,
                    small_cells=settings.small_cells,
                    at=settings.at or None,
                    locale=settings.locale,
                    live=False,
                    address=address,
                    lazy=True,
                )
                dashboard = self._report.dashboard
                dashboard.header.set_refreshed(dashboard.snapshot.taken_at or utc_now())
                dashboard.monitor.reopens = True
                self._report.live()
        except BaseException:
            self._kernel.close()
            raise

    @property
    def campaign(self) -> str:
        """Return the id of the campaign that is shown."""
        return self._report.dashboard.snapshot.campaign_id

    @property
    def ticks(self) -> int:
        """Return how many times new numbers were sent."""
        return int(self._report.dashboard.monitor.tick)

    def start(self) -> None:
        """Send messages from now on; what was made before is part of the first paint."""
        self._kernel.start()

    def first_paint(self) -> dict[str, str]:
        """Return what the web server puts into the page's HTML."""
        dashboard = self._report.dashboard
        theme = dict(parse_qsl(self._address)).get("theme", "")
        with self._kernel.active():
            paint = first_paint(dashboard, address=self._address, awaits_live=True)
        return {
            "model": self._report.model_id,
            "locale": dashboard.locale,
            "version": version(),
            **_THEMES.get(theme, _THEMES[""]),
            "style": paint.style,
            "html": paint.html,
            "states": page_states(self._kernel),
        }

    def handle(self, message: Message) -> None:
        """Handle a message of the front end; one at a time, and not in the host's loop."""
        self._kernel.handle(message)

    def close(self) -> None:
        """End the report's threads, and close its widgets."""
        self._report.stop()
        self._kernel.close()
