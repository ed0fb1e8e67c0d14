"""A rollup that starts from a saved state has the numbers of one that reads the source."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import FileRollup, new_rollup, open_rollup
from campaign_live_widgets.engine.saved_state import folder, state_file
from campaign_live_widgets.engine.saved_state.keeper import StateKeeper
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store
from tests.report.test_conformance import mapped
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import wanted_of

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

    Row = dict[str, Any]

pytestmark = pytest.mark.usefixtures("matrix")

CAMPAIGN = "c1"
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")


def numbers(rollup: Rollup, campaign: str | None = None) -> Row:
    counts = rollup.counts_of(campaign)
    data = to_json(counts.snapshot(at=AT, window=WINDOWS["30d"]))
    data["past"] = to_json(counts.snapshot(at=AT - WINDOWS["24h"], window=WINDOWS["24h"]))
    data["rejects"] = sorted(str(reject) for reject in data.get("rejects", []))
    return data


def without_gone(data: Row) -> Row:
    """Return numbers without the events that are gone: a first read knows none."""
    for part in (data, data["past"]):
        part["health"].pop("gone", None)
    return data


def fresh(source: Path, campaign: str | None = CAMPAIGN) -> Row:
    with closing(open_rollup(source, campaign)) as rollup:
        return without_gone(numbers(rollup))


def resumed(source: Path, state: Path, campaign: str | None = CAMPAIGN) -> FileRollup:
    rollup = new_rollup(source, campaign, state=state)
    rollup.refresh()
    assert isinstance(rollup, FileRollup)
    return rollup


def save(source: Path, state: Path, *campaigns: str) -> Path:
    """Read a source, save what is known, and return the state's file."""
    with closing(resumed(source, state)) as rollup:
        numbers(rollup)
        for campaign in campaigns:
            numbers(rollup, campaign)
        assert rollup.save(wait=True)
    (file,) = state.iterdir()
    return file


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "states"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.mkdir()
    return path


@pytest.mark.parametrize("form", files.FORMS)
def test_it_goes_on_from_where_it_was(source: Path, state: Path, form: str) -> None:
    rows = generate.events(71, 150)
    parts = files.split(rows, 3, seed=71)
    for number, part in enumerate(parts[:2]):
        files.write(part, source / f"{number}.{form}")
    save(source, state, "c2")
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(new_rollup(source, CAMPAIGN, state=state)) as rollup,
    ):
        patch.setattr(FileRollup, "_count_slices", lambda *_: pytest.fail("a file was read"))
        assert rollup.refresh()
        assert rollup.holds("c2")
        assert numbers(rollup) == fresh_numbers(patch, source, CAMPAIGN)
        assert numbers(rollup, "c2") == fresh_numbers(patch, source, "c2")
    for number, part in enumerate(parts[2:], start=2):
        files.write(part, source / f"{number}.{form}")
        with closing(resumed(source, state)) as rollup:
            assert without_gone(numbers(rollup)) == fresh(source)
            wanted = wanted_of(
                mapped([row for part in parts[: number + 1] for row in part]), "30d", tests=False
            )
            assert numbers(rollup)["widgets"] == wanted["widgets"]
            rollup.save(wait=True)


def fresh_numbers(patch: pytest.MonkeyPatch, source: Path, campaign: str) -> Row:
    patch.undo()
    with closing(open_rollup(source, campaign)) as rollup:
        return numbers(rollup)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_file_that_has_grown_is_read_from_where_it_ended(
    source: Path, state: Path, form: str
) -> None:
    rows = generate.events(72, 300)
    text = files.csv_text(rows) if form == "csv" else files.ndjson_text(rows)
    lines = text.splitlines(keepends=True)
    file = source / f"events.{form}"
    file.write_text("".join(lines[:150]))
    save(source, state)
    with file.open("a") as stream:
        stream.write("".join(lines[150:]))
    with closing(resumed(source, state)) as rollup:
        assert rollup._tail.files[str(file)].read.lines > 200
        assert without_gone(numbers(rollup)) == fresh(source)


