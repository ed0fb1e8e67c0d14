"""Vendors' rows, bent by a fuzzer that sees which code each of them reaches.

``FUZZ_RUNS=20000`` in the environment looks further, from a place of chance.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PROGRAM: Final = Path(__file__).with_name("mutants.py")
RUNS: Final = os.environ.get("FUZZ_RUNS", "150")
SEED: Final = "0" if "FUZZ_RUNS" in os.environ else "1"
"""For libFuzzer: 0 makes it choose a seed."""


@pytest.mark.stress
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="Atheris is not made for this platform"
)
def test_every_mutated_vendor_row_is_counted_rejected_or_ignored(tmp_path: Path) -> None:
    corpus, artifacts = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    artifacts.mkdir()
    options = (f"-runs={RUNS}", f"-seed={SEED}", "-max_len=60000", "-timeout=600")
    done = subprocess.run(  # noqa: S603 - the tests' own program
        [sys.executable, str(PROGRAM), str(corpus), *options, f"-artifact_prefix={artifacts}/"],
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    inputs = "\n".join(f"{path.name}: {path.read_bytes()!r}" for path in artifacts.iterdir())
    assert done.returncode == 0, f"{inputs}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert f"Done {RUNS} runs" in done.stderr
    assert len(list(corpus.iterdir())) > 28, "nothing that it made has reached new code"
