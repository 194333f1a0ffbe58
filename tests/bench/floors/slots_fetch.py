"""The availability floor with its fetch: plain psycopg, taken time as integers aggregated in SQL, no policies."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import psycopg

from tests.bench.floors import slots_bitmap

FETCH = """
SELECT array_agg((date_part('epoch', starts_at) / 900)::int)
FROM occupancies
WHERE org_id = %s AND resource_id = ANY(%s) AND live AND starts_at < %s AND ends_at > %s
GROUP BY resource_id
"""


def free_starts(
    connection: psycopg.Connection,
    org_id: uuid.UUID,
    resources: list[uuid.UUID],
    tz: ZoneInfo,
    hours: tuple[tuple[int, int], ...],
    first: dt.date,
    days: int,
) -> list[str]:
    """What slots_bitmap gives, after one prepared statement on a connection in autocommit that sees every row."""
    since = dt.datetime.combine(first, dt.time(), tz)
    until = since + dt.timedelta(days=days)
    rows = connection.execute(FETCH, (org_id, resources, until, since), prepare=True).fetchall()
    return slots_bitmap.free_starts([taken for (taken,) in rows], tz, hours, first, days)
