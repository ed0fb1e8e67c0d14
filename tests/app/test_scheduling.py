"""The schedules of docs/scheduling.md, run as their schedulers run them, as far as can be here.

Airflow and a CI's own runner are too heavy for the suite: the DAG is built on a stand-in for the
operator, whose arguments then go to Papermill itself, and the job's lines run in a shell.
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
"""Of the samples' campaign, in the day before its newest event."""
AT = datetime(2026, 11, 20, 13, tzinfo=UTC)


def snippet(name: str) -> str:
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)```", DOC, re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def here(tmp_path: Path) -> Callable[[str], str]:
    """Give a snippet with the places of this machine in it."""
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

    def put(text: str) -> str:
        for place, mine in places.items():
            text = text.replace(place, mine)
        return text

    return put


def bare(tmp_path: Path, **more: str) -> dict[str, str]:
    """Return what cron gives a job, and systemd a service: next to nothing."""
    return {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", **more}


def shell(line: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own document
        ["/bin/sh", "-c", line], env=env, cwd=cwd, capture_output=True, text=True, check=False
    )


def kept(out: Path) -> list[datetime]:
    return [one.as_of for one in snapshots(out)]


def quick(line: str) -> str:
    """Leave out the pictures: the schedule is the subject."""
    return f"{line} --formats csv"


def test_the_cron_line_runs_as_cron_runs_it(tmp_path: Path, here: Callable[[str], str]) -> None:
    variable, line = here(snippet("cron")).strip().splitlines()
    name, value = variable.split("=", 1)
    fields = line.split(" ", 5)
    assert fields[:5] == ["5", "*", "*", "*", "*"]
    job = re.sub(r"(?<!\\)%", "\n", fields[5]).replace("\\%", "%")
    assert "\n" not in job, "cron would take the rest of the line for its input"
    env = bare(tmp_path, **{name: value})
    # The samples' day is over: the line's own hour is tried apart from what it counts.
    stamp = re.search(r'"\$\((.*?)\)"', job)
    assert stamp
    hour = shell(stamp[1], env, tmp_path).stdout.strip()
    assert datetime.fromisoformat(hour) <= datetime.now(UTC)
    for end, count in (("2026-11-20T11:00Z", 1), ("2026-11-20T13:00Z", 3)):
        done = shell(quick(job.replace(stamp[0], end)), env, tmp_path)
        assert done.returncode == 0, done.stderr
        found = kept(tmp_path / "snapshots")
        assert len(found) == count
        for folder in done.stdout.splitlines():
            assert Path(folder, "manifest.json").is_file()
    assert [end.hour for end in found] == [13, 12, 11]
    again = shell(quick(job.replace(stamp[0], end)), env, tmp_path)
    assert (again.returncode, again.stdout) == (0, "")


def test_the_lock_prevents_a_second_run(tmp_path: Path, here: Callable[[str], str]) -> None:
    line = here(snippet("cron")).strip().splitlines()[1].split(" ", 5)[5].replace("\\%", "%")
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = shell(line, bare(tmp_path), tmp_path)
    assert done.returncode == 1
    assert not (tmp_path / "snapshots").exists()


def unit(text: str) -> configparser.ConfigParser:
    made = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    made.optionxform = str  # type: ignore[assignment, method-assign]
    made.read_string(text)
    return made


def test_the_systemd_units_are_valid_and_their_command_runs(
    tmp_path: Path, here: Callable[[str], str]
) -> None:
    for name in ("campaign-live.service", "campaign-live.timer"):
        (tmp_path / name).write_text(here(snippet(name)))
    if analyze := shutil.which("systemd-analyze"):
        done = subprocess.run(  # noqa: S603 - Debian's own
            [analyze, "verify", str(tmp_path / "campaign-live.timer")],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        )
        mine = [line for line in done.stderr.splitlines() if "campaign-live" in line]
        assert (done.returncode, mine) == (0, [])
    service = unit((tmp_path / "campaign-live.service").read_text())["Service"]
    name, value = service["Environment"].split("=", 1)
    command = [*shlex.split(service["ExecStart"]), "--formats", "csv"]
    command += ["--at", AT.isoformat()]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=bare(tmp_path, **{name: value}),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert kept(tmp_path / "snapshots") == [AT]
    timer = unit((tmp_path / "campaign-live.timer").read_text())["Timer"]
    assert timer["Persistent"] == "true"


def delivered(folder: Path) -> int:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    rows: dict[str, int] = dict(report["widgets"]["campaign.statistics"]["rows"])
    return rows["delivered"]


class Operator:
    """Keeps what Airflow would be asked to do; Airflow renders its texts and hands them on."""

    asked: dict[str, Any]

    def __init__(self, **arguments: Any) -> None:  # noqa: ANN401 - whatever the file gives
        Operator.asked = arguments


class Dag:
    def __init__(self, dag_id: str, **settings: object) -> None:
        self.dag_id, self.settings = dag_id, settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def rendered(value: Any) -> Any:  # noqa: ANN401 - as it comes
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
    """Return a folder with jupyter-scheduler: apart, for it would change JupyterLab for all."""
    folder = tmp_path_factory.mktemp("scheduler")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder)]
    light = ("croniter>=1.4,<2", "fsspec", "pydantic>=2,<3", "pytz<=2024.2", "sqlalchemy>=2,<3")
    for wanted in (light, ("--no-deps", "jupyter-scheduler>=2.10,<3")):  # Jupyter itself is here
        subprocess.run([*pip, *wanted], check=True)  # noqa: S603
    return folder


@pytest.mark.parametrize("wrong", [False, True])
def test_a_notebook_job_runs(
    tmp_path: Path, here: Callable[[str], str], scheduler: Path, *, wrong: bool
) -> None:
    parameters = json.loads(here(snippet("jupyter-scheduler")))
    parameters |= {"at": "'2026-11-20T13:00Z'", "formats": "['csv']"}
    staged, output = tmp_path / "staged", tmp_path / "output.ipynb"
    staged.mkdir()
    notebook = shutil.copy(ROOT / "notebooks" / "campaign_snapshot.ipynb", staged)
    if wrong:
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
    if wrong:
        assert status == "FAILED"
        assert "Unknown parameter 'windw'. Did you mean 'window'?" in message
        return
    assert status == "COMPLETED", message
    assert "982" in output.read_text(encoding="utf-8")
    assert (Path(parameters["folder"].strip("'")) / "report.csv").is_file()


def test_the_dag_starts_a_papermill_run_that_succeeds(
    tmp_path: Path, here: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {"airflow": {"DAG": Dag}, "airflow.providers": {}, "airflow.providers.papermill": {}}
    modules["airflow.providers.papermill.operators"] = {}
    modules["airflow.providers.papermill.operators.papermill"] = {"PapermillOperator": Operator}
    for name, holds in modules.items():
        module = types.ModuleType(name)
        vars(module).update(holds)
        monkeypatch.setitem(sys.modules, name, module)
    exec(compile(here(snippet("airflow")), "dag.py", "exec"), {})  # noqa: S102 - our own document
    asked = rendered(Operator.asked)
    assert asked.pop("task_id") == "snapshot"
    monkeypatch.setenv("CAMPAIGN_LIVE_SOURCE", str(SAMPLES))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "runs").mkdir()
    asked["parameters"]["formats"] = ["csv"]
    papermill.execute_notebook(
        asked["input_nb"], asked["output_nb"], parameters=asked["parameters"], progress_bar=False
    )
    folder = tmp_path / "runs" / "2026-11-20T1300Z"
    assert folder.with_suffix(".ipynb").is_file()
    assert delivered(folder) == DELIVERED
    assert str(SAMPLES) not in folder.with_suffix(".ipynb").read_text()


def test_the_commands_of_the_ci_job_run_in_order(
    tmp_path: Path, here: Callable[[str], str]
) -> None:
    job = yaml.safe_load(here(snippet("ci")))["jobs"]["snapshot"]
    lines = [step["run"] for step in job["steps"] if "run" in step]
    install, *lines = lines
    assert install == 'pip install "campaign-live-widgets[export]"'
    env = bare(tmp_path, CAMPAIGN_LIVE_SOURCE=str(SAMPLES))
    env["PATH"] = f"{tmp_path / 'opt' / 'bin'}:{env['PATH']}"
    for line in lines:
        wanted = f"{quick(line)} --at {AT.isoformat()}" if " snapshot " in line else line
        done = shell(wanted, env, tmp_path)
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
    tmp_path: Path, here: Callable[[str], str], change: tuple[str, str], code: int
) -> None:
    line = here(snippet("ci")).split("- run: ")[2].strip().splitlines()[0].replace(*change)
    env = bare(tmp_path, CAMPAIGN_LIVE_SOURCE=str(SAMPLES))
    env["PATH"] = f"{tmp_path / 'opt' / 'bin'}:{env['PATH']}"
    done = shell(quick(line), env, tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.strip().splitlines()) >= 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "snapshots").exists() or snapshots(tmp_path / "snapshots") == []
