"""Visits around the next clock changes, with what the change does to each (BYD-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.beside import ITS_LOCATION, ITS_PATIENT, ITS_SERVICE, ITS_SPECIALIST
from app.appointments.states import OPEN
from app.catalog.models import Service
from app.kernel.tenancy.models import Location
from app.people.models import Patient, Specialist
from app.scheduling.rules.clock_changes import (
    ClockChange,
    Finding,
    PlannedVisit,
    clock_change_report,
    next_changes,
    with_agreed_times,
)
from app.scheduling.rules.walltime import from_datetime, to_datetime

WEEKS = 1
CHANGES_AHEAD = 2


@dataclass(frozen=True, slots=True)
class VisitAround:
    """A visit near a change. `patient_zone` is set where the patient lives by another clock."""

    id: uuid.UUID
    starts_at: dt.datetime
    ends_at: dt.datetime
    patient_name: str
    service_names: dict[str, str]
    specialist_name: str
    patient_zone: str | None
    after_change: bool
    findings: tuple[Finding, ...]

    @property
    def steady(self) -> bool:
        """Nothing to look at."""
        return self.findings == (Finding.STEADY,)


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """One change of the clocks of a zone, offsets in minutes east of UTC, and the visits within a week of it."""

    zone: str
    at: dt.datetime
    before_min: int
    after_min: int
    visits: tuple[VisitAround, ...]

    @property
    def shift_min(self) -> int:
        """By how much the clocks go forward; negative when they go back."""
        return self.after_min - self.before_min

    @property
    def before_clock(self) -> str:
        """What the clocks show when they are put: 03:00."""
        shown = self.at.astimezone(ZoneInfo(self.zone)) - dt.timedelta(minutes=self.shift_min)
        return f"{shown:%H:%M}"

    @property
    def noteworthy(self) -> list[VisitAround]:
        """The visits that somebody should look at."""
        return [one for one in self.visits if not one.steady]


def zones_of(session: Session, org_id: uuid.UUID) -> list[str]:
    """The zones whose clocks the clinic's visits follow: of open locations and active specialists."""
    places = select(Location.time_zone).where(
        Location.org_id == org_id, Location.closed_at.is_(None)
    )
    people = select(Specialist.time_zone).where(
        Specialist.org_id == org_id,
        Specialist.active,
        Specialist.deleted_at.is_(None),
        Specialist.time_zone.is_not(None),
    )
    return sorted({zone for zone in session.scalars(places.union(people)) if zone})


def change_reports(
    session: Session,
    org_id: uuid.UUID,
    zone: str,
    now: dt.datetime,
    *,
    only_patients_of: uuid.UUID | None = None,
) -> list[ChangeReport]:
    """The zone's next two changes, each with the open visits within a week before and after.

    `only_patients_of` limits what an own-patients role sees to that specialist's visits (KRN-04).
    """
    changes = next_changes(zone, from_datetime(now), CHANGES_AHEAD)
    return [_report(change, _rows(session, org_id, change, only_patients_of)) for change in changes]


def _rows(
    session: Session, org_id: uuid.UUID, change: ClockChange, only_patients_of: uuid.UUID | None
) -> Sequence[Row[Any]]:
    at, around = to_datetime(change.at), dt.timedelta(weeks=WEEKS)
    query = (
        select(
            Appointment.id,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.patient_id,
            Appointment.service_id,
            Appointment.specialist_id,
            Appointment.time_zone,
            Patient.name.label("patient_name"),
            Service.names.label("service_names"),
            Specialist.name.label("specialist_name"),
        )
        .join(Patient, ITS_PATIENT)
        .join(Service, ITS_SERVICE)
        .join(Specialist, ITS_SPECIALIST)
        .outerjoin(Location, ITS_LOCATION)
        .where(
            Appointment.org_id == org_id,
            Appointment.starts_at.between(at - around, at + around),
            func.coalesce(Location.time_zone, Specialist.time_zone) == change.tz,
            Appointment.state.in_(OPEN),
            Appointment.deleted_at.is_(None),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    if only_patients_of is not None:
        query = query.where(Appointment.specialist_id == only_patients_of)
    return session.execute(query).all()


def _report(change: ClockChange, rows: Sequence[Row[Any]]) -> ChangeReport:
    by_id = {str(row.id): row for row in rows}
    planned = with_agreed_times(
        change, [((row.patient_id, row.service_id), _planned(change, row)) for row in rows]
    )
    return ChangeReport(
        change.tz,
        to_datetime(change.at),
        change.before,
        change.after,
        tuple(
            _around(change, by_id[line.ref], line.after_change, line.findings)
            for line in clock_change_report(change, planned, WEEKS)
        ),
    )


def _planned(change: ClockChange, row: Row[Any]) -> PlannedVisit:
    return PlannedVisit(
        str(row.id),
        from_datetime(row.starts_at),
        from_datetime(row.ends_at),
        patient_tz=_elsewhere(change, row),
    )


def _elsewhere(change: ClockChange, row: Row[Any]) -> str | None:
    return None if row.time_zone == change.tz else str(row.time_zone)


def _around(
    change: ClockChange, row: Row[Any], after_change: bool, findings: tuple[Finding, ...]
) -> VisitAround:
    return VisitAround(
        row.id,
        row.starts_at,
        row.ends_at,
        row.patient_name,
        row.service_names,
        row.specialist_name,
        _elsewhere(change, row),
        after_change,
        findings,
    )
