"""The e-mail report as one writes it in an afternoon: DuckDB, pandas, bqplot and a loop.

Each cell (``# %%``) becomes one of a notebook that stock Voilà serves. Every two seconds the
whole folder is read again, every table and chart is made again and set in place.
"""
# ruff: noqa: ANN001, ANN002, ANN201, RUF006 - as in a notebook: no annotations, global names

# %%
import asyncio
import os
from datetime import UTC, datetime, timedelta

import bqplot
import duckdb
import pandas as pd
from ipywidgets import HTML, GridBox, Layout, VBox

FOLDER, CAMPAIGN = os.environ["PLAIN_FOLDER"], os.environ["PLAIN_CAMPAIGN"]
EVERY = 2.0
METRICS = ["sent", "delivered", "bounces", "errors", "opens", "clicks"]
METRICS += ["unsubscribes", "spam_complaints"]
COUNTS = """
    count(*) FILTER (event_type = 'sent') AS sent,
    count(*) FILTER (event_type = 'delivered')
        - count(*) FILTER (event_type = 'bounce' AND is_async) AS delivered,
    count(*) FILTER (event_type = 'bounce') AS bounces,
    count(*) FILTER (event_type = 'error') AS errors,
    count(*) FILTER (event_type = 'open') AS opens,
    count(*) FILTER (event_type = 'click') AS clicks,
    count(*) FILTER (event_type = 'unsubscribe') AS unsubscribes,
    count(*) FILTER (event_type = 'spam_complaint') AS spam_complaints
"""
COLUMNS = "event_id, timestamp, campaign_id, channel, event_type, is_test, message_id, reason"
COLUMNS += ", bounce_type, is_async, domain"
TYPES = {name.strip(): "VARCHAR" for name in COLUMNS.split(",")}
TYPES |= {"timestamp": "TIMESTAMPTZ", "is_test": "BOOLEAN", "is_async": "BOOLEAN"}
EVENTS = f"""
CREATE OR REPLACE TEMP TABLE event AS
SELECT DISTINCT {COLUMNS}
FROM (
    SELECT {COLUMNS} FROM read_parquet('{FOLDER}/*.parquet')
    UNION ALL
    SELECT {COLUMNS} FROM read_json(
        '{FOLDER}/*.ndjson', format = 'newline_delimited', ignore_errors = true,
        columns = {TYPES}
    )
)
WHERE campaign_id = $campaign AND channel = 'email' AND is_test IS NOT TRUE
    AND timestamp >= $start AND timestamp < $end
"""

# %%
connection = duckdb.connect()


def query(sql):
    return connection.sql(sql).df()


def by(column, where="true"):
    return query(f"SELECT {column}, {COUNTS} FROM event WHERE {where} GROUP BY 1")


def read():
    """Read the whole folder and return the frames of the tab."""
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    start = end - timedelta(hours=24)
    parameters = {"campaign": CAMPAIGN, "start": start, "end": end}
    connection.execute(EVENTS, parameters)
    buckets = pd.date_range(start.replace(minute=0), end, freq="15min", inclusive="left")
    summary = by("time_bucket(INTERVAL 15 MINUTE, timestamp) AS bucket").set_index("bucket")
    bounces = "SELECT message_id, " + ", ".join(
        f"count(*) FILTER (bounce_type = '{kind}') AS {kind}"
        for kind in ("hard", "soft", "ignored")
    )
    return {
        "total": query(f"SELECT {COUNTS} FROM event").iloc[0],
        "messages": by("message_id").sort_values("sent", ascending=False),
        "summary": summary.reindex(buckets, fill_value=0),
        "reasons": by("reason", "event_type = 'bounce'"),
        "categories": by("bounce_type", "event_type = 'bounce'"),
        "bounces": query(bounces + " FROM event WHERE event_type = 'bounce' GROUP BY 1 ORDER BY 1"),
        "errors": by("reason", "event_type = 'error'").sort_values("errors"),
        "excluded": query(
            "SELECT reason, count(*) AS excluded FROM event WHERE event_type = 'excluded' "
            "GROUP BY 1 ORDER BY 2"
        ),
        "domains": by("domain").query("opens > 0").nlargest(10, "opens"),
    }


# %%
def chart(title, marks, *axes):
    return bqplot.Figure(title=title, marks=marks, axes=list(axes))


def bars(title, names, *, vertical="horizontal"):
    x, y = bqplot.OrdinalScale(), bqplot.LinearScale()
    mark = bqplot.Bars(
        x=[], y=[], scales={"x": x, "y": y}, type="grouped", labels=names, orientation=vertical
    )
    sides = ("vertical", "horizontal") if vertical == "horizontal" else ("horizontal", "vertical")
    axes = [
        bqplot.Axis(scale=scale, orientation=side)
        for scale, side in zip((x, y), sides, strict=True)
    ]
    return mark, chart(title, [mark], *axes)


kpis, messages, bounces, stamp = HTML(), HTML(), HTML(), HTML()
time, amount = bqplot.DateScale(), bqplot.LinearScale()
lines = bqplot.Lines(
    x=[], y=[], scales={"x": time, "y": amount}, labels=METRICS, display_legend=True
)
summary = chart(
    "E-mail summary",
    [lines],
    bqplot.Axis(scale=time),
    bqplot.Axis(scale=amount, orientation="vertical"),
)
reasons, categories = (bqplot.Pie(inner_radius=60, radius=100) for _ in range(2))
errors, errors_chart = bars("Error reasons", ["errors"])
excluded, excluded_chart = bars("Exclusion reasons", ["excluded"])
domains, domains_chart = bars(
    "Best recipient domain",
    ["opens", "sent", "delivered", "bounces", "errors"],
    vertical="vertical",
)


# %%
def render(frames, tick):
    """Set every table and chart from the frames."""
    total = frames["total"]
    kpis.value = "".join(
        f'<div>{name}: <b class="plain-{name}" data-value="{total[name]}">{total[name]:,}</b> '
        f"({total[name] / max(total['sent'], 1):.1%})</div>"
        for name in ("delivered", "bounces", "errors")
    )
    messages.value = frames["messages"].to_html(index=False)
    bounces.value = frames["bounces"].to_html(index=False)
    lines.x = frames["summary"].index.tz_localize(None).to_numpy()
    lines.y = frames["summary"][METRICS].to_numpy().T
    for pie, frame, name in (
        (reasons, frames["reasons"], "reason"),
        (categories, frames["categories"], "bounce_type"),
    ):
        ordered = frame.sort_values([name])
        pie.sizes, pie.labels = ordered["bounces"].to_numpy(), list(ordered[name])
    for mark, frame, name in (
        (errors, frames["errors"], "reason"),
        (excluded, frames["excluded"], "reason"),
        (domains, frames["domains"], "domain"),
    ):
        mark.x, mark.y = list(frame[name]), frame[mark.labels].to_numpy().T
    stamp.value = f'<i class="plain-stamp" data-tick="{tick}">{datetime.now(UTC):%H:%M:%S} UTC</i>'


async def follow():
    """Read and render for as long as the page is open."""
    tick = 1
    while True:
        await asyncio.sleep(EVERY)
        render(read(), tick)
        tick += 1


render(read(), 0)
task = asyncio.create_task(follow())
pies = [chart("Bounce reasons", [reasons]), chart("Bounce categories", [categories])]
charts = [summary, *pies, errors_chart, excluded_chart, domains_chart]
VBox(
    [
        kpis,
        messages,
        bounces,
        GridBox(charts, layout=Layout(grid_template_columns="repeat(2, 1fr)")),
        stamp,
    ]
)
