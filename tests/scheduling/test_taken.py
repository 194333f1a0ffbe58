"""Taken time read as footprints is what its rows say, and none is longer than its reader looks back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, enter
from app.scheduling.models import Occupancy, Resource
from app.scheduling.queries.taken import LONGEST, busy_times, footprints
from app.scheduling.rules.occupancy import footprint
from tests.factories.scene import Scene

pytestmark = pytest.mark.proves("SCH-02", "SCH-05")
START = dt.datetime(2027, 3, 4, 8, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def take(
    session: Session,
    resource: Resource,
    start: dt.datetime,
    end: dt.datetime,
    before: int = 0,
    reference_id: uuid.UUID | None = None,
) -> None:
    session.add(
        Occupancy(
            org_id=resource.org_id,
            resource_id=resource.id,
            resource_number=resource.number,
            starts_at=start - before * MINUTE,
            ends_at=end,
            visit_starts_at=start,
            visit_ends_at=end,
            kind="block",
            reference_id=reference_id,
        )
    )
    session.flush()


@pytest.fixture
def resource(session: Session, scene: Scene) -> Resource:
    enter(session, Scope(org_id=scene.org_id))
    return session.scalars(
        select(Resource).where(Resource.specialist_id == scene.specialist_id)
    ).one()


def test_footprints_are_those_of_the_rows(session: Session, resource: Resource) -> None:
    moved = uuid.uuid4()
    take(session, resource, START + 90 * MINUTE, START + 120 * MINUTE, before=10)
    take(session, resource, START, START + 45 * MINUTE, reference_id=moved)
    take(session, resource, START - LONGEST + MINUTE, START - MINUTE)  # reaches into the range
    take(session, resource, START + 600 * MINUTE, START + 630 * MINUTE)  # lies behind it
    asked = (session, resource.org_id, [resource.id], START - 2 * MINUTE, START + 300 * MINUTE)
    spans = sorted(footprint(row) for row in busy_times(*asked)[resource.id])
    assert len(spans) == 3
    found = footprints(*asked)[resource.id]
    assert list(zip(found.starts, found.ends, strict=True)) == spans
    assert found.longest == max(end - start for start, end in spans)
    besides = footprints(*asked, ignoring=moved)[resource.id]
    kept = [span for number, span in enumerate(spans) if number != 1]
    assert list(zip(besides.starts, besides.ends, strict=True)) == kept


def test_half_minutes_are_taken_whole(session: Session, resource: Resource) -> None:
    """What the constraint would refuse is never offered."""
    half = dt.timedelta(seconds=30)
    take(session, resource, START + half, START + 10 * MINUTE + half)
    asked = (session, resource.org_id, [resource.id], START, START + 60 * MINUTE)
    found = footprints(*asked)[resource.id]
    minute = int(START.timestamp()) // 60
    assert (list(found.starts), list(found.ends)) == ([minute], [minute + 11])


def test_no_taken_time_is_longer_than_its_reader_looks_back(
    session: Session, resource: Resource
) -> None:
    with pytest.raises(IntegrityError, match="ck_occupancies_length"):
        take(session, resource, START, START + LONGEST + MINUTE)
