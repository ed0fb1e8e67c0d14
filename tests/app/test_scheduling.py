"""The examples of docs/scheduling.md, run like their schedulers run them.

Airflow and a CI runner are too heavy for the tests. The DAG is built with a replacement of the
operator, and its arguments are passed to Papermill. The commands of the CI job run in a shell.
"""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import papermill
import pytest
import yaml
from jinja2 import Template

from campaign_live_widgets.snapshots import snapshots

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("kernels")

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "notebooks" / "samples"
CAMPAIGN = "autumn-sale-2026"
DELIVERED = 982
"""Deliveries of the samples' campaign in the day before its newest event."""
AT = datetime(2026, 11, 20, 13, tzinfo=UTC)


def snippet(name: str) -> str:
    match = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", DOC, re.DOTALL)
    assert match, name
    return match[1]


@pytest.fixture
def localize(tmp_path: Path) -> Callable[[str], str]:
    """Return a function that replaces the paths of a snippet with those of the test."""
    binary = tmp_path / "opt" / "bin"
    binary.mkdir(parents=True)
    command = binary / "campaign-live"
    python, packages = shlex.quote(sys.executable), shlex.quote(str(ROOT))
    command.write_text(
        f'#!/bin/sh\nPYTHONPATH={packages} exec {python} -m campaign_live_widgets "$@"\n'
    )
    command.chmod(0o755)
    places = {
        "/opt/campaign-live/bin": str(binary),
        "/opt/campaign-live/notebooks": str(ROOT / "notebooks"),
        "/srv/campaigns/events": str(SAMPLES),
        "/srv/campaigns": str(tmp_path),
        "/tmp/campaign-live.lock": str(tmp_path / "lock"),  # noqa: S108 - the document's
    }

    def replace_paths(text: str) -> str:
        for place, replacement in places.items():
            text = text.replace(place, replacement)
        return text

    return replace_paths


