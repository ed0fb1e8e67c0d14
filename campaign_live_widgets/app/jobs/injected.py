"""The parameters that a scheduler has put into a notebook that runs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_INJECTED: Final = "# Parameters"
"""First line of the cell that Papermill inserts after a notebook's own parameters."""


def injected_names(cells: object) -> Iterator[str]:
    """Yield the names that cells inserted by a scheduler assign, of all cells run so far.

    Papermill's cell begins with its own comment. Other schedulers insert plain assignments
    after the notebook's parameters, which are annotated.
    """
    follows = False
    for source in cells if isinstance(cells, list) else ():
        try:
            lines = ast.parse(source).body
        except SyntaxError:
            continue
        is_papermills = str(source).lstrip().startswith(_INJECTED)
        if is_papermills or (follows and all(isinstance(line, ast.Assign) for line in lines)):
            for line in lines:
                targets = line.targets if isinstance(line, ast.Assign) else ()
                yield from (target.id for target in targets if isinstance(target, ast.Name))
        follows = bool(lines) and all(isinstance(line, ast.AnnAssign) for line in lines)
