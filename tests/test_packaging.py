"""The wheel carries all that a user needs, and nothing that only developers do."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("processes")

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "campaign_live_widgets"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(  # noqa: S603 - our own build
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_wheel_contains_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    wanted = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".js", ".css", ".csv", ".j2", ".json", ".typ", ".typed"}
        and "__pycache__" not in path.parts
    }
    assert {
        "campaign_live_widgets/py.typed",
        "campaign_live_widgets/widgets/views/table.js",
    } <= wanted
    assert wanted - set(wheel.namelist()) == set()


def test_wheel_contains_notebooks_samples_and_template(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "campaign_live_widgets/_notebooks/campaign_live_report.ipynb" in names
    assert "campaign_live_widgets/_notebooks/samples/ajo_nested.parquet" in names
    assert any(n.endswith("voila/templates/campaign_live/index.html.j2") for n in names)
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/"))]
