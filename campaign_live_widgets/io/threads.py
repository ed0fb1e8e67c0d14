"""Threads that belong to the page which starts them."""

from __future__ import annotations

from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def page_thread(target: Callable[[], object], name: str) -> Thread:
    """Return a daemon thread, not started, that runs *target* in the caller's context.

    Where many pages share a process, the context names the page whose widgets are used.
    """
    return Thread(target=copy_context().run, args=(target,), name=name, daemon=True)
