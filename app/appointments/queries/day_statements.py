"""The statements of a day at the desk, each form built once: building one costs more than running it.

What they read is described in `agenda`. Parameters: org_id, since, until (instants), first, last (dates), people,
location_id, specialist_id.
"""

from __future__ import annotations

import datetime as dt
import uuid
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    ScalarSelect,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from app.appointments.models import Appointment
from app.appointments.queries.open_time import hours_text
from app.appointments.rules.overbooking import OVERBOOKED
from app.catalog.models import Service
from app.kernel.db import table_of
from app.people.models import Patient, Specialist
from app.scheduling.models import ClassSeat, Occupancy, Resource

Instant: TypeAlias = dt.datetime | ColumnElement[dt.datetime]
# No visit is longer, so none that began earlier reaches into a range.
LONGEST_VISIT = dt.timedelta(days=1)


def _instant(name: str) -> ColumnElement[dt.datetime]:
    return bindparam(name, type_=DateTime(timezone=True))


SINCE, UNTIL = _instant("since"), _instant("until")


@lru_cache
def people(at_location: bool, one_only: bool, drawn: bool) -> Select[*tuple[Any, ...]]:
    """Specialists by name with their hours; with `drawn` also what only a calendar shows: offered times and blocks."""
    query = (
        select(
            Specialist.id,
            Specialist.name,
            Specialist.title,
            Specialist.slug,
            Specialist.color,
            Specialist.active,
            func.coalesce(Specialist.time_zone, "").label("time_zone"),
            Specialist.location_id,
            literal(0).label("priority"),
            Resource.number.label("resource"),
            Resource.id.label("resource_id"),
            hours_text(bindparam("first"), bindparam("last")).label("hours"),
            (_offered() if drawn else literal(None)).label("offered"),
            (blocked(SINCE, UNTIL) if drawn else literal(None)).label("blocks"),
        )
        .join(
            Resource,
            and_(Resource.org_id == Specialist.org_id, Resource.specialist_id == Specialist.id),
        )
        .where(Specialist.org_id == bindparam("org_id"), Specialist.deleted_at.is_(None))
        .order_by(Specialist.name, Specialist.id)
    )
    if at_location:
        query = query.where(Specialist.location_id == bindparam("location_id"))
    return query.where(Specialist.id == bindparam("specialist_id")) if one_only else query


def _offered() -> ScalarSelect[Any]:
    """Times of a resource that are kept for somebody on the waiting list, as starts and ends one after the other."""
    return (
        select(
            func.array_agg(Occupancy.visit_starts_at).op("||")(
                func.array_agg(Occupancy.visit_ends_at)
            )
        )
        .where(
            Occupancy.org_id == Resource.org_id,
            Occupancy.resource_id == Resource.id,
            Occupancy.live,
            Occupancy.kind == "offer",
            Occupancy.starts_at < UNTIL,
            Occupancy.ends_at > SINCE,
        )
        .correlate(Resource)
        .scalar_subquery()
    )


def blocked(since: Instant, until: Instant) -> ScalarSelect[Any]:
    """Blocks of a resource between two instants, for `blocks_of`."""
    row = func.jsonb_build_array(
        Occupancy.id,
        Occupancy.starts_at,
        Occupancy.ends_at,
        func.coalesce(Occupancy.reason, ""),
    )
    return (
        select(func.jsonb_agg(row))
        .where(
            Occupancy.org_id == Resource.org_id,
            Occupancy.resource_id == Resource.id,
            Occupancy.live,
            Occupancy.kind == "block",
            Occupancy.starts_at < until,
            Occupancy.ends_at > since,
        )
        .correlate(Resource)
        .scalar_subquery()
    )


def _visits() -> Select[*tuple[Any, ...]]:
    """Visits that were not cancelled, by start; columns as `agenda.AgendaEntry` has them."""
    visit, patient = table_of(Appointment).c, table_of(Patient).c
    service, seat = table_of(Service).c, table_of(ClassSeat).c
    joined = (
        table_of(Appointment)
        .join(
            table_of(Patient),
            and_(patient.org_id == visit.org_id, patient.id == visit.patient_id),
        )
        .join(
            table_of(Service), and_(service.org_id == visit.org_id, service.id == visit.service_id)
        )
        .outerjoin(
            table_of(ClassSeat),
            and_(seat.org_id == visit.org_id, seat.holder_id == visit.id, seat.live),
        )
    )
    return (
        select(
            visit.id,
            visit.starts_at,
            visit.ends_at,
            visit.state,
            visit.version,
            visit.patient_id,
            patient.name.label("patient_name"),
            patient.phone.label("patient_phone"),
            patient.onboarded_at.is_(None).label("guest"),
            service.names.label("service_names"),
            service.buffer_before_min,
            service.buffer_after_min,
            visit.specialist_id,
            visit.checked_in_at,
            visit.note,
            visit.channel,
            visit.called_at,
            (visit.assignment_reason == OVERBOOKED).label("overbooked"),
            seat.session_id,
            seat.capacity,
            visit.room_id,
            visit.device_id,
            visit.service_id,
        )
        .select_from(joined)
        .where(
            visit.org_id == bindparam("org_id"),
            visit.state != "cancelled",
            visit.deleted_at.is_(None),
        )
        .order_by(visit.starts_at)
    )


def _touching() -> ColumnElement[bool]:
    """Begins in the range, or began before and reaches into it."""
    begins = table_of(Appointment).c.starts_at
    return and_(
        begins >= _instant("long_before"),
        begins < UNTIL,
        or_(begins >= SINCE, table_of(Appointment).c.ends_at > SINCE),
    )


VISITS = _visits()
VISITS_BETWEEN = VISITS.where(
    table_of(Appointment).c.starts_at >= SINCE, table_of(Appointment).c.starts_at < UNTIL
)
VISITS_TOUCHING = VISITS.where(_touching())
VISITS_OF_PEOPLE = VISITS_TOUCHING.where(
    table_of(Appointment).c.specialist_id == any_(bindparam("people", type_=ARRAY(Uuid)))
)


def asked(
    org_id: uuid.UUID, since: dt.datetime, until: dt.datetime, **more: object
) -> dict[str, object]:
    """The parameters of a statement over a range."""
    before = since - LONGEST_VISIT
    return {"org_id": org_id, "since": since, "until": until, "long_before": before, **more}
