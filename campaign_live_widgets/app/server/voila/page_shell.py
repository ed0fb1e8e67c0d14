"""The HTML around every page, rendered once from Voilà's template.

Voilà renders a notebook while it runs. Our page has one widget, which a page host makes; so the
template is rendered with marks in place of what differs from page to page, by a process that ends:
what Voilà and nbconvert import is a fifth of a server's memory.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup
from nbformat.v4 import new_code_cell, new_notebook, new_output
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from campaign_live_widgets.app.server.page_shell import MARKS, PageShell
from campaign_live_widgets.app.server.voila.notebook_server import ReportServer, voila_config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_TITLE: Final = "Campaign live report"


class _ShellRenderer(NotebookRenderer):
    """Renders the template without a kernel: with the marks, and a cell that shows a widget."""

    async def load_notebook(self, _path: str) -> Any:  # noqa: ANN401 - a notebook
        view = {"version_major": 2, "version_minor": 0, "model_id": MARKS["model"]}
        output = new_output("display_data", data={_WIDGET: view})
        cells = [new_code_cell(id="report", outputs=[output])]
        return new_notebook(cells=cells, metadata={"title": _TITLE})

    async def _jinja_kernel_start(self, _nb: object, **_more: object) -> str:
        return MARKS["page"]

    async def _jinja_cell_generator(self, nb: Any, _kernel_id: str) -> AsyncIterator[Any]:  # noqa: ANN401
        for cell in nb.cells:
            yield cell

    def generate_content_generator(self, *args: Any) -> Any:  # noqa: ANN401
        marked = {f"report_{name}": Markup(mark) for name, mark in MARKS.items()}  # noqa: S704 - our own
        self.exporter.environment.globals.update(marked)
        return super().generate_content_generator(*args)


def render_shell(notebook: Path, base_url: str, file: Path) -> None:
    """Write the shell of the pages of a server to *file*.

    Parameters
    ----------
    notebook : Path
        Any notebook; its name is that of the page.
    base_url : str
        With a slash at both ends.
    """
    config = voila_config(notebook, "127.0.0.1", 0)
    config.Voila.base_url = base_url
    config.Voila.connection_dir_root = str(file.parent)
    config.VoilaConfiguration.preheat_kernel = False
    server = ReportServer(config=config)
    server.initialize([])
    server.connection_dir = str(file.parent)
    settings = server.init_settings()
    hook = server.voila_configuration.page_config_hook
    given = {
        "base_url": base_url,
        "settings": settings,
        "log": server.log,
        "voila_configuration": server.voila_configuration,
    }
    page_config = get_page_config(**given)
    extensions = [f"{e['name']}/{e['load']}" for e in page_config["federated_extensions"]]
    renderer = _ShellRenderer(
        voila_configuration=server.voila_configuration,
        traitlet_config=server.config,
        notebook_path=notebook.name,
        template_paths=server.template_paths,
        config_manager=server.config_manager,
        contents_manager=server.contents_manager,
        base_url=base_url,
        kernel_spec_manager=server.kernel_spec_manager,
        page_config=hook(page_config, **given, notebook_path=notebook.name),
    )

    async def rendered() -> str:
        await renderer.initialize()
        return str(await renderer.generate_content_str())

    shell = PageShell(
        html=asyncio.run(rendered()),
        static=tuple(server.static_paths),
        extensions=tuple(server.labextensions_path),
        entries=tuple(extensions),
    )
    hidden = file.with_suffix(".part")
    hidden.write_text(json.dumps(shell.to_json()), encoding="utf-8")
    hidden.replace(file)
