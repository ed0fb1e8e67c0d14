"""Make canonical events for the benchmarks: ``python generate.py FOLDER --events 10_000_000``.

Every column is a function of the event's number and the seed, so the same call gives the same
events on any machine. Events come in the order of time, one in a hundred comes twice. Every
message is sent again every four hours; half of its events are of the execution before.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Final

import duckdb

CAMPAIGNS: Final = 4
PER_FILE: Final = 1_000_000
START: Final = "2026-11-22 12:00:00+00"
END: Final = "2026-11-23T12:00:00Z"
"""Where the day of events ends: the ``at`` of a report over all of them."""

_COLUMNS: Final = """
SELECT
    md5(concat({seed}, '-', k)) AS event_id,
    TIMESTAMPTZ '{start}' + to_microseconds(CAST(
        least(k::DOUBLE / {total} + (h1 % 1000) / 1e6, 0.999999) * 86400e6 AS BIGINT
    )) AS timestamp,
    'campaign-' || (h1 % {campaigns}) AS campaign_id,
    CASE WHEN push THEN 'push-' ELSE 'email-' END || (h2 % 6) AS message_id,
    CASE WHEN push THEN 'push' ELSE 'email' END AS channel,
    'profile-' || (h3 % greatest({total} // 5, 10)) AS profile_id,
    event_type,
    CASE event_type
        WHEN 'bounce' THEN ['Mailbox-Full', 'Invalid-Recipient', 'Soft-Bounce', 'Auto-Reply',
                            'DNS-Failure', 'Spam-Block', 'Timeout'][1 + (h2 // 7) % 7]
        WHEN 'error' THEN ['RuntimeDispatchError', 'PushNoTokenFoundInProfileError',
                           'EmailNoAddressFoundInProfileError'][1 + (h2 // 7) % 3]
        WHEN 'excluded' THEN 'Exclusion-' || (h2 // 7) % 20
        WHEN 'action' THEN ['Dismiss', 'Open cart'][1 + (h2 // 7) % 2]
    END AS reason,
    CASE event_type WHEN 'bounce' THEN ['hard', 'soft', 'soft', 'ignored'][1 + (h2 // 11) % 4]
    END AS bounce_type,
    CASE event_type WHEN 'bounce' THEN (h2 // 13) % 4 = 0 END AS is_async,
    CASE WHEN NOT push THEN 'isp' || CAST(floor(400 * pow((h2 // 17 % 10000) / 1e4, 3)) AS INT)
        || '.example' END AS domain,
    CASE WHEN push THEN ['ios', 'android', 'android', 'web'][1 + (h2 // 19) % 4] END AS platform,
    'run-' || greatest(CAST(floor(k * 6 / {total}) AS INT) - (h3 // 29) % 2, 0) AS execution_id,
    ['A', 'B'][1 + (h3 // 23) % 2] AS variant,
    CASE event_type WHEN 'click' THEN concat('https://shop.example/', (h2 // 29) % 50,
        '/?utm_campaign=spring&r=', h3) END AS url,
    (h1 // 31) % 200 = 0 AS is_test,
    CASE WHEN event_type IN ('open', 'click') AND (h1 // 43) % 5 > 0
        THEN event_type = 'open' AND (h1 // 37) % 12 = 0 END AS is_machine,
    'Campaign ' || (h1 % {campaigns}) AS campaign_name,
    'Message ' || (h2 % 6) AS message_name,
    CASE WHEN event_type IN ('bounce', 'delay')
        THEN ['5.1.1', '4.2.2', '5.7.1', '4.4.7', '550'][1 + (h3 // 37) % 6] END AS status_code,
    CASE WHEN is_machine THEN ['vendor_flag', 'prefetch', 'apple_privacy'][1 + (h3 // 41) % 3]
    END AS machine_reason
FROM (
    SELECT *,
        (h1 // 41) % 5 < 2 AS push,
        CASE
            WHEN kind < 360 THEN 'sent' WHEN kind < 700 THEN 'delivered'
            WHEN kind < 725 THEN 'bounce' WHEN kind < 735 THEN 'error'
            WHEN kind < 765 THEN 'excluded' WHEN kind < 770 THEN 'delay'
            WHEN kind < 930 THEN 'open' WHEN push AND kind < 980 THEN 'action'
            WHEN kind < 990 THEN 'click' WHEN kind < 997 THEN 'unsubscribe'
            ELSE 'spam_complaint' END AS event_type
    FROM (
        SELECT k, (hash(k, {seed}, 1) >> 1)::BIGINT AS h1, (hash(k, {seed}, 2) >> 1)::BIGINT AS h2,
            (hash(k, {seed}, 3) >> 1)::BIGINT AS h3, hash(k, {seed}, 4) % 1000 AS kind
        FROM (
            SELECT CASE WHEN hash(i, {seed}, 0) % 100 = 0 AND i >= {first}
                THEN (hash(i, {seed}, 5) >> 1)::BIGINT % greatest(i, 1) ELSE i END AS k
            FROM range({low}, {high}) AS numbers(i)
        )
    )
)
"""


def query(low: int, high: int, *, total: int, first: int = 0, seed: int = 1) -> str:
    """Return SQL for events number *low* to *high* of a day of *total*.

    One in a hundred of those from *first* on repeats an earlier one instead.
    """
    return _COLUMNS.format(
        seed=seed,
        start=START,
        total=total,
        campaigns=CAMPAIGNS,
        low=low,
        high=high,
        first=first,
    )


def write(sql: str, path: Path) -> None:
    """Write the rows of a query as Parquet or NDJSON; the file appears whole."""
    form = "(FORMAT parquet, COMPRESSION zstd)" if path.suffix == ".parquet" else "(FORMAT json)"
    hidden = path.with_name(f".{path.name}.part")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({sql}) TO '{hidden}' {form}")
    hidden.replace(path)


def generate(folder: Path, events: int, *, seed: int = 1, form: str = "parquet") -> Path:
    """Fill *folder* with a day of *events*; keep it where it is already full."""
    done = folder / ".complete"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for low in range(0, events, PER_FILE):
            high = min(low + PER_FILE, events)
            sql = query(low, high, total=events, seed=seed)
            write(sql, folder / f"events-{low // PER_FILE:04}.{form}")
        done.touch()
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--form", choices=["parquet", "ndjson"], default="parquet")
    options = parser.parse_args()
    print(generate(options.folder, options.events, seed=options.seed, form=options.form))


if __name__ == "__main__":
    main()
