"""A kernel that is an object: it answers a page's front end, and runs no code.

ipywidgets knows one kernel for a process. :func:`install` makes its comms and its list of widgets
those of the kernel that is active in the current context (:meth:`VirtualKernel.active`); a
thread has the context in which it was started.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import MutableMapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import comm
from comm.base_comm import BaseComm, CommManager
from ipywidgets import Widget
from ipywidgets.widgets import widget as widgets_of_process
from ipywidgets.widgets.widget import _remove_buffers

from campaign_live_widgets.app.pages.messages import (
    PROTOCOL_VERSION,
    Message,
    encode_v1,
    make_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOG: Final = logging.getLogger(__name__)
_ACTIVE: Final[ContextVar[VirtualKernel | None]] = ContextVar("campaign_live_kernel", default=None)
_PARENT: Final[ContextVar[dict[str, Any] | None]] = ContextVar("campaign_live_parent", default=None)
"""The header of the message that is being handled."""
_CONTROL_TARGET: Final = "jupyter.widget.control"
_CONTROL_VERSION: Final = "1"


class PageComm(BaseComm):
    """A comm of one kernel, whatever the context it is used in."""

    def __init__(self, kernel: VirtualKernel, **more: Any) -> None:  # noqa: ANN401 - passed on
        self._kernel = kernel
        super().__init__(**more)

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[Any] | None = None,
        **keys: Any,  # noqa: ANN401 - of the message
    ) -> None:
        """Send a message to the front end."""
        content = {"comm_id": self.comm_id, "data": data or {}, **keys}
        self._kernel.publish(msg_type, content, metadata=metadata, buffers=buffers or ())

    def open(
        self,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[Any] | None = None,
    ) -> None:
        """Open the comm in the front end."""
        self._kernel.comms.register_comm(self)
        self._closed = False
        target = {"target_name": self.target_name, "target_module": self.target_module}
        self.publish_msg("comm_open", data or self._open_data, metadata, buffers, **target)

    def close(
        self,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[Any] | None = None,
        deleting: bool = False,  # noqa: FBT001, FBT002, ARG002 - as in the base class
    ) -> None:
        """Close the comm in the front end."""
        if not self._closed:
            self.forget()
            self.publish_msg("comm_close", data or self._close_data, metadata, buffers)

    def forget(self) -> None:
        """Close the comm here; the front end has closed its side."""
        self._closed = True
        self._kernel.comms.comms.pop(self.comm_id, None)
        self._kernel.widgets.pop(self.comm_id, None)


class VirtualKernel:
    """The comms and widgets of one page, and the answers to its front end.

    Parameters
    ----------
    kernel_id : str
    send : callable
        Is called with each message for the front end, as a frame of :data:`V1`, from any thread,
        in order; not before :meth:`start`.
    """

    def __init__(self, kernel_id: str, send: Callable[[bytes], object]) -> None:
        self.id = kernel_id
        self.comms = CommManager()
        self.widgets: dict[str, Widget] = {}
        """Model id → widget."""
        self._send, self._session = send, uuid4().hex
        self._is_sending = self._is_closed = self._is_handed_over = False
        self._handling, self._sending = Lock(), Lock()
        self._handlers: dict[str, Callable[[Message], object]] = {
            "kernel_info_request": self._on_kernel_info,
            "comm_info_request": self._on_comm_info,
            "comm_open": self._on_comm_open,
            "comm_msg": self._on_comm_msg,
            "comm_close": self._on_comm_close,
        }

    def start(self) -> None:
        """Send messages from now on; what was made before is part of the page's first state."""
        self._is_sending = True

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let widgets that are made and found inside the block be this kernel's."""
        token = _ACTIVE.set(self)
        try:
            yield
        finally:
            _ACTIVE.reset(token)

    def handle(self, message: Message) -> None:
        """Answer a message of the front end; one that would run code, or is unknown, is ignored.

        One message is handled at a time.
        """
        handler = self._handlers.get(message["header"]["msg_type"])
        if handler is None:
            return
        with self._handling, self.active():
            if self._is_closed:
                return
            token = _PARENT.set(message["header"])
            try:
                self.publish("status", {"execution_state": "busy"})
                handler(message)
            except Exception:  # noqa: BLE001 - one message must not end the page
                _LOG.exception("A message of a page failed")
            finally:
                self.publish("status", {"execution_state": "idle"})
                _PARENT.reset(token)

    def publish(
        self,
        kind: str,
        content: dict[str, Any],
        *,
        metadata: dict[str, Any] | None = None,
        buffers: Any = (),  # noqa: ANN401 - whatever has a buffer
    ) -> None:
        """Send a message to the front end, as the answer to the one that is being handled."""
        with self._sending:
            if self._is_sending:
                self._send(self._message(kind, content, "iopub", metadata, buffers))

    def states(self) -> dict[str, Any]:
        """Return the state of every widget by model id, as the widgets' control protocol has it."""
        return {
            model_id: {
                "model_name": one._model_name,  # noqa: SLF001 - ipywidgets has no public name
                "model_module": one._model_module,  # noqa: SLF001
                "model_module_version": one._model_module_version,  # noqa: SLF001
                "state": one.get_state(),
            }
            for model_id, one in list(self.widgets.items())
        }

    def hand_over(self) -> dict[str, Any]:
        """Return the states for the page's HTML: the front end's first request gets none."""
        self._is_handed_over = True
        return self.states()

    def close(self) -> None:
        """Close all widgets; nothing is sent from now on."""
        with self._sending:
            self._is_sending, self._is_closed = False, True
        with self._handling, self.active():
            for one in list(self.widgets.values()):
                with suppress(Exception):  # the others must be closed, too
                    one.close()
            self.widgets.clear()
            self.comms.comms.clear()

    def _message(
        self,
        kind: str,
        content: dict[str, Any],
        channel: str,
        metadata: dict[str, Any] | None = None,
        buffers: Any = (),  # noqa: ANN401
    ) -> bytes:
        message = make_message(
            kind,
            content,
            session=self._session,
            channel=channel,
            parent=_PARENT.get(),
            metadata=metadata,
            buffers=buffers,
        )
        return encode_v1(message)

    def _reply(self, request: Message, kind: str, content: dict[str, Any]) -> None:
        channel = "control" if request.get("channel") == "control" else "shell"
        with self._sending:
            if self._is_sending:
                self._send(self._message(kind, {"status": "ok", **content}, channel))

    def _on_kernel_info(self, message: Message) -> None:
        language = {
            "name": "python",
            "version": platform.python_version(),
            "mimetype": "text/x-python",
            "file_extension": ".py",
        }
        content = {
            "protocol_version": PROTOCOL_VERSION,
            "implementation": "campaign-live",
            "implementation_version": "1",
            "language_info": language,
            "banner": "",
            "help_links": [],
        }
        self._reply(message, "kernel_info_reply", content)

    def _on_comm_info(self, message: Message) -> None:
        wanted = message["content"].get("target_name")
        targets = {
            comm_id: {"target_name": one.target_name}
            for comm_id, one in list(self.comms.comms.items())
            if wanted in {None, one.target_name}
        }
        self._reply(message, "comm_info_reply", {"comms": targets})

    def _on_comm_open(self, message: Message) -> None:
        """Open the control comm of the widgets; a front end makes no widgets."""
        content = message["content"]
        opened = PageComm(
            self,
            comm_id=str(content["comm_id"]),
            primary=False,
            target_name=str(content["target_name"]),
        )
        version = str(message["metadata"].get("version", ""))
        if opened.target_name != _CONTROL_TARGET or version.partition(".")[0] != _CONTROL_VERSION:
            opened.close()
            return
        if opened.comm_id in self.comms.comms:
            return
        self.comms.register_comm(opened)
        opened.on_msg(partial(self._on_control, opened))

    def _on_control(self, control: PageComm, message: Message) -> None:
        if message["content"].get("data", {}).get("method") != "request_states":
            return
        states, paths, buffers = _remove_buffers({} if self._is_handed_over else self.states())
        self._is_handed_over = False
        data = {"method": "update_states", "states": states, "buffer_paths": paths}
        control.send(data, buffers=buffers)

    def _on_comm_msg(self, message: Message) -> None:
        if (one := self._comm(message)) is not None:
            one.handle_msg(message)

    def _on_comm_close(self, message: Message) -> None:
        """Forget the control comm; the widgets are closed by the page only."""
        one = self._comm(message)
        if one is not None and one.target_name == _CONTROL_TARGET:
            one.forget()

    def _comm(self, message: Message) -> PageComm | None:
        comm = self.comms.comms.get(message["content"].get("comm_id"))
        return comm if isinstance(comm, PageComm) else None


