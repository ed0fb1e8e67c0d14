"""The queue of one browser: in order, bounded, and the end of a browser that reads nothing."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest

from campaign_live_widgets.app.pages.frames import read_frame
from campaign_live_widgets.app.pages.messages import (
    V1,
    InvalidMessageError,
    decode,
    encode,
    encode_v1,
    make_message,
)
from campaign_live_widgets.app.pages.viewer import LONGEST_QUEUE, Viewer

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import AsyncIterator

    from campaign_live_widgets.app.pages.messages import Message


def message(text: str, *buffers: object) -> Message:
    content = {"comm_id": "c", "data": {"text": text}}
    return make_message("comm_msg", content, session="s", channel="iopub", buffers=buffers)


@asynccontextmanager
async def viewing(protocol: str) -> AsyncIterator[tuple[Viewer, StreamReader]]:
    """Yield a viewer that sends, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    reader, far = await asyncio.open_connection(sock=theirs)
    _, writer = await asyncio.open_connection(sock=ours)
    viewer = Viewer(writer, protocol)
    sending = asyncio.create_task(viewer.run())
    try:
        yield viewer, reader
    finally:
        sending.cancel()
        far.close()
        writer.close()


@pytest.mark.parametrize("protocol", [V1, ""])
def test_messages_come_in_order_with_their_buffers(protocol: str) -> None:
    numbers = np.arange(6, dtype="float32").reshape(2, 3)
    empty = np.zeros((0, 2), dtype="int32")

    async def texts() -> list[tuple[str, list[bytes]]]:
        async with viewing(protocol) as (viewer, reader):
            for i in range(300):
                viewer.send(encode_v1(message(f"é{i}", numbers, empty)))
            frames = [await read_frame(reader) for _ in range(300)]
            assert viewer.waiting == 0
        got = [decode(frame, protocol) for frame in frames]  # type: ignore[arg-type]
        return [(m["content"]["data"]["text"], [bytes(b) for b in m["buffers"]]) for m in got]

    assert asyncio.run(texts()) == [(f"é{i}", [numbers.tobytes(), b""]) for i in range(300)]


def test_a_browser_that_reads_nothing_is_disconnected() -> None:
    frame = encode_v1(message("x", bytes(1 << 20)))

    async def sent() -> int:
        async with viewing(V1) as (viewer, reader):
            count = 0
            while not viewer.is_closed:
                viewer.send(frame)
                await asyncio.sleep(0)
                count += 1
                assert count < 100, "its queue is not bounded"
            assert viewer.waiting == 0
            viewer.send(frame)
            assert viewer.waiting == 0, "nothing is kept for a closed connection"
            received = await reader.read()
            assert len(received) < count * len(frame)
            return count

    assert asyncio.run(sent()) >= LONGEST_QUEUE // len(frame)


@pytest.mark.parametrize(
    "frame",
    [
        *("", "[]", "{", "1", '{"header": 1}', '{"header": {}}', '{"header": {"msg_type": 3}}'),
        '{"header": {"msg_type": "x"}, "content": []}',
        *(b"", b"\x00" * 7, b"\xff" * 64, bytes(16), (2).to_bytes(8, "little") * 3),
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("protocol", [V1, ""])
def test_a_frame_that_is_no_message_is_refused(frame: str | bytes, protocol: str) -> None:
    with pytest.raises(InvalidMessageError):
        decode(frame, protocol)


@pytest.mark.parametrize("protocol", [V1, ""])
def test_a_message_survives_both_ways(protocol: str) -> None:
    for buffers in ((), (b"", b"abc", bytes(9))):
        made = message('quote " and ]]> \u2028', *buffers)
        made["content"]["data"]["nan"] = float("nan")
        read = decode(encode(made, protocol), protocol)
        expected = json.loads(json.dumps(made["content"]).replace("NaN", '"nan"'))
        assert read["content"] == expected
        assert read["header"] == made["header"]
        assert [bytes(b) for b in read["buffers"]] == list(buffers)