def minimal_environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Return the almost empty environment that cron and systemd give their commands."""
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", **more}


def shell(line: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own document
        ["/bin/sh", "-c", line], env=env, cwd=cwd, capture_output=True, text=True, check=False
    )


def snapshot_ends(out: Path) -> list[datetime]:
    return [one.as_of for one in snapshots(out)]


def csv_only(line: str) -> str:
    """Write only CSV files, which is fast: the schedule is tested, not the pictures."""
    return f"{line} --formats csv"


def test_the_cron_line_runs_as_cron_runs_it(tmp_path: Path, localize: Callable[[str], str]) -> None:
    variable, line = localize(snippet("cron")).strip().splitlines()
    name, value = variable.split("=", 1)
    fields = line.split(" ", 5)
    assert fields[:5] == ["5", "*", "*", "*", "*"]
    job = re.sub(r"(?<!\\)%", "\n", fields[5]).replace("\\%", "%")
    assert "\n" not in job, "cron would pass the rest of the line as standard input"
    env = minimal_environment(tmp_path, **{name: value})
    # The samples are old, so the hour of the line is tested apart from its counts.
    stamp = re.search(r'"\$\((.*?)\)"', job)
    assert stamp
    hour = shell(stamp[1], env, tmp_path).stdout.strip()
    assert datetime.fromisoformat(hour) <= datetime.now(UTC)
    for end, count in (("2026-11-20T11:00Z", 1), ("2026-11-20T13:00Z", 3)):
        done = shell(csv_only(job.replace(stamp[0], end)), env, tmp_path)
        assert done.returncode == 0, done.stderr
        ends = snapshot_ends(tmp_path / "snapshots")
        assert len(ends) == count
        for folder in done.stdout.splitlines():
            assert Path(folder, "manifest.json").is_file()
    assert [end.hour for end in ends] == [13, 12, 11]
    again = shell(csv_only(job.replace(stamp[0], end)), env, tmp_path)
    assert (again.returncode, again.stdout) == (0, "")


def test_the_lock_prevents_a_second_run(tmp_path: Path, localize: Callable[[str], str]) -> None:
    line = localize(snippet("cron")).strip().splitlines()[1].split(" ", 5)[5].replace("\\%", "%")
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = shell(line, minimal_environment(tmp_path), tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "snapshots").exists()


def unit(text: str) -> configparser.ConfigParser:
    made = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    made.optionxform = str  # type: ignore[assignment, method-assign]
    made.read_string(text)
    return made


def test_the_systemd_units_are_valid_and_their_command_runs(
    tmp_path: Path, localize: Callable[[str], str]
) -> None:
    for name in ("campaign-live.service", "campaign-live.timer"):
        (tmp_path / name).write_text(localize(snippet(name)))
    if analyze := shutil.which("systemd-analyze"):
        done = subprocess.run(  # noqa: S603 - Debian's own
            [analyze, "verify", str(tmp_path / "campaign-live.timer")],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        )
        warnings = [line for line in done.stderr.splitlines() if "campaign-live" in line]
        assert (done.returncode, warnings) == (0, [])
    service = unit((tmp_path / "campaign-live.service").read_text())["Service"]
    name, value = service["Environment"].split("=", 1)
    command = [*shlex.split(service["ExecStart"]), "--formats", "csv"]
    command += ["--at", AT.isoformat()]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=minimal_environment(tmp_path, **{name: value}),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert snapshot_ends(tmp_path / "snapshots") == [AT]
    timer = unit((tmp_path / "campaign-live.timer").read_text())["Timer"]
    assert timer["Persistent"] == "true"


def delivered(folder: Path) -> int:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    rows: dict[str, int] = dict(report["widgets"]["campaign.statistics"]["rows"])
    return rows["delivered"]


class Operator:
    """Replacement of the operator that stores its arguments, which Airflow would render."""

    arguments: dict[str, Any]

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401 - the arguments of the example
        Operator.arguments = arguments


class Dag:
    def __init__(self, dag_id: str, **settings: object) -> None:
        self.dag_id, self.settings = dag_id, settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def rendered(value: Any) -> Any:  # noqa: ANN401 - any argument
    if isinstance(value, dict):
        return {key: rendered(one) for key, one in value.items()}
    return Template(value).render(data_interval_end=AT) if isinstance(value, str) else value


JOB = """
import json, sys
from jupyter_scheduler.executors import DefaultExecutionManager
from jupyter_scheduler.orm import Job, create_session, create_tables
notebook, output, database, parameters = sys.argv[1:]
create_tables(database)
with create_session(database)() as session:
    job = Job(
        name="snapshot",
        input_filename="campaign_snapshot.ipynb",
        runtime_environment_name="here",
        output_formats=["ipynb"],
        parameters=json.loads(parameters),
    )
    session.add(job)
    session.commit()
    job_id = job.job_id
staged = {"input": notebook, "ipynb": output}
DefaultExecutionManager(job_id, "/", database, staged).process()
with create_session(database)() as session:
    job = session.query(Job).filter(Job.job_id == job_id).one()
    print(json.dumps([job.status, job.status_message]))
"""


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a separate folder with jupyter-scheduler, which would change JupyterLab."""
    folder = tmp_path_factory.mktemp("scheduler")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder)]
    light = ("croniter>=1.4,<2", "fsspec", "pydantic>=2,<3", "pytz<=2024.2", "sqlalchemy>=2,<3")
    for packages in (light, ("--no-deps", "jupyter-scheduler>=2.10,<3")):  # Jupyter is installed
        subprocess.run([*pip, *packages], check=True)  # noqa: S603
    return folder


