"""One notebook run by Papermill in a kernel of its own, with an end that always comes.

The kernel is this very Python, whatever kernels the machine knows, with a clean profile and a
temporary folder that goes with the run. What the notebook is told in its environment is not in
the notebook.
"""
# ruff: noqa: E402 - what stands before the imports has to run before them
# ruff: noqa: ANN401 - Papermill and nbclient carry no types

from __future__ import annotations

import logging
import math
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

# jsonschema, where it finds this, compiles the grammar of all addresses on import.
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
"""Seconds a kernel may take to answer for the first time."""
_SILENT: Final = logging.getLogger("campaign-live.run")
"""What nbclient would log is told by the error that it raises."""
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
    tell: Callable[[str], None],
) -> None:
    """Run *template* with *parameters*, and write it as it was run to *target*.

    What has been run is in *target* also where this raises.

    Parameters
    ----------
    template, target : Path
    parameters : mapping
        Checked; they stand in the notebook as they are.
    environment : mapping
        Variables for the kernel, over those of this process.
    seconds : float
        How long all of it may take.
    tell : callable
        Is given each line that a cell prints.

    Raises
    ------
    CampaignLiveError
        Where a cell meets an error, of the class that this has; where the time is over; and
        where the kernel dies.
    OSError
        Where *target* cannot be written.
    """
    with TemporaryDirectory(prefix="campaign-live-", ignore_cleanup_errors=True) as scratch:
        log = Path(scratch, "kernel.log")
        with log.open("wb") as told:
            kernel = {
                "env": {**os.environ, **environment, "IPYTHONDIR": scratch, "TMPDIR": scratch},
                "stdout": told,
                "stderr": told,
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
                    tell=tell,
                    kernel=kernel,
                    connection=str(Path(scratch, "kernel.json")),
                )
            except PapermillExecutionError as error:
                raise _error_of(str(error.ename), str(error.evalue)) from None
            except CellTimeoutError:
                message = f"the run was not done after {seconds:g} seconds and was stopped"
                raise CampaignLiveError(message) from None
            except (DeadKernelError, RuntimeError) as error:
                raise _death_of(error, log) from None


def _error_of(name: str, said: str) -> CampaignLiveError:
    """Return an error of a cell as one of our own, with the exit code of its class."""
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, CampaignLiveError)):
        return CampaignLiveError(f"the notebook met an error: {name}: {said}")
    for own in (UsageError, SourceError):
        if issubclass(kind, own):
            return own(said)
    return CampaignLiveError(said)


def _death_of(error: Exception, log: Path) -> CampaignLiveError:
    """Return what is known of a kernel that died or never answered."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    told_last = (line.strip() for line in reversed(lines))
    last = next((line for line in told_last if line and "WARNING" not in line), "")
    told = "died" if isinstance(error, DeadKernelError) else "did not answer"
    return CampaignLiveError(f"the notebook's kernel {told}{': ' if last else ''}{last}")


class _OwnPython(KernelSpecManager):
    """Knows one kernel by every name: the Python that asks."""

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
        self, nb_man: Any, *, connection: str, tell: Callable[[str], None], **options: Any
    ) -> None:
        super().__init__(nb_man, **options)
        self._connection, self._tell = connection, tell

    def create_kernel_manager(self) -> Any:
        manager = super().create_kernel_manager()
        manager.kernel_spec_manager = _OwnPython(parent=manager)
        manager.connection_file = self._connection
        return manager

    def process_message(self, msg: dict[str, Any], *rest: Any, **more: Any) -> Any:
        if msg["msg_type"] == "stream":
            for line in str(msg["content"]["text"]).splitlines():
                self._tell(line)
        return super().process_message(msg, *rest, **more)


class _Engine(Engine):
    """Papermill's way to a client of ours."""

    @classmethod
    def execute_managed_notebook(  # noqa: PLR0913 - as Papermill calls it
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        start_timeout: int,
        ends: float,
        tell: Callable[[str], None],
        kernel: Mapping[str, Any],
        connection: str,
        **_: Any,
    ) -> None:
        # The notebook goes to other machines; where it was made is of this one.
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
            tell=tell,
        )
        client.execute(**kernel)


papermill_engines.register(_ENGINE, _Engine)
