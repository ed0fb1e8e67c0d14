"""One page of the report: a virtual kernel with the widgets of one viewer's report in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.app.notebook.live_report import CampaignReport
from campaign_live_widgets.app.pages.virtual_kernel import VirtualKernel
from campaign_live_widgets.app.settings.identity import known_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.app.pages.messages import Message


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What every page of a server shows first.

    Attributes
    ----------
    at, window, locale : str
        As the parameters of the report; ``at`` is empty for now.
    """

    at: str = ""
    window: str = "24h"
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
        self.id, self.user = page_id, user
        self._kernel = VirtualKernel(page_id, send)
        try:
            with self._kernel.active(), known_user(user):
                self._report = CampaignReport(
                    window=settings.window,
                    at=settings.at or None,
                    locale=settings.locale,
                    live=False,
                    address=address,
                )
                self._report.dashboard.monitor.reopens = True
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
        return {
            "model": self._report.model_id,
            "locale": dashboard.locale,
            "html": "",
            "states": "",
        }

    def handle(self, message: Message) -> None:
        """Handle a message of the front end; one at a time, and not in the host's loop."""
        self._kernel.handle(message)

    def close(self) -> None:
        """End the report's threads, and close its widgets."""
        self._report.stop()
        self._kernel.close()
