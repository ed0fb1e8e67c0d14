"""Everything that must pass: ``python -m tests [quick|slow|browser|database|stress|all]``.

Each group prints one line with its time and its result, and its whole output if it fails. Programs
that are missing come from Debian's packages, npm and pip.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING

from tests.support import install, repeats

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parent.parent
WORKERS = str(max(2, os.cpu_count() or 2))
BY_FILE = ("--dist", "loadfile")
Command = tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Commands that run one after another, and pass or fail together."""

    name: str
    commands: tuple[Command, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


def _tests(expression: str, *options: str) -> tuple[Command, ...]:
    return (("-m", "pytest", "-q", "-m", expression, *options),)


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
SLOW = Group(
    "slow",
    _tests(
        "(process or kernel or renderer or matrix) and not (browser or database or stress)",
        *("-n", WORKERS, *BY_FILE),
    ),
)
BROWSER = Group("browser", _tests("browser and not (database or stress)", "-n", WORKERS, *BY_FILE))
DATABASE = Group("database", _tests("database and not stress", "-n", "0"))  # one server of each
STRESS = Group("stress", _tests("stress", "-n", WORKERS, *BY_FILE))
STRESS_FULL = Group("stress", STRESS.commands, {repeats.VARIABLE: repeats.ALL})

STAGES: dict[str, tuple[tuple[Group, ...], ...]] = {
    "quick": ((CHECKS, QUICK),),
    "slow": ((SLOW,),),
    "browser": ((BROWSER,),),
    "database": ((DATABASE,),),
    "stress": ((STRESS_FULL,),),
    "all": ((CHECKS, QUICK), (SLOW,), (BROWSER,), (DATABASE,), (STRESS,)),
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
    environment = {**os.environ, **group.environment, "PYTHONUNBUFFERED": "1"}
    started = time.monotonic()
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
            for command in group.commands
        ]
        seconds = time.monotonic() - started
        passed = not any(codes)
        lines = _lines(output)
        with printing:
            if not passed:
                print(f"\n== {group.name}", *lines, sep="\n")
            result = "passed" if passed else "FAILED"
            print(f"{group.name:<9} {seconds:5.0f} s  {result}  {_summary(lines)}", flush=True)
    return passed


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
