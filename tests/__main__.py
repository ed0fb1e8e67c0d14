"""Everything that must pass: ``python -m tests [quick|slow|browser|database|stress|all]``.

Each group prints one line with its time and its result, and its whole output if it fails. A few
tests that fail beside others on a busy machine are tried once more, alone; those that pass then are
named in the line. Programs that are missing come from Debian's packages, npm and pip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

from tests.support import install, repeats

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
WORKERS = str(max(2, os.cpu_count() or 2))
BY_FILE = ("--dist", "loadfile")
TRIED_AGAIN = 8
"""More failed tests than these are a fault, not a busy machine."""
Command = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Commands that run one after another, and pass or fail together.

    ``again`` runs the failed tests once more, one by one: for groups whose tests start processes,
    which may wait for each other.
    """

    name: str
    commands: tuple[Command, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    again: Command = ()


def _tests(expression: str, *options: str) -> tuple[Command, ...]:
    return (("-m", "pytest", "-q", "-m", expression, *options),)


def _processes(name: str, expression: str, *options: str) -> Group:
    failed = ("-o", f"cache_dir=.pytest_cache/{name}")  # groups that run side by side
    again = ("--last-failed", "--last-failed-no-failures", "none", "-n", "0", *failed)
    return Group(name, _tests(expression, *options, *failed), again=_tests(expression, *again)[0])


_HOME = tempfile.mkdtemp(prefix="clw-tests-home-")
CHECKS = Group(
    "checks",
    (
        ("-m", "ruff", "check", "--no-cache", "."),
        ("-m", "ruff", "format", "--no-cache", "--check", "."),
        ("-m", "mypy"),
        ("-m", "deptry", "campaign_live_widgets"),
        (str(ROOT / "tests" / "language.py"),),
        (str(ROOT / "docs" / "build.py"),),
        (str(ROOT / "tests" / "js" / "check.py"),),
    ),
)
QUICK = Group(
    "quick",
    _tests("quick", "-n", WORKERS),
    # Not what the developers have: `python -m pytest` runs these tests with their own settings.
    {"TZ": "America/New_York", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "HOME": _HOME},
)
SLOW = _processes(
    "slow",
    "(process or kernel or renderer or matrix) and not (browser or database or stress)",
    *("-n", WORKERS, *BY_FILE),
)
BROWSER = _processes("browser", "browser and not (database or stress)", "-n", WORKERS, *BY_FILE)
DATABASE = _processes("database", "database and not stress", "-n", "0")  # one server of each
STRESS = _processes("stress", "stress", "-n", WORKERS, *BY_FILE)
STRESS_FULL = replace(STRESS, environment={repeats.VARIABLE: repeats.ALL})

STAGES: dict[str, tuple[tuple[Group, ...], ...]] = {
    "quick": ((CHECKS, QUICK),),
    "slow": ((SLOW,),),
    "browser": ((BROWSER,),),
    "database": ((DATABASE,),),
    "stress": ((STRESS_FULL,),),
    "all": ((CHECKS, QUICK), (SLOW, DATABASE), (BROWSER,), (STRESS,)),
}
"""What each argument runs: stage after stage, the groups of a stage side by side."""


def main(arguments: list[str]) -> int:
    """Run the groups of the argument, also after one has failed; return how many failed."""
    name = arguments[0] if arguments else "all"
    if len(arguments) > 1 or name not in STAGES:
        sys.exit(f"usage: python -m tests [{'|'.join(STAGES)}]")
    if name in {"quick", "all"}:
        install.node()
    if name in {"slow", "all"}:
        install.system_fonts()
    if name in {"browser", "stress", "all"}:
        install.browser()
    if name in {"database", "all"}:
        install.browser()  # a test shows a report of a database in a page
        install.databases()
    started, printing = time.monotonic(), Lock()
    passed = []
    for stage in STAGES[name]:
        with ThreadPoolExecutor(len(stage)) as pool:
            passed += list(pool.map(lambda group: _run(group, printing), stage))
    failed = passed.count(False)
    result = f"{failed} groups failed" if failed else "all passed"
    print(f"{'total':<9} {time.monotonic() - started:5.0f} s  {result}", flush=True)
    return failed


def _run(group: Group, printing: Lock) -> bool:
    """Run a group; print its line, after its output if it failed."""
    started = time.monotonic()
    passed, lines = _outcome(group, group.commands)
    summary = _summary(lines)
    unsteady: list[str] = []
    if not passed and group.again:
        failed = _failed_tests(lines)
        if 0 < len(failed) <= TRIED_AGAIN:
            passed, tried = _outcome(group, (group.again,))
            lines += tried
            unsteady = failed if passed else []
    seconds = time.monotonic() - started
    with printing:
        if not passed:
            print(f"\n== {group.name}", *lines, sep="\n")
        result = "passed" if passed else "FAILED"
        print(f"{group.name:<9} {seconds:5.0f} s  {result}  {summary}", flush=True)
        for test in unsteady:
            print(f"{'':<17}  passed when tried again, alone: {test}", flush=True)
    return passed


def _outcome(group: Group, commands: tuple[Command, ...]) -> tuple[bool, list[str]]:
    """Return whether all commands succeeded, and the lines they wrote."""
    environment = {**os.environ, **group.environment, "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        codes = [
            subprocess.run(  # noqa: S603 - our own commands
                [sys.executable, *command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
            for command in commands
        ]
        return not any(codes), _lines(output)


def _failed_tests(lines: list[str]) -> list[str]:
    """Return the lines in which pytest lists the failed tests, with their reasons."""
    listed = re.compile(r"(FAILED|ERROR) tests/\S+::")
    return list(dict.fromkeys(line for line in lines if listed.match(line)))


def _lines(output: IO[str]) -> list[str]:
    output.seek(0)
    return output.read().splitlines()


def _summary(lines: list[str]) -> str:
    """Return what pytest counted."""
    counted = re.compile(r"\d+ (passed|failed|error)")
    last = next((line for line in reversed(lines) if counted.search(line)), "")
    return last.strip("= ").rpartition(" in ")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
