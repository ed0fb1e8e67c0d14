"""Kernels of reports that people look at: each ends soon after the last of them has gone.

For a Voilà of one's own, in ``voila.json``::

    {"VoilaConfiguration": {
        "multi_kernel_manager_class": "campaign_live_widgets.app.server.kernels.ReportKernels"}}
"""

from __future__ import annotations

import time
from subprocess import DEVNULL
from typing import Any, Final

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Bool, default

KEEP_ABANDONED: Final = 300
"""Seconds for which a kernel outlives a viewer who went without a word (a killed browser, a
lost network). A page that is closed says goodbye and frees its kernel at once."""
_LOOKS: Final = 10
"""How many times in that span the kernels are looked through."""

_UNTRACKED: Final = (
    *("comm_open", "comm_msg", "comm_close", "comm_info_request", "comm_info_reply"),
    *("execute_request", "execute_reply", "execute_input", "execute_result"),
    *("kernel_info_request", "kernel_info_reply", "shutdown_request", "shutdown_reply"),
    *("display_data", "update_display_data", "clear_output", "stream", "error", "status"),
    *("interrupt_request", "interrupt_reply", "input_request", "input_reply"),
    *("debug_request", "debug_reply", "debug_event"),
)
"""A live report is never idle: no message of its kernel may count as a sign of a viewer."""


class ReportKernels(AsyncMappingKernelManager):
    """Kernels that end once nobody has been connected to them for a while.

    What a kernel sends is no sign of a viewer here, since a live report sends without end; and
    a viewer whose network fails for a moment keeps the kernel, however old it is.
    """

    quiet = Bool(
        default_value=False,
        config=True,
        help="Whether kernels keep to themselves what they print on the way in and out.",
    )

    def __init__(self, **more: Any) -> None:  # noqa: ANN401 - passed on as it is
        self._alone: dict[str, float] = {}
        super().__init__(**more)

    @default("cull_idle_timeout")
    def _default_timeout(self) -> int:
        return KEEP_ABANDONED

    @default("cull_interval")
    def _default_interval(self) -> int:
        return KEEP_ABANDONED // _LOOKS

    @default("untracked_message_types")
    def _default_untracked(self) -> list[str]:
        return list(_UNTRACKED)

    async def start_kernel(  # type: ignore[override] # async, as in the base class
        self,
        **more: Any,  # noqa: ANN401 - passed on as it is
    ) -> str:
        """Start a kernel, as the base class does."""
        if self.quiet:
            more |= {"stdout": DEVNULL, "stderr": DEVNULL}
        return str(await super().start_kernel(**more))

    def notify_connect(self, kernel_id: str) -> None:
        """Notice a viewer."""
        self._alone.pop(kernel_id, None)
        super().notify_connect(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Notice that a viewer has gone, or lost the connection."""
        self._alone.pop(kernel_id, None)
        super().notify_disconnect(kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that has had no viewer for the whole time-out.

        The base class looks at the kernel's last message alone: it would end an old kernel at
        the first look that finds nobody connected, be it while its page is still loading.
        """
        since = self._alone.setdefault(kernel_id, time.monotonic())
        if time.monotonic() - since >= self.cull_idle_timeout:
            await super().cull_kernel_if_idle(kernel_id)
        if kernel_id not in self:
            self._alone.pop(kernel_id, None)
