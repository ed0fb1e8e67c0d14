"""The relation of canonical events that a batch of rows is staged as.

Staging (of files in :mod:`.files.staging`, of a program's rows in the store) makes a DuckDB view
or table of this shape; counting and storing read it. They get its name as an argument.

=================  ====================================================================
column             meaning
=================  ====================================================================
``file``           path of the file that was read; empty for a program's rows
``row``            number of the row in what was read
``place``          a number that no other row of the batch has
``part``           1 for the first event of a row, 2 for the second; 0 for a row that
                   has no event and is ignored
``us``             time of the event, in microseconds since the epoch
canonical columns  see :data:`.formats.canonical.COLUMNS`, without ``timestamp``
``cause``          why the row is rejected, or null; empty if the row has no event and is ignored
=================  ====================================================================
"""

from __future__ import annotations

from typing import Final

BATCH: Final = "batch"
"""The name of the relation in a connection that stages one batch at a time."""
