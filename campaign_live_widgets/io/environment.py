"""The environment variables of the reports, the server and the jobs, each named once.

The webhook routes in ``webhooks/auth`` name the variables of their secrets themselves, since each
route is one file.
"""

from __future__ import annotations

from typing import Final

SOURCE: Final = "CAMPAIGN_LIVE_SOURCE"
"""The source to read where the caller names none."""
SOURCE_NAME: Final = "CAMPAIGN_LIVE_SOURCE_NAME"
"""The public name of that source: pages and errors show it instead of the path."""
CAMPAIGN: Final = "CAMPAIGN_LIVE_CAMPAIGN"
"""The campaign to report where the caller names none."""
LAYOUT: Final = "CAMPAIGN_LIVE_LAYOUT"
"""The layout file that every reader starts with."""
LAYOUTS: Final = "CAMPAIGN_LIVE_LAYOUTS"
"""The folder in which readers' own layouts are saved."""
SNAPSHOTS: Final = "CAMPAIGN_LIVE_SNAPSHOTS"
"""The folder of snapshots that a page lists and saves to."""
SNAPSHOTS_ADDRESS: Final = "CAMPAIGN_LIVE_SNAPSHOTS_ADDRESS"
"""The URL path at which the server shows that folder; the server sets it for its kernels."""
SNAPSHOT_FOLDER: Final = "CAMPAIGN_LIVE_SNAPSHOT_FOLDER"
"""The folder that the snapshot notebook writes to; the job sets it for its kernel."""
SHOWN_VIEW: Final = "CAMPAIGN_LIVE_SHOWN_VIEW"
"""The file with the view that a page shows and saves; the job sets it for its kernel."""
CAMPAIGN_FILE: Final = "CAMPAIGN_LIVE_CAMPAIGN_FILE"
"""A file that the first page writes the id of its campaign to; the server sets and logs it."""
SERVER_FOLDER: Final = "CAMPAIGN_LIVE_SERVER_FOLDER"
"""A private folder that the pages of one server share; the server sets it."""
USER_HEADER: Final = "CAMPAIGN_LIVE_USER_HEADER"
"""The request header in which a proxy passes the user's name, such as ``X-Forwarded-User``."""
HUB_USER: Final = "JUPYTERHUB_USER"
"""The user of a JupyterHub's single-user server; JupyterHub sets it."""
DEBUG: Final = "CAMPAIGN_LIVE_DEBUG"
"""Any value but an empty one shows the tracebacks of errors in notebooks."""
READER: Final = "CAMPAIGN_LIVE_READER"
"""The socket of a reader, which reads the source for the pages."""
