"""Answers that several clients share: each is made once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.app.reader.messages.codec import encode_answer
from campaign_live_widgets.snapshot import EPOCH, MINUTE

if TYPE_CHECKING:
    from datetime import datetime

    from campaign_live_widgets.app.reader.answer_maker import AnswerMaker
    from campaign_live_widgets.app.reader.messages.codec import Question

_PATIENCE: Final = 1.0
"""Seconds that a question waits for counts that are being changed, if it was answered before."""
_KEPT: Final = 256
"""answers that are kept..."""
_KEPT_BYTES: Final = 32 << 20
"""...in at most that many bytes."""


class _Made(NamedTuple):
    body: bytes
    number: int
    start: datetime
    end: datetime

    def fits(self, now: datetime, number: int) -> bool:
        """Return whether it is the answer at a moment, from counts that are new enough."""
        return self.number >= number and self.start <= now < self.end


class Answers:
    """Makes each answer once for all clients with the same question; used in the server's loop.

    Parameters
    ----------
    maker : AnswerMaker
    epoch : str
        The first part of the version of each answer.

    Attributes
    ----------
    made, shared : int
        How many answers were made, and how many were sent again.
    """

    def __init__(self, maker: AnswerMaker, epoch: str) -> None:
        self._maker, self._epoch = maker, epoch
        self._kept: OrderedDict[Question, _Made] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Question, int], asyncio.Task[_Made]] = {}
        self._thread = ThreadPoolExecutor(1, "campaign-live-answers")
        self.made = self.shared = 0

    def close(self) -> None:
        """End the thread that makes answers."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def body(self, question: Question, now: datetime) -> bytes:
        """Return the encoded answer to a question about a campaign that is counted.

        While counts are being changed for long, that is the last answer to the same question, also
        if a minute has ended since.
        """
        number = self._maker.number
        saved = self._kept.get(question)
        if saved is not None and saved.fits(now, number):
            self._kept.move_to_end(question)
            self.shared += 1
            return saved.body
        key = (question, (now - EPOCH) // MINUTE)
        patience = None if saved is None else _PATIENCE
        try:
            if key in self._making:
                made = await asyncio.wait_for(asyncio.shield(self._making[key]), patience)
                if made.fits(now, number):
                    self.shared += 1
                    return made.body
            made = await asyncio.wait_for(asyncio.shield(self._start(key, now)), patience)
        except TimeoutError:
            assert saved is not None  # noqa: S101 - else there is no limit
            return saved.body
        return made.body

    def _start(self, key: tuple[Question, int], now: datetime) -> asyncio.Task[_Made]:
        task = self._making[key] = asyncio.ensure_future(self._make(key[0], now))

        def end(_task: asyncio.Task[_Made]) -> None:
            if self._making.get(key) is task:
                del self._making[key]
            if not task.cancelled():
                task.exception()  # those who wait for it raise it

        task.add_done_callback(end)
        return task

    async def _make(self, question: Question, now: datetime) -> _Made:
        loop = asyncio.get_running_loop()
        made = await loop.run_in_executor(self._thread, self._encode, question, now)
        self.made += 1
        self._keep(question, made)
        return made

    def _encode(self, question: Question, now: datetime) -> _Made:
        answer, number = self._maker.snapshot(question, now)
        body = encode_answer(answer._replace(version=f"{self._epoch}-{number}"))
        return _Made(body, number, answer.valid_from, answer.valid_until)

    def _keep(self, question: Question, made: _Made) -> None:
        """Keep an answer, the last one to each question."""
        old = self._kept.pop(question, None)
        self._bytes += len(made.body) - (len(old.body) if old else 0)
        self._kept[question] = made
        while self._kept and (len(self._kept) > _KEPT or self._bytes > _KEPT_BYTES):
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)
