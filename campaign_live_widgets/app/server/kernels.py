"""Kernels of reports: each ends soon after its last viewer has gone.

For your own Voilà, in ``voila.json``::

    {"VoilaConfiguration": {
        "multi_kernel_manager_class": "campaign_live_widgets.app.server.kernels.ReportKernels"}}
"""

from __future__ import annotations

import os
import time
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any, Final

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Bool, default

from campaign_live_widgets.io.environment import SERVER_FOLDER

KEEP_ABANDONED: Final = 300
"""Seconds that a kernel survives a viewer who has disappeared silently (a killed browser, a
lost network). A page that is closed ends its kernel at once."""
_CHECKS: Final = 10
"""How many times in that time the kernels are checked."""

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
    """Kernels that end once no viewer has been connected to them for a while.

    A live report sends messages all the time, so they are no sign of a viewer. A viewer whose
    network fails for a moment keeps the kernel, whatever its age.
    """

    quiet = Bool(
        default_value=False,
        config=True,
        help="Whether to discard what kernels print when they start and end.",
    )

    def __init__(self, **more: Any) -> None:  # noqa: ANN401 - passed on as it is
        self._alone: dict[str, float] = {}
        if SERVER_FOLDER not in os.environ:  # your own Voilà
            self._folder = TemporaryDirectory(prefix="campaign-live-", ignore_cleanup_errors=True)
            os.environ[SERVER_FOLDER] = self._folder.name
        super().__init__(**more)

    @default("cull_idle_timeout")
    def _default_timeout(self) -> int:
        return KEEP_ABANDONED

    @default("cull_interval")
    def _default_interval(self) -> int:
        return KEEP_ABANDONED // _CHECKS

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

        The base class checks only the kernel's last message: it would end an old kernel at the
        first check without a connection, even while its page is still loading.
        """
        since = self._alone.setdefault(kernel_id, time.monotonic())
        if time.monotonic() - since >= self.cull_idle_timeout:
            await super().cull_kernel_if_idle(kernel_id)
        if kernel_id not in self:
            self._alone.pop(kernel_id, None)
