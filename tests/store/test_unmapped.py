"""Rows that were acknowledged and could not be mapped: kept, mapped later, each once."""

from __future__ import annotations

import errno
import json
import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store, check
from campaign_live_widgets.store import retry as retry_module
from campaign_live_widgets.store import unmapped as unmapped_module
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cli import Command

MAPPING = """
[[rule]]
format = "sendgrid"

[rule.columns]
campaign_id = "subject"
"""
OTHER = MAPPING.replace('"subject"', '{ value = "other" }')


def posted(key: str, **more: str) -> dict[str, Any]:
    """Return an event of SendGrid's that names no campaign."""
    return {
        "sg_event_id": key,
        "sg_message_id": "x",
        "event": "processed",
        "email": f"{key}@example.com",
        "timestamp": int(AT.timestamp()) - 60,
        "subject": "spring-sale",
        **more,
    }


def receive(folder: Path, *rows: dict[str, Any], mapping: Path | None = None) -> None:
    with Store.open(folder, mapping) as store:
        store.append(rows, format="sendgrid", name="sendgrid", keeps_rejected=True)


def numbers(folder: Path, campaign: str | None = "spring-sale") -> tuple[int, int]:
    """Return how many messages were sent, and how many rows are rejected."""
    rollup = open_rollup(folder, campaign, at=AT)
    report = to_json(rollup.snapshot(at=AT, window=timedelta(hours=1)))
    rollup.close()
    sent = sum(row[1] for row in report["widgets"]["email.metrics_by_message"]["rows"])
    return sent, report["health"]["rejected"]


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    return path


def files_of(folder: Path) -> list[Path]:
    return sorted((folder / "_unmapped").glob("*")) if (folder / "_unmapped").is_dir() else []


def test_rows_are_kept_for_their_owner_and_mapped_once(tmp_path: Path, mapping: Path) -> None:
    folder = tmp_path / "store"
    receive(folder, posted("a", category="known"), posted("b"), posted("c"))
    receive(folder, posted("d"), posted("e", event="nonsense"))
    assert numbers(folder, "known") == (1, 4)
    (file,) = {path.parent for path in files_of(folder)} and files_of(folder)[:1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert check(folder).remarks == ["4 rows wait for a mapping; see campaign-live ingest --retry"]
    with Store.open(folder, mapping) as store:
        result = store.retry()
    assert (result.events, result.duplicates, result.waiting) == (3, 0, 1)
    assert result.cause == "unknown event 'nonsense'"
    assert numbers(folder) == (3, 1)
    assert "d@" not in "".join(path.read_text() for path in files_of(folder))
    with Store.open(folder, mapping) as store:
        again = store.retry()
    assert (again.events, again.waiting) == (0, 1)
    assert numbers(folder) == (3, 1)
    assert check(folder).problems == []


def test_only_receivers_keep_rows(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with Store.open(folder) as store:
        store.append([posted("a")], format="sendgrid")
    assert files_of(folder) == []


@pytest.mark.parametrize("step", ["_count_as_mapped", "replace"])
def test_a_retry_that_is_cut_off_is_finished_by_the_next(
    tmp_path: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    folder = tmp_path / "store"
    receive(folder, posted("a"), posted("b"))
    receive(folder, posted("c", event="nonsense"))

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    owner = retry_module if step.startswith("_") else unmapped_module.UnmappedRows
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, stop)
        with Store.open(folder, mapping) as store, pytest.raises(KeyboardInterrupt):
            store.retry()
    other = tmp_path / "other.toml"
    other.write_text(OTHER)
    with Store.open(folder, other) as store, pytest.raises(StoreError, match="another mapping"):
        store.retry()
    receive(folder, posted("d"))
    with Store.open(folder, mapping) as store:
        assert store.retry().waiting == 1
    assert numbers(folder) == (3, 1)
    assert len(files_of(folder)) == 1


def test_oldest_rows_make_room_and_old_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, now = tmp_path / "store", [AT.timestamp()]
    monkeypatch.setattr(unmapped_module, "_FILE_BYTES", 1)
    monkeypatch.setattr(unmapped_module, "MOST_BYTES", 2_000)
    forgotten = 0
    with Store(folder, clock=lambda: now[0]) as store:
        for number in range(20):
            now[0] += 1
            rows = [posted(f"r{number}", event="nonsense")]
            appended = store.append(rows, format="sendgrid", keeps_rejected=True)
            forgotten += appended.forgotten
        left = [path.read_text() for path in files_of(folder)]
        assert sum(map(len, left)) <= 2_000
        assert len(left) + forgotten == 20
        assert "r19@" in left[-1]
        now[0] += 31 * 86_400
        assert store.retry().waiting == 0
    assert files_of(folder) == []
    assert numbers(folder, None) == (0, 20)


def test_command_maps_what_waits(tmp_path: Path, mapping: Path, run_cli: Command) -> None:
    folder = tmp_path / "store"
    receive(folder, posted("a"), posted("b", event="nonsense"))
    done = run_cli("ingest", "--retry", "--into", folder, "--mapping", mapping, "--format", "json")
    assert json.loads(done.out) == {
        "events": 1,
        "duplicates": 0,
        "ignored": 0,
        "waiting": 1,
        "cause": "unknown event 'nonsense'",
    }
    assert "still waiting: unknown event" in done.err
    assert "@" not in done.out + done.err
    for wrong in (("--into", folder), ("exports", "--retry", "--into", folder)):
        assert run_cli("ingest", *wrong).code == 2
    assert run_cli("ingest", "--retry", "--into", tmp_path / "none").code == 3
    assert not os.path.exists(tmp_path / "none")


def test_rows_after_a_write_that_failed_are_whole(
    tmp_path: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, sync = tmp_path / "store", os.fsync

    def half(descriptor: int) -> None:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            sync(descriptor)
            return
        os.truncate(descriptor, os.fstat(descriptor).st_size - 9)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Store.open(folder) as store:
        with monkeypatch.context() as patch:
            patch.setattr(unmapped_module.os, "fsync", half)
            with pytest.raises(StoreError, match="No space left"):
                store.append([posted("a")], format="sendgrid", keeps_rejected=True)
        store.append([posted("a")], format="sendgrid", keeps_rejected=True)
    with Store.open(folder, mapping) as store:
        assert store.retry().events == 1
    assert numbers(folder) == (1, 0)
