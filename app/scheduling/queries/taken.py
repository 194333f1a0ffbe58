"""Taken time of resources, read as rows where a rule or an explanation needs them and else as bare footprints."""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from array import array
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.scheduling.queries.ignoring import Ignoring, ignored
from app.scheduling.rules.occupancy import Busy, Footprints

# No occupancy is longer than this (a constraint says so): the index is read from there on and not from its beginning.
LONGEST = dt.timedelta(days=7)
# Postgres counts microseconds from 2000, the rules minutes from 1970.
_MICROS = 60_000_000
_EPOCH_2000 = int(dt.datetime(2000, 1, 1, tzinfo=dt.UTC).timestamp()) // 60

# Aggregated to whole minutes in the database: one row a resource, whatever the number of visits.
_ROWS = text(
    """
    SELECT resource_id,
           array_agg((extract(epoch FROM visit_starts_at) / 60)::bigint) AS starts,
           array_agg((extract(epoch FROM visit_ends_at) / 60)::bigint) AS ends,
           array_agg((extract(epoch FROM visit_starts_at - starts_at) / 60)::int) AS before,
           array_agg((extract(epoch FROM ends_at - visit_ends_at) / 60)::int) AS after,
           array_agg(CASE WHEN kind IN ('appointment', 'class') THEN 'visit' ELSE kind END) AS kinds,
           array_agg(COALESCE(reference_id::text, '')) AS refs
    FROM occupancies
    WHERE org_id = :org AND resource_id = ANY(:resources) AND live
      AND starts_at > :earliest AND starts_at < :until AND ends_at > :since
    GROUP BY resource_id
    """
)


def busy_times(
    session: Session,
    org_id: uuid.UUID,
    resource_ids: Collection[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
) -> dict[uuid.UUID, list[Busy]]:
    """Taken time of each resource, in minutes since the epoch."""
    rows = session.execute(_ROWS, taken_asked(org_id, resource_ids, since, until))
    return {
        row.resource_id: list(
            map(Busy, row.starts, row.ends, row.before, row.after, row.kinds, row.refs)
        )
        for row in rows
    }


# Instants leave as Postgres sends them, one text of bytes a resource: no row is made and no digit written.
FOOTPRINTS = """
    SELECT resource_id,
           string_agg(timestamptz_send(starts_at), ''::bytea) AS starts,
           string_agg(timestamptz_send(ends_at), ''::bytea) AS ends
    FROM (SELECT resource_id, starts_at, ends_at FROM occupancies
          WHERE org_id = :org AND resource_id = ANY(:resources) AND live
            AND starts_at > :earliest AND starts_at < :until AND ends_at > :since
            AND true
          ORDER BY resource_id, starts_at) found
    GROUP BY resource_id
    """
_ALL = text(FOOTPRINTS)
_BESIDES = text(FOOTPRINTS.replace("true", "(reference_id <> ALL(:ignoring)) IS NOT FALSE"))


def footprints(
    session: Session,
    org_id: uuid.UUID,
    resource_ids: Collection[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
    ignoring: Ignoring = None,
) -> dict[uuid.UUID, Footprints]:
    """The footprints on each resource, in minutes since the epoch; `ignoring`: visits being moved."""
    asked = taken_asked(org_id, resource_ids, since, until)
    moving = list(ignored(ignoring))
    session.flush()
    rows = session.connection().execute(_BESIDES if moving else _ALL, asked | {"ignoring": moving})
    return {resource_id: footprints_sent(starts, ends) for resource_id, starts, ends in rows}


def footprints_sent(starts: bytes, ends: bytes) -> Footprints:
    """The footprints in instants as Postgres has sent them; half minutes are taken whole."""
    return Footprints.of(
        [at // _MICROS + _EPOCH_2000 for at in _instants(starts)],
        [-(-at // _MICROS) + _EPOCH_2000 for at in _instants(ends)],
    )


def _instants(sent: bytes) -> array[int]:
    """Microseconds from 2000, as Postgres sends them: eight bytes each, the highest first."""
    found = array("q")
    found.frombytes(sent)
    if sys.byteorder == "little":
        found.byteswap()
    return found


def taken_asked(
    org_id: uuid.UUID,
    resource_ids: Collection[uuid.UUID],
    since: dt.datetime,
    until: dt.datetime,
) -> dict[str, object]:
    """The parameters of both questions."""
    return {
        "org": org_id,
        "resources": list(resource_ids),
        "earliest": since - LONGEST,
        "since": since,
        "until": until,
    }
