"""The text of the package's ES modules that is sent to a browser."""

import json
import re

import pytest

import campaign_live_widgets.dashboard  # noqa: F401 - declares its scripts
from campaign_live_widgets.rendering.html.es_modules import modules, one_script, read
from campaign_live_widgets.widgets.base.assets import library

DOM = "rendering/html/dom.js"
ICONS = "rendering/html/icons.json"
IMPORT = re.compile(r'"(?:\./|\.\./|clw:)[^"]*"')


def test_a_module_comes_after_what_it_imports() -> None:
    assert list(modules([DOM], "clw:")) == [ICONS, DOM]


def test_imports_name_paths_in_the_package() -> None:
    sources = modules(["widgets/base/tile.js"], "clw:")
    assert f'from "clw:{DOM}"' in sources["widgets/base/tile.js"]
    assert 'import("clw:widgets/base/menu.js")' in sources["widgets/base/tile.js"]
    assert f'import icons from "clw:{ICONS}";' in sources[DOM]


def test_a_json_file_is_a_module_that_exports_its_value() -> None:
    source = modules([ICONS], "clw:")[ICONS]
    assert json.loads(source.removeprefix("export default ").removesuffix(";")) == json.loads(
        read(ICONS)
    )


def test_the_library_holds_every_module_that_another_imports() -> None:
    scripts = library().scripts
    imported = {specifier[5:-1] for text in scripts.values() for specifier in IMPORT.findall(text)}
    assert imported
    assert imported <= set(scripts)


def test_a_missing_module_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"widgets/nothing\.js"):
        modules(["widgets/nothing.js"], "clw:")


def test_one_script_needs_no_loader() -> None:
    script = one_script("rendering/html/page/page.js")
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
    assert not IMPORT.search(script)
    assert script.index("function make(") < script.index("function drawTile(")


def test_top_level_names_of_one_script_differ() -> None:
    script = one_script("rendering/html/page/page.js")
    names = re.findall(r"^(?:const|let|class|(?:async )?function) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names))


def test_comments_are_not_sent() -> None:
    source = modules([DOM], "clw:")[DOM]
    assert "/**" in read(DOM)
    assert not re.search(r"^\s*(//|/\*\*|\*)", source, re.MULTILINE)
    casts = [line for line in read(DOM).splitlines() if re.search(r"/\*\* @type .*\*/ \S", line)]
    assert all(line in source for line in casts)