@pytest.mark.parametrize("change", ["replaced", "cut", "deleted", "renamed", "touched"])
@pytest.mark.parametrize("form", ["parquet", "ndjson", "csv.gz"])
def test_files_that_were_changed_since_are_counted_again(
    source: Path, state: Path, form: str, change: str
) -> None:
    rows = generate.events(73, 300)
    file = files.write(rows[:200], source / f"a.{form}")
    files.write(rows[200:], source / "b.csv")
    save(source, state)
    if change == "replaced":
        files.write(rows[50:250], file)
    elif change == "cut":
        content = file.read_bytes()
        cut = content.index(b"\n", len(content) // 2) + 1 if form == "ndjson" else 0
        file.write_bytes(content[:cut])
    elif change == "deleted":
        file.unlink()
    elif change == "renamed":
        file.rename(source / f"c.{form}")
    else:
        os.utime(file, (1_700_000_000, 1_700_000_000))
    with closing(resumed(source, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(source)


def test_events_that_are_gone_are_known_after_a_restart(source: Path, state: Path) -> None:
    rows = list({row["event_id"]: row for row in generate.events(74, 300, faults=False)}.values())
    files.write(rows[:100], source / "a.csv")
    files.write(rows[100:200], source / "b.csv")
    save(source, state)
    (source / "a.csv").unlink()
    with closing(resumed(source, state)) as rollup:
        assert rollup.health.gone == 100
        assert rollup.save(wait=True)
    files.write(rows[200:], source / "c.csv")
    with closing(resumed(source, state)) as rollup:
        assert rollup.health.gone == 100
        rollup.recount()
        assert rollup.health.gone == 0
        assert rollup.save(wait=True)
    with closing(resumed(source, state)) as rollup:
        assert rollup.health.gone == 0


def blocks(file: Path) -> dict[str, tuple[int, int]]:
    """Return where the head and each array of a state begin, and how long they are."""
    start = state_file._START.size
    with file.open("rb") as stream:
        _, length, _ = state_file._START.unpack(stream.read(start))
        head = json.loads(stream.read(length))
    first = file.stat().st_size - head["size"]
    _, arrays = state_file.read_state(file)
    places = {"start": (0, start), "head": (start, length)}
    for name, column in arrays.items():
        if len(column):
            place = first + head["blocks"][name][0]
            assert file.read_bytes()[place : place + column.nbytes] == column.tobytes()
            places[name] = (place, column.nbytes)
    return places


def test_one_changed_bit_anywhere_means_reading_the_source(source: Path, state: Path) -> None:
    files.write(generate.events(75, 300), source / "events.parquet")
    files.write(generate.events(75, 300)[:50], source / "again.parquet")
    file = save(source, state, "c2")
    content, wanted, rng = file.read_bytes(), fresh(source), random.Random(75)  # noqa: S311
    kinds = {name.rstrip("0123456789.") for name in blocks(file)}
    assert {"seen.sorted", "repeats.positions", "held0.entered.links0-1.minute"} & kinds
    for name, (start, length) in blocks(file).items():
        for _ in range(2):
            changed = bytearray(content)
            changed[start + rng.randrange(length)] ^= 1 << rng.randrange(8)
            file.write_bytes(changed)
            with pytest.raises(state_file.UnusableStateError):
                state_file.read_state(file)
        if name in ("start", "head", "seen.sorted0.0"):
            with closing(resumed(source, state)) as rollup:
                assert without_gone(numbers(rollup)) == wanted


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.999])
def test_a_state_that_was_cut_means_reading_the_source(
    source: Path, state: Path, share: float
) -> None:
    files.write(generate.events(76, 200), source / "events.csv")
    file = save(source, state)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with closing(resumed(source, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(source)
        assert rollup.save(wait=True)
    assert len(file.read_bytes()) == len(content)


@pytest.mark.parametrize("part", ["format", "counting", "duckdb", "probe", "source"])
def test_a_state_of_another_kind_is_not_used(
    source: Path, state: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    files.write(generate.events(77, 100), source / "events.csv")
    own = folder.guard
    with monkeypatch.context() as patch:
        module = "campaign_live_widgets.engine.duckdb.resumable_rollup.guard"
        patch.setattr(module, lambda *args: own(*args) | {part: "another"})
        file = save(source, state)
    changed = files.write(generate.events(78, 100), source / "more.csv")
    with closing(new_rollup(source, CAMPAIGN, state=state)) as rollup:
        assert isinstance(rollup, FileRollup)
        assert rollup._keeper is not None
        assert rollup._keeper.load() is None
        rollup.refresh()
        assert without_gone(numbers(rollup)) == fresh(source)
    assert file.exists()
    assert changed.exists()


def test_the_state_of_one_source_is_not_that_of_another(tmp_path: Path, state: Path) -> None:
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        files.write(generate.events(79 + number, 100), tmp_path / name / "events.csv")
        with closing(resumed(tmp_path / name, state)) as rollup:
            assert rollup.save(wait=True)
    assert len(list(state.iterdir())) == 2
    for name in ("one", "two"):
        with closing(resumed(tmp_path / name, state)) as rollup:
            assert without_gone(numbers(rollup)) == fresh(tmp_path / name)


@POSIX
def test_only_the_owner_can_read_a_state(source: Path, state: Path) -> None:
    files.write(generate.events(80, 50), source / "events.csv")
    file = save(source, state)
    assert file.stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    file.chmod(0o660)
    with pytest.raises(state_file.UnusableStateError):
        state_file.read_state(file)
    assert str(source) not in file.name


def test_the_newest_campaign_is_chosen_again(source: Path, state: Path) -> None:
    row = generate.event(random.Random(81), 1, AT.replace(hour=8))  # noqa: S311
    files.write([row | {"event_id": "1", "campaign_id": "old"}], source / "a.csv")
    with closing(resumed(source, state, None)) as rollup:
        assert rollup.campaign == "old"
        assert rollup.save(wait=True)
    newer = {"event_id": "2", "campaign_id": "new", "timestamp": AT.replace(hour=9)}
    files.write([row | newer], source / "b.csv")
    with closing(resumed(source, state, None)) as rollup:
        assert rollup.campaign == "new"
        assert numbers(rollup) == numbers(open_rollup(source))


def test_a_campaign_that_was_not_held_is_counted(source: Path, state: Path) -> None:
    files.write(generate.events(82, 200), source / "events.parquet")
    save(source, state)
    with closing(resumed(source, state, "c2")) as rollup:
        assert rollup.campaign == "c2"
        assert without_gone(numbers(rollup)) == fresh(source, "c2")


def test_a_state_is_written_now_and_then(source: Path, state: Path) -> None:
    files.write(generate.events(83, 50), source / "a.csv")
    with closing(resumed(source, state)) as rollup:
        assert rollup.save(wait=True)
        assert not rollup.save(wait=True)
        files.write(generate.events(84, 50), source / "b.csv")
        rollup.refresh()
        assert not rollup.save()
        assert rollup.save(wait=True)
    with closing(resumed(source, state)) as rollup:
        assert not rollup.save(wait=True)


def test_without_a_folder_nothing_is_saved(source: Path, tmp_path: Path) -> None:
    files.write(generate.events(85, 50), source / "a.csv")
    with closing(open_rollup(source)) as rollup:
        assert not rollup.save(wait=True)
    assert [path.name for path in tmp_path.iterdir()] == ["events"]


def test_a_folder_that_cannot_be_written_to_is_no_error(source: Path, tmp_path: Path) -> None:
    files.write(generate.events(86, 50), source / "a.csv")
    (tmp_path / "file").write_text("")
    with closing(resumed(source, tmp_path / "file" / "states")) as rollup:
        assert rollup.save(wait=True)
        assert without_gone(numbers(rollup)) == fresh(source)


_SAVE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from campaign_live_widgets.engine import new_rollup
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
rollup = new_rollup(sys.argv[1], "c1", state=Path(sys.argv[2]))
rollup.refresh()
rollup.save(wait=True)
"""
_MAP = """
import sys
from pathlib import Path
from campaign_live_widgets.engine import new_rollup
rollup = new_rollup(sys.argv[1], "c1", state=Path(sys.argv[2]))
rollup.refresh()
print([line.split()[1] for line in open("/proc/self/maps") if line.strip().endswith(".state")])
"""


@POSIX
@pytest.mark.usefixtures("processes")
def test_a_process_killed_while_it_writes_leaves_the_earlier_state(
    source: Path, state: Path
) -> None:
    files.write(generate.events(87, 100), source / "a.csv")
    file = save(source, state)
    content = file.read_bytes()
    files.write(generate.events(88, 100), source / "b.csv")
    command = [sys.executable, "-c", _SAVE_AND_DIE, str(source), str(state)]
    assert subprocess.run(command, check=False).returncode < 0  # noqa: S603 - ours
    assert file.read_bytes() == content
    (left,) = (path for path in state.iterdir() if path != file)
    assert left.stat().st_mode & 0o777 == 0o600
    os.utime(left, (0, 0))
    with closing(resumed(source, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(source)
        assert rollup.save(wait=True)
    assert list(state.iterdir()) == [file]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.usefixtures("processes")
def test_processes_share_the_pages_of_a_state(source: Path, state: Path) -> None:
    files.write(generate.events(89, 100), source / "a.csv")
    save(source, state)
    command = [sys.executable, "-c", _MAP, str(source), str(state)]
    maps = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    assert maps.stdout.strip() == "['r--s']"


def test_rows_in_memory_are_exchanged_for_those_of_the_file(source: Path, state: Path) -> None:
    rows = generate.events(90, 400)
    files.write(rows[:300], source / "a.csv")
    with closing(resumed(source, state)) as rollup:
        rollup.refresh()
        before = numbers(rollup)
        assert rollup.save(wait=True)
        assert not rollup.save()
        (run,), _ = rollup._seen.runs.runs()
        assert not run[0].flags.writeable
        assert numbers(rollup) == before
        files.write(rows[250:], source / "b.csv")
        rollup.refresh()
        assert without_gone(numbers(rollup)) == fresh(source)


@pytest.mark.parametrize("kind", ["files", "store"])
def test_what_is_being_written_does_not_change(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    packed: list[Any] = []
    monkeypatch.setattr(StateKeeper, "write", lambda _, *content: packed.append(content))
    rows = generate.events(94, 300, faults=False)
    path = tmp_path / kind

    def put(part: list[Row], number: int) -> None:
        if kind == "files":
            path.mkdir(exist_ok=True)
            files.write(part, path / f"{number}.csv")
            return
        with Store.open(path) as opened:
            opened.append(part)

    put(rows[:150], 1)
    with closing(resumed(path, state)) as rollup:
        numbers(rollup)
        assert rollup.save()
        ((head, arrays),) = packed
        before = json.dumps(head), {name: column.tobytes() for name, column in arrays.items()}
        put(rows[150:], 2)
        rollup.refresh()
        numbers(rollup)
        after = json.dumps(head), {name: column.tobytes() for name, column in arrays.items()}
        assert after == before


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    with Store.open(path) as opened:
        opened.append(generate.events(91, 120, faults=False))
    return path


def test_a_store_goes_on_from_where_it_was(store: Path, state: Path) -> None:
    save(store, state, "c2")
    with (
        pytest.MonkeyPatch.context() as patch,
        closing(new_rollup(store, CAMPAIGN, state=state)) as rollup,
    ):
        patch.setattr("campaign_live_widgets.engine.duckdb.store_rollup.StoreRollup._count", None)
        assert rollup.refresh()
        for campaign in (CAMPAIGN, "c2"):
            data = numbers(rollup, campaign)
            assert data == fresh_numbers(patch, store, campaign)
    with Store.open(store) as opened:
        opened.append(generate.events(92, 80, faults=False))
        opened.compact()
    with closing(resumed(store, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(store)
        assert rollup.save(wait=True)
    with closing(resumed(store, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(store)


@pytest.mark.parametrize("change", ["damaged", "deleted", "another"])
def test_a_store_whose_files_were_changed_since_is_read(
    store: Path, state: Path, change: str
) -> None:
    save(store, state)
    file = max(store.glob("events/*c1*/*/*.parquet"), key=lambda path: path.stat().st_size)
    if change == "damaged":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif change == "deleted":
        file.unlink()
    else:
        shutil.rmtree(store)
        with Store.open(store) as opened:
            opened.append(generate.events(93, 250, faults=False))
    with closing(resumed(store, state)) as rollup:
        assert without_gone(numbers(rollup)) == fresh(store)


def test_the_keeper_waits_between_two_writings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("campaign_live_widgets.engine.saved_state.keeper.monotonic", lambda: now)
    keeper = StateKeeper(tmp_path / "states", str(tmp_path), {})
    assert keeper.is_due()
    keeper.write({}, {})
    keeper.wait()
    assert not keeper.is_due()
    now += 61
    assert keeper.is_due()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_between_restarts_all_campaigns_are_as_of_a_first_read(
    source: Path, state: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - test data
    rows = generate.events(seed, 150)
    parts = files.split(rows, 6, seed=seed)
    files.write(parts.pop(), source / "0.ndjson")
    rollup = resumed(source, state)
    for number in range(10):
        known = sorted(source.iterdir())
        match chance.choice(("write", "write", "replace", "delete", "save", "restart", "ask")):
            case "write" if parts:
                files.write(parts.pop(), source / f"{number + 1}.{chance.choice(files.FORMS)}")
            case "replace":
                files.write(chance.sample(rows, 30), chance.choice(known))
            case "delete" if len(known) > 1:
                chance.choice(known).unlink()
            case "save":
                rollup.save(wait=True)
            case "restart":
                rollup.close()
                rollup = resumed(source, state)
            case _:
                rollup.counts_of(chance.choice(("c1", "c2")))
        if chance.random() < 0.6:
            rollup.refresh()
    rollup.refresh()
    rollup.refresh()
    for campaign in ("c1", "c2"):
        data, wanted = without_gone(numbers(rollup, campaign)), fresh(source, campaign)
        assert data["widgets"] == wanted["widgets"]
        assert data["health"] == wanted["health"]
    rollup.close()