class _Widgets(MutableMapping[str, Widget]):
    """The widgets of the active kernel; without one, those of the process."""

    def __init__(self, others: MutableMapping[str, Widget]) -> None:
        self._others = others

    def _own(self) -> MutableMapping[str, Widget]:
        kernel = _ACTIVE.get()
        return self._others if kernel is None else kernel.widgets

    def __getitem__(self, model_id: str) -> Widget:
        return self._own()[model_id]

    def __setitem__(self, model_id: str, one: Widget) -> None:
        self._own()[model_id] = one

    def __delitem__(self, model_id: str) -> None:
        del self._own()[model_id]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._own()))

    def __len__(self) -> int:
        return len(self._own())


def install() -> None:
    """Let ipywidgets in this process use the active kernel; a second call changes nothing."""
    if isinstance(widgets_of_process._instances, _Widgets):  # noqa: SLF001 - there is no public name
        return
    create, manager = comm.create_comm, comm.get_comm_manager

    def create_comm(**more: Any) -> BaseComm:  # noqa: ANN401 - as in the package
        kernel = _ACTIVE.get()
        return create(**more) if kernel is None else PageComm(kernel, **more)

    def get_comm_manager() -> CommManager:
        kernel = _ACTIVE.get()
        return manager() if kernel is None else kernel.comms

    comm.create_comm, comm.get_comm_manager = create_comm, get_comm_manager
    widgets_of_process._instances = _Widgets(widgets_of_process._instances)  # noqa: SLF001
