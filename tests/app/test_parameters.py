"""The parameters of the notebooks: one schema; invalid values are errors before a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import papermill
import pytest

from campaign_live_widgets import check_parameters
from campaign_live_widgets.app.jobs.parameters import PARAMETERS, TEMPLATES, parse_parameters
from campaign_live_widgets.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
VALID = {"source": "events/"}


def check(template: str, given: dict[str, object]) -> Mapping[str, object]:
    return parse_parameters(template, given).values


templates = pytest.mark.parametrize("name", list(TEMPLATES))


def cells(name: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    return list(notebook.cells)


def test_every_notebook_has_a_schema_and_every_schema_a_notebook() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(TEMPLATES)
    assert {one for t in TEMPLATES.values() for one in t.takes} == set(PARAMETERS)


@templates
def test_the_parameter_cell_is_the_schema(name: str) -> None:
    (cell,) = (c for c in cells(name) if "parameters" in c.metadata.get("tags", ()))
    assert cell.source == TEMPLATES[name].cell()


@templates
def test_the_first_cell_checks_the_parameters(name: str) -> None:
    code = [cell.source for cell in cells(name) if cell.cell_type == "code"]
    lines = [line for line in code[1].splitlines() if line and "import" not in line]
    assert lines[0] == f'check_parameters("{name}", globals())'


@templates
def test_papermill_infers_each_parameter_and_its_help(name: str) -> None:
    inferred = papermill.inspect_notebook(NOTEBOOKS / f"{name}.ipynb")
    assert list(inferred) == list(TEMPLATES[name].takes)
    for one in TEMPLATES[name].parameters:
        assert inferred[one.name]["inferred_type_name"] == one.type
        assert inferred[one.name]["help"] == one.meaning


@templates
def test_defaults_and_required_parameters_are_valid(name: str) -> None:
    template = TEMPLATES[name]
    needed = dict.fromkeys(template.required, "x")
    checked = check(name, VALID | needed)
    assert list(checked) == list(template.takes)
    for one in template.parameters:
        if one.name not in VALID | needed:
            assert checked[one.name] == template.default(one)
            assert type(checked[one.name]) is type(one.default)


@templates
def test_a_missing_required_parameter_is_named(name: str) -> None:
    needed = dict.fromkeys(TEMPLATES[name].required, "x")
    for one in needed:
        for empty in ({}, {one: ""}):
            with pytest.raises(UsageError, match=f"^{one} is missing: "):
                check(name, VALID | {k: v for k, v in needed.items() if k != one} | empty)


@templates
def test_a_value_of_another_type_is_an_error(name: str) -> None:
    needed = VALID | dict.fromkeys(TEMPLATES[name].required, "x")
    others: dict[str, tuple[object, ...]] = {
        "str": (1, None, True, ["x"], b"x"),
        "bool": ("true", 1, 0, None),
        "float": ("0.5", True, None, [0.5]),
        "int": ("10", True, None, 0.5, [10]),
        "list": ("m1", None, [1], {"m1": 1}, ["m1", None]),
    }
    for one in TEMPLATES[name].parameters:
        for value in others[one.type]:
            with pytest.raises(UsageError, match=f"^{one.name} is {type(value).__name__}, not "):
                check(name, needed | {one.name: value})


def test_an_integer_is_a_float_and_a_tuple_a_list() -> None:
    checked = check("campaign_live_report", VALID | {"every": 2, "messages": ("m1", "m2")})
    assert (checked["every"], checked["messages"]) == (2.0, ["m1", "m2"])


@pytest.mark.parametrize(
    ("name", "hint"), [("windw", "Did you mean 'window'?"), ("colour", "Known: ")]
)
def test_an_unknown_parameter_suggests_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=re.escape(f"unknown parameter {name!r}. {hint}")):
        check("campaign_snapshot", VALID | {name: "1h"})


def test_a_parameter_of_another_notebook_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="'message'"):
        check("campaign_live_report", VALID | {"message": "m1"})


@pytest.mark.parametrize(
    ("template", "name", "value"),
    [
        ("campaign_live_report", "window", "soon"),
        ("campaign_live_report", "window", "0h"),
        ("campaign_live_report", "at", "yesterday"),
        ("campaign_live_report", "locale", "de"),
        ("campaign_live_report", "time_zone", "Mars/Olympus"),
        ("campaign_live_report", "every", 0.1),
        ("campaign_live_report", "every", float("nan")),
        ("campaign_live_report", "tab", "sms"),
        ("campaign_live_report", "source", "env:NO_SUCH_VARIABLE"),
        ("campaign_live_report", "source", "env:not a name"),
        ("campaign_snapshot", "formats", ["html", "docx"]),
        ("campaign_snapshot", "layout", "nowhere.json"),
        ("campaign_snapshot", "folder", "env:NO_SUCH_VARIABLE"),
        ("compare_campaigns", "other_at", "24:61"),
    ],
)
def test_an_invalid_value_names_its_parameter(template: str, name: str, value: object) -> None:
    needed = VALID | dict.fromkeys(TEMPLATES[template].required, "x")
    with pytest.raises(UsageError) as refused:
        check(template, needed | {name: value})
    message = str(refused.value)
    # The error names a layout as a file, and each format alone.
    assert any(word in message for word in (name, name.removesuffix("s")))
    assert "\n" not in message


def test_without_a_source_only_the_live_report_shows_the_samples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CAMPAIGN_LIVE_SOURCE", raising=False)
    with pytest.raises(UsageError, match="CAMPAIGN_LIVE_SOURCE"):
        check("campaign_snapshot", {})
    assert check("campaign_live_report", {})["source"] == ""
    monkeypatch.setenv("CAMPAIGN_LIVE_SOURCE", "events/")
    assert check("campaign_snapshot", {})["source"] == ""


def test_a_password_is_an_error_that_does_not_repeat_it() -> None:
    for source in (
        *("postgresql://me:hunter2@db/x", "https://:hunter2@host/", "s3://a:hunter2@b"),
        "ajo:queryservice://ORG@AdobeOrg:hunter2@host/prod:all?table=x",
        *("sc://host:443/;use_ssl=true;token=hunter2", "ajo:spark://host/?table=x&token=hunter2"),
    ):
        with pytest.raises(UsageError, match="env:NAME") as refused:
            check("campaign_live_report", {"source": source})
        assert "hunter2" not in str(refused.value)


def test_a_value_of_the_wrong_type_is_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        check("campaign_live_report", {"source": ["hunter2"]})
    assert "hunter2" not in str(refused.value)


def test_a_secret_reference_is_returned_unresolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_EVENTS", "/srv/hunter2")
    assert check("campaign_live_report", {"source": "env:MY_EVENTS"})["source"] == "env:MY_EVENTS"


# ── in a notebook ───────────────────────────────────────────────────────────────────────


def test_other_names_of_a_notebook_are_ignored() -> None:
    mine = {**check("first_tour", VALID), "In": ["x = 1", "my_own = 2"], "my_own": 2}
    assert check_parameters("first_tour", mine)["source"] == "events/"


def test_parameters_inserted_by_papermill_are_checked() -> None:
    inserted = "# Parameters\nsource = \"events/\"\nwindw = '6h'\n"
    mine = {**check("first_tour", VALID), "In": ["", inserted], "windw": "6h"}
    with pytest.raises(UnknownNameError, match="'windw'"):
        check_parameters("first_tour", mine)


def test_parameters_inserted_by_another_scheduler_are_checked() -> None:
    own = TEMPLATES["first_tour"].cell()
    for cells, refused in (
        (["", own, "source = 'events/'\nwindw = '6h'"], True),
        (["", own, "import os", "windw = '6h'"], False),
    ):
        mine = {**check("first_tour", VALID), "In": cells, "windw": "6h"}
        if not refused:
            assert check_parameters("first_tour", mine)
            continue
        with pytest.raises(UnknownNameError, match="'windw'"):
            check_parameters("first_tour", mine)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"windw": "6h"}, "unknown parameter 'windw'. Did you mean 'window'?"),
        ({"window": 6}, "window is int, not text"),
        ({}, "message is missing"),
    ],
)
def test_plain_papermill_fails_before_the_source_is_read(
    tmp_path: Path, given: dict[str, object], message: str
) -> None:
    missing = {"source": str(tmp_path / "nowhere"), **({"message": "m1"} if given else {})}
    with pytest.raises(papermill.PapermillExecutionError) as refused:
        papermill.execute_notebook(
            NOTEBOOKS / "email_detail.ipynb",
            tmp_path / "done.ipynb",
            missing | given,
            progress_bar=False,
        )
    assert refused.value.ename in {"UsageError", "UnknownNameError"}
    assert refused.value.evalue.startswith(message)


# ── in the documentation ────────────────────────────────────────────────────────────────


def test_the_documentation_lists_all_parameters() -> None:
    text = (NOTEBOOKS.parent / "docs" / "notebooks.md").read_text(encoding="utf-8")
    table = text.partition("<!-- parameters -->")[2].partition("<!-- /parameters -->")[0]
    lines = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    assert [line[0] for line in lines] == [f"`{name}`" for name in PARAMETERS]
    for line, one in zip(lines, PARAMETERS.values(), strict=True):
        assert line[1] == one.type
        assert line[2] == f"`{one.line(one.default).partition(' = ')[2].partition('  # ')[0]}`"
        assert line[3] == one.meaning
        users = [t for t in TEMPLATES.values() if one.name in t.takes]
        listed, _, needed = line[4].partition(" (needed: ")
        names = [t.name for t in users]
        assert listed == "all" if len(users) == len(TEMPLATES) else names == words(listed)
        assert words(needed) == [t.name for t in users if one.name in t.required]


def words(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)
