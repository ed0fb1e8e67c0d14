"""The shape of the code: who may import whom, and how long a module may be."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb
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


def imports_of(path: Path, modules: dict[str, Path]) -> set[str]:
    """Return the modules of the package that a file imports, also for type checkers only."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                imported.add(name if name in modules else node.module)
    return imported & modules.keys()


def test_no_two_files_import_each_other() -> None:
    """Imports for type checkers and inside functions count, too."""
    modules = {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for path in ROOT.rglob("*.py")
        if "_notebooks" not in path.parts
    }
    graph = {name: imports_of(path, modules) - {name} for name, path in modules.items()}
    circle: list[str] = []
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = error.args[1]
    assert circle == []


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


@pytest.mark.usefixtures("processes")
def test_a_feed_and_its_report_need_no_pandas_and_no_widgets(tmp_path: Path) -> None:
    duckdb.sql(
        "COPY (SELECT concat('e', i) AS event_id, now()::TIMESTAMPTZ AS timestamp, "
        "concat('p', i) AS profile_id, 'c1' AS campaign_id, concat('m', i % 7) AS message_id, "
        "'email' AS channel, 'sent' AS event_type, if(i % 2 = 0, 'x.example', NULL) AS domain "
        f"FROM range(60000) t(i)) TO '{tmp_path}/1.parquet'"
    )
    code = (
        "import sys; from campaign_live_widgets.app.feeds.feed import RollupFeed; "
        "from campaign_live_widgets.app.settings.query import Query; "
        "from campaign_live_widgets.report import to_csv, to_json; "
        "feed = RollupFeed(sys.argv[1], Query()); feed.refresh(); snapshot = feed.snapshot(); "
        "to_csv(snapshot); to_json(snapshot); "
        "print(snapshot.counts['domain'].column('sent').sum(), [m for m in "
        "('pandas', 'pyarrow', 'ipywidgets', 'bqplot', 'voila') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "60000 []"
