"""The shape of the code: who may import whom, and how long a module may be."""

import subprocess
import sys
from pathlib import Path

import pytest

import campaign_live_widgets

ROOT = Path(campaign_live_widgets.__file__).parent


@pytest.mark.usefixtures("processes")
def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_have_at_most_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in ROOT.rglob("*")
        if path.suffix in {".py", ".js", ".css"}
        and "_notebooks" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


@pytest.mark.usefixtures("processes")
def test_the_command_line_starts_without_widgets() -> None:
    code = (
        "import sys; import campaign_live_widgets.app.cli.main; "
        "print([m for m in ('bqplot', 'ipywidgets', 'duckdb', 'pandas', 'textual', 'voila') "
        "if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
