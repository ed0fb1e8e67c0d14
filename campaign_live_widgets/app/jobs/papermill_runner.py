"""One notebook run by Papermill in a new kernel, with a time limit.

The kernel is this Python, whatever kernels the machine has installed, with an empty profile and
a temporary folder that is removed after the run. Values passed in the environment are not saved
in the notebook.
"""
# ruff: noqa: E402 - a module has to be disabled before the imports
# ruff: noqa: ANN401 - Papermill and nbclient have no types

from __future__ import annotations

import logging
import math
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

# With this module, jsonschema compiles the grammar of all addresses on import.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import papermill
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError

from campaign_live_widgets import errors
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign_live_widgets.app.jobs.parameters import Value

_ENGINE: Final = "campaign-live"
_STARTS: Final = 60
"""Seconds to wait for the first answer of a kernel."""
_SILENT: Final = logging.getLogger("campaign-live.run")
"""Off: the error that nbclient raises contains what it would log."""
_SILENT.setLevel(logging.CRITICAL + 1)
_LAUNCH: Final = (
    *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
    "--HistoryManager.enabled=False",
)


def execute(  # noqa: PLR0913 - all but three by name
    template: Path,
    target: Path,
    parameters: Mapping[str, Value],
    *,
    environment: Mapping[str, str],
    seconds: float,
    on_line: Callable[[str], None],
) -> None:
    """Run *template* with *parameters*, and write the executed notebook to *target*.

    After an error, *target* contains the cells up to it.

    Parameters
    ----------
    template, target : Path
    parameters : mapping
        Checked; they are written into the notebook unchanged.
    environment : mapping
        Variables for the kernel, in addition to those of this process.
    seconds : float
        Maximum duration of the whole run.
    on_line : callable
        Is called with each line that a cell prints.

    Raises
    ------
    CampaignLiveError
        If a cell raises an error (of that error's class), the time is over, or the kernel
        dies.
    OSError
        If *target* cannot be written.
    """
    with TemporaryDirectory(prefix="campaign-live-", ignore_cleanup_errors=True) as scratch:
        log = Path(scratch, "kernel.log")
        with log.open("wb") as output:
            kernel = {
                "env": {**os.environ, **environment, "IPYTHONDIR": scratch, "TMPDIR": scratch},
                "stdout": output,
                "stderr": output,
            }
            try:
                papermill.execute_notebook(
                    template,
                    target,
                    dict(parameters),
                    engine_name=_ENGINE,
                    progress_bar=False,
                    start_timeout=math.ceil(min(_STARTS, seconds)),
                    ends=time.monotonic() + seconds,
                    on_line=on_line,
                    kernel=kernel,
                    connection=str(Path(scratch, "kernel.json")),
                )
            except PapermillExecutionError as error:
                raise _error_of(str(error.ename), str(error.evalue)) from None
            except CellTimeoutError:
                message = f"the run was stopped after {seconds:g} seconds (timeout)"
                raise CampaignLiveError(message) from None
            except (DeadKernelError, RuntimeError) as error:
                raise _death_of(error, log) from None


def _error_of(name: str, message: str) -> CampaignLiveError:
    """Return the error of a cell as one of the package's, with the exit status of its class.

    The kernel passes only the name of the class and the message; the class is looked up in
    :mod:`campaign_live_widgets.errors` by that name.
    """
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, CampaignLiveError)):
        return CampaignLiveError(f"the notebook failed: {name}: {message}")
    for own in (UsageError, SourceError):
        if issubclass(kind, own):
            return own(message)
    return CampaignLiveError(message)


def _death_of(error: Exception, log: Path) -> CampaignLiveError:
    """Return the error for a kernel that died or never answered, with its last log line."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    newest_first = (line.strip() for line in reversed(lines))
    last = next((line for line in newest_first if line and "WARNING" not in line), "")
    problem = "died" if isinstance(error, DeadKernelError) else "did not answer"
    return CampaignLiveError(f"the notebook's kernel {problem}{': ' if last else ''}{last}")


class _OwnPython(KernelSpecManager):
    """Returns one kernel for every name: this Python."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, *_LAUNCH],
            display_name="Python 3 (ipykernel)",
            language="python",
            name=kernel_name,
        )


class _Client(PapermillNotebookClient):
    """Runs the cells; see :func:`execute`."""

    def __init__(
        self, nb_man: Any, *, connection: str, on_line: Callable[[str], None], **options: Any
    ) -> None:
        super().__init__(nb_man, **options)
        self._connection, self._on_line = connection, on_line

    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = _OwnPython(parent=manager)
        manager.connection_file = self._connection
        return manager

    def process_message(self, msg: dict[str, Any], *rest: Any, **more: Any) -> Any:
        if msg["msg_type"] == "stream":
            for line in str(msg["content"]["text"]).splitlines():
                if line:  # a line break may come as a separate message
                    self._on_line(line)
        return super().process_message(msg, *rest, **more)


class _Engine(Engine):
    """Lets Papermill run the cells with this module's client."""

    @classmethod
    def execute_managed_notebook(  # noqa: PLR0913 - as Papermill calls it
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        start_timeout: int,
        ends: float,
        on_line: Callable[[str], None],
        kernel: Mapping[str, Any],
        connection: str,
        **_: Any,
    ) -> None:
        # The notebook is read on other machines: it must not contain paths of this one.
        for key in ("input_path", "output_path"):
            nb_man.nb.metadata.papermill[key] = Path(nb_man.nb.metadata.papermill[key]).name
        client = _Client(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout_func=lambda _cell: max(1, math.ceil(ends - time.monotonic())),
            store_widget_state=False,
            log=_SILENT,
            shutdown_kernel="immediate",
            connection=connection,
            on_line=on_line,
        )
        client.execute(**kernel)


papermill_engines.register(_ENGINE, _Engine)