@pytest.mark.parametrize("invalid", [False, True])
def test_a_notebook_job_runs(
    tmp_path: Path, localize: Callable[[str], str], scheduler: Path, *, invalid: bool
) -> None:
    parameters = json.loads(localize(snippet("jupyter-scheduler")))
    parameters |= {"at": "'2026-11-20T13:00Z'", "formats": "['csv']"}
    staged, output = tmp_path / "staged", tmp_path / "output.ipynb"
    staged.mkdir()
    notebook = shutil.copy(ROOT / "notebooks" / "campaign_snapshot.ipynb", staged)
    if invalid:
        parameters["windw"] = "'6h'"
    done = subprocess.run(  # noqa: S603 - our own script
        [
            *(sys.executable, "-c", JOB, str(notebook), str(output)),
            *(f"sqlite:///{tmp_path / 'jobs.sqlite'}", json.dumps(parameters)),
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(scheduler))),
            "CAMPAIGN_LIVE_SOURCE": str(SAMPLES),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    status, message = json.loads(done.stdout.splitlines()[-1])
    if invalid:
        assert status == "FAILED"
        assert "unknown parameter 'windw'. Did you mean 'window'?" in message
        return
    assert status == "COMPLETED", message
    assert "982" in output.read_text(encoding="utf-8")
    assert (Path(parameters["folder"].strip("'")) / "report.csv").is_file()


def test_the_dag_starts_a_papermill_run_that_succeeds(
    tmp_path: Path, localize: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {"airflow": {"DAG": Dag}, "airflow.providers": {}, "airflow.providers.papermill": {}}
    modules["airflow.providers.papermill.operators"] = {}
    modules["airflow.providers.papermill.operators.papermill"] = {"PapermillOperator": Operator}
    for name, attributes in modules.items():
        module = types.ModuleType(name)
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(localize(snippet("airflow")), "dag.py", "exec"), {})  # noqa: S102 - our own document
    arguments = rendered(Operator.arguments)
    assert arguments.pop("task_id") == "snapshot"
    monkeypatch.setenv("CAMPAIGN_LIVE_SOURCE", str(SAMPLES))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "runs").mkdir()
    arguments["parameters"]["formats"] = ["csv"]
    papermill.execute_notebook(
        arguments["input_nb"],
        arguments["output_nb"],
        parameters=arguments["parameters"],
        progress_bar=False,
    )
    folder = tmp_path / "runs" / "2026-11-20T1300Z"
    assert folder.with_suffix(".ipynb").is_file()
    assert delivered(folder) == DELIVERED
    assert str(SAMPLES) not in folder.with_suffix(".ipynb").read_text()


def test_the_commands_of_the_ci_job_run_in_order(
    tmp_path: Path, localize: Callable[[str], str]
) -> None:
    job = yaml.safe_load(localize(snippet("ci")))["jobs"]["snapshot"]
    lines = [step["run"] for step in job["steps"] if "run" in step]
    install, *lines = lines
    assert install == 'pip install "campaign-live-widgets[export]"'
    env = minimal_environment(tmp_path, CAMPAIGN_LIVE_SOURCE=str(SAMPLES))
    env["PATH"] = f"{tmp_path / 'opt' / 'bin'}:{env['PATH']}"
    for line in lines:
        command = f"{csv_only(line)} --at {AT.isoformat()}" if " snapshot " in line else line
        done = shell(command, env, tmp_path)
        assert done.returncode == 0, done.stderr
    (one,) = snapshots(tmp_path / "snapshots")
    assert delivered(one.folder) == DELIVERED
    manifest = one.folder / "report.csv"
    manifest.write_text("changed")
    assert shell(lines[-1], env, tmp_path).returncode == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((f"--campaign {CAMPAIGN}", "--campaign nope"), 2),
        (("env:CAMPAIGN_LIVE_SOURCE", "/nowhere"), 3),
        (("env:CAMPAIGN_LIVE_SOURCE", "env:NOT_SET"), 2),
    ],
)
def test_a_failed_run_has_an_exit_status_and_a_message(
    tmp_path: Path, localize: Callable[[str], str], change: tuple[str, str], code: int
) -> None:
    line = localize(snippet("ci")).split("- run: ")[2].strip().splitlines()[0].replace(*change)
    env = minimal_environment(tmp_path, CAMPAIGN_LIVE_SOURCE=str(SAMPLES))
    env["PATH"] = f"{tmp_path / 'opt' / 'bin'}:{env['PATH']}"
    done = shell(csv_only(line), env, tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.strip().splitlines()) >= 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "snapshots").exists() or snapshots(tmp_path / "snapshots") == []
