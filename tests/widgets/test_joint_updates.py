"""Changes of several widgets as one message."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from campaign_live_widgets.widgets import JointUpdates
from campaign_live_widgets.widgets.views.kpi import Figures
from campaign_live_widgets.widgets.views.table import Grid

if TYPE_CHECKING:
    from collections.abc import Callable

Messages = list[tuple[dict[str, Any], list[object]]]


@pytest.fixture
def messages() -> Messages:
    return []


@pytest.fixture
def updates(messages: Messages) -> JointUpdates:
    return JointUpdates(lambda content, buffers: messages.append((content, buffers)))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Note the messages that are not sent together."""
    sent: list[object] = []
    record: Callable[..., None] = lambda _widget, message, **_: sent.append(message)  # noqa: E731
    monkeypatch.setattr("ipywidgets.Widget._send", record)
    return sent


def test_changes_are_one_message_with_the_last_values(
    updates: JointUpdates, messages: Messages, alone: list[object]
) -> None:
    cards, grid = Figures(), Grid()
    del alone[:]
    with updates.together():
        cards.counts = [1]
        with updates.together():
            grid.counts = np.array([1, 2], dtype=np.uint8)
        cards.counts = [2]
        assert messages == []
    [(content, buffers)] = messages
    assert alone == []
    assert content["type"] == "update"
    assert content["states"][cards.model_id] == {"counts": [2]}
    assert content["states"][grid.model_id]["counts"]["value"] is None
    assert content["paths"] == [[grid.model_id, "counts", "value"]]
    assert bytes(buffers[0]) == b"\x01\x02"  # type: ignore[call-overload]


def test_changes_of_a_widget_that_is_made_in_a_block_are_sent_at_once(
    updates: JointUpdates, messages: Messages, alone: list[object]
) -> None:
    with updates.together():
        cards = Figures()
        del alone[:]
        cards.add_class("clw-kpis")
        assert [message["state"]["_dom_classes"][-1] for message in alone] == ["clw-kpis"]  # type: ignore[index]
    assert messages == []
    with updates.together():
        cards.counts = [1]
    [(content, _)] = messages
    assert content["states"] == {cards.model_id: {"counts": [1]}}


def test_outside_of_a_block_a_change_is_sent_at_once(
    updates: JointUpdates, messages: Messages, alone: list[object]
) -> None:
    cards = Figures()
    del alone[:]
    with updates.together():
        other = Thread(target=lambda: cards.set_trait("counts", [1]))
        other.start()
        other.join()
        assert len(alone) == 1
    cards.counts = [2]
    assert len(alone) == 2
    assert messages == []


def test_what_was_changed_is_sent_when_the_block_fails(
    updates: JointUpdates, messages: Messages
) -> None:
    cards = Figures()

    def fail() -> None:
        with updates.together():
            cards.counts = [1]
            raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        fail()
    assert messages[0][0]["states"] == {cards.model_id: {"counts": [1]}}


def test_a_page_that_missed_updates_gets_the_values_of_now(
    updates: JointUpdates, messages: Messages
) -> None:
    updates.repeat()
    assert messages == []
    cards, grid = Figures(), Grid()
    with updates.together():
        cards.counts = [1]
        cards.shares = [0.5]
        grid.finished = 3
    cards.counts = [7]
    grid.close()
    updates.repeat()
    assert messages[1][0]["states"] == {cards.model_id: {"counts": [7], "shares": [0.5]}}
