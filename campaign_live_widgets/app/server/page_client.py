"""The web server's side of the socket to the page hosts."""

from __future__ import annotations

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.app.pages.frames import pack, read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

_RETRIES: Final = (0.1, 0.3, 1.0, 2.0, 4.0)
"""Seconds before each further attempt to ask a page host, which is started again meanwhile."""

_STATUS_SECONDS: Final = 2.0
"""How long a page host may take to return its figures."""


class HostGoneError(ConnectionError):
    """A page host that does not answer."""


class PageClient:
    """Asks the page hosts of this server.

    Parameters
    ----------
    sockets : sequence of str
        The path of each host's socket, in the order of the hosts' numbers.

    Attributes
    ----------
    outcomes : dict
        How many requests for a page were ``opened``, ``full``, ``failed`` or ``unanswered``.
    """

    def __init__(self, sockets: Sequence[str]) -> None:
        self._sockets = tuple(sockets)
        self._turns = count()
        self.outcomes = dict.fromkeys(("opened", "full", "failed", "unanswered"), 0)

    async def open(self, address: str, user: str | None) -> dict[str, Any]:
        """Open a page in the next host that has room; return its answer.

        Raises
        ------
        HostGoneError
            If the host does not answer.
        """
        try:
            answer = await self._open({"do": "open", "address": address, "user": user})
        except HostGoneError:
            self.outcomes["unanswered"] += 1
            raise
        failed = "failed" if "error" in answer else "opened"
        self.outcomes["full" if "full" in answer else failed] += 1
        return answer

    async def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        first, answer = next(self._turns), {"full": True}
        for i in range(len(self._sockets)):
            answer = await self._ask((first + i) % len(self._sockets), request)
            if "full" not in answer:
                break
        return answer

    async def find(self, page_id: str, user: str | None) -> bool:
        """Return whether a page of *user* is there."""
        return "gone" not in await self._ask_for(page_id, {"do": "find", "user": user})

    async def close(self, page_id: str, user: str | None) -> None:
        """Close a page, if it is there."""
        await self._ask_for(page_id, {"do": "close", "user": user})

    async def statuses(self) -> list[dict[str, Any]]:
        """Return the figures of all hosts."""
        answers = (self._ask(i, {"do": "status"}) for i in range(len(self._sockets)))
        return await asyncio.gather(*answers)

    async def figures(self) -> list[dict[str, Any] | None]:
        """Return the figures of each host; ``None`` for one that does not answer soon."""
        return await asyncio.gather(*(self._figures_of(i) for i in range(len(self._sockets))))

    async def _figures_of(self, number: int) -> dict[str, Any] | None:
        try:
            return await asyncio.wait_for(self._ask(number, {"do": "status"}), _STATUS_SECONDS)
        except (HostGoneError, TimeoutError):
            return None

    async def attach(
        self, page_id: str, user: str | None, protocol: str
    ) -> tuple[StreamReader, StreamWriter] | None:
        """Return the streams of a page's messages; ``None`` if there is no such page.

        Raises
        ------
        HostGoneError
            If its host does not answer.
        """
        number = self._host_of(page_id)
        if number is None:
            return None
        request = {"do": "attach", "page": page_id, "user": user, "protocol": protocol}
        try:
            reader, writer = await asyncio.open_unix_connection(self._sockets[number])
            writer.write(pack(request))
            answer = await read_frame(reader)
        except (OSError, IncompleteReadError) as error:
            raise HostGoneError(number) from error
        if answer:
            writer.close()
            return None
        return reader, writer

    def _host_of(self, page_id: str) -> int | None:
        """Return the number of the host that has given a page its id."""
        digits = page_id[-2:]
        number = int(digits) if digits.isdecimal() and digits.isascii() else len(self._sockets)
        return number if number < len(self._sockets) else None

    async def _ask_for(self, page_id: str, request: dict[str, Any]) -> dict[str, Any]:
        number = self._host_of(page_id)
        if number is None:
            return {"gone": True}
        return await self._ask(number, request | {"page": page_id})

    async def _ask(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        for pause in (*_RETRIES, None):
            try:
                reader, writer = await asyncio.open_unix_connection(self._sockets[number])
                try:
                    writer.write(pack(request))
                    answer = await read_frame(reader)
                finally:
                    writer.close()
            except (OSError, IncompleteReadError):
                if pause is None:
                    break
                await asyncio.sleep(pause)
            else:
                if isinstance(answer, dict):
                    return answer
                break
        raise HostGoneError(number)
