"""Changes of many widgets, sent to the page as one message and painted in one frame.

ipywidgets sends a message for each widget that changes; the page may paint between two of them.
Inside ``with updates.together():`` the widgets of this package only note what has changed, and
the block's end sends it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from ipywidgets import Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Changes = Mapping[Widget, Iterable[str]]


@dataclass(slots=True)
class _Block:
    """What has changed in a block, and the widgets that were made in it."""

    changes: dict[Widget, set[str]] = field(default_factory=dict)
    made: set[Widget] = field(default_factory=set)


_block: Final[ContextVar[_Block | None]] = ContextVar("block", default=None)
"""The block that this thread is in."""


class Joint(Widget):
    """A widget whose changes may be sent together with those of others.

    One that is made in a block sends its changes at once: a view that the page makes of it
    meanwhile must find its classes, which a view of anywidget reads only once.
    """

    def open(self) -> None:
        """Make the widget's model in the page."""
        super().open()
        if (block := _block.get()) is not None:
            block.made.add(self)

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send the state, or the traits of these names, now or at the end of the block."""
        block = _block.get()
        if block is None or self.comm is None or self in block.made:
            super().send_state(key)
            return
        names = self.keys if key is None else (key,) if isinstance(key, str) else key
        if names:
            block.changes.setdefault(self, set()).update(names)


class JointUpdates:
    """Sends the changes of a page's widgets as one message.

    Parameters
    ----------
    send : callable
        Sends a custom message and its buffers to the page, which applies them with
        ``joint_updates.js``.
    """

    def __init__(self, send: Callable[[dict[str, Any], list[object]], object]) -> None:
        self._send = send
        self._lock = RLock()
        self._sent = WeakKeyDictionary[Widget, set[str]]()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what changes inside of the outermost block of this thread at its end."""
        if _block.get() is not None:
            yield
            return
        block = _Block()
        token = _block.set(block)
        try:
            yield
        finally:
            _block.reset(token)
            with self._lock:
                for widget, names in block.changes.items():
                    self._sent.setdefault(widget, set()).update(names)
                self._send_values(block.changes)

    def repeat(self) -> None:
        """Send the current values of everything sent until now: a page may have missed some."""
        with self._lock:
            self._send_values(dict(self._sent))

    def _send_values(self, changes: Changes) -> None:
        states = {
            widget.model_id: widget.get_state(names)
            for widget, names in changes.items()
            if widget.comm is not None
        }
        if states:
            paths: list[list[object]] = []
            buffers: list[object] = []
            content = {"type": "update", "states": _split(states, (), paths, buffers)}
            self._send({**content, "paths": paths}, buffers)


def _split(
    value: Any,  # noqa: ANN401 - the value of any trait
    path: tuple[object, ...],
    paths: list[list[object]],
    buffers: list[object],
) -> Any:  # noqa: ANN401
    """Return a value without its binary parts, which are added to *buffers*."""
    if isinstance(value, bytes | bytearray | memoryview):
        paths.append(list(path))
        buffers.append(value)
        return None
    if isinstance(value, dict):
        return {k: _split(v, (*path, k), paths, buffers) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_split(v, (*path, i), paths, buffers) for i, v in enumerate(value)]
    return value
