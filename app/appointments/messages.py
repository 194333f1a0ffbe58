"""What messages say of a visit: everything that their words need, read in one go (NTF-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.appointments.calendar_file import (
    CANCEL,
    REQUEST,
    Party,
    VisitEntry,
    calendar_file,
    visit_uid,
)
from app.appointments.models import Appointment, AppointmentChange
from app.appointments.queries import VisitView, visit_view
from app.appointments.queries.addons import KeptAddon, addons_of_visit
from app.appointments.queries.beside import ITS_LOCATION, ITS_PATIENT
from app.appointments.rules.policy import patient_may_change
from app.kernel.tenancy.models import Location, Organization
from app.messaging.words import language
from app.people.models import Patient
from app.scheduling.models import Calendar

# The steps that a patient is told of; any other step leaves earlier messages true.
TOLD_OF = ("book", "move", "cancel", "restore")
NO_REPLY = "no-reply@restartix.invalid"
VisitUrl = Callable[[str, uuid.UUID], str]
RebookUrl = Callable[[str, str | None], str]


class _Installed:
    """How addresses are made; the composer knows, since routes live above."""

    visit_url: VisitUrl | None = None
    rebook_url: RebookUrl | None = None


def install_addresses(visit: VisitUrl, rebook: RebookUrl) -> None:
    """Say how pages are addressed, absolutely: a visit by `(clinic slug, visit id)`, and where to choose another
    time by `(clinic slug, slug of the calendar or None where it takes no bookings)`.
    """
    _Installed.visit_url = staticmethod(visit)
    _Installed.rebook_url = staticmethod(rebook)


@dataclass(frozen=True, slots=True)
class Clinic:
    """The sender of a visit's messages."""

    name: str
    slug: str
    email: str | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class VisitNews:
    """A visit with whom it is told to, and on whose clock."""

    visit: VisitView
    clinic: Clinic
    reader_zone: str
    place_zone: str
    open_calendar: str | None
    addons: list[KeptAddon]

    @property
    def online(self) -> bool:
        return self.visit.modality == "video"


def told_version(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> int | None:
    """The version of the last change that a patient is told of; None when the visit does not exist."""
    return told_versions(session, org_id, [appointment_id]).get(appointment_id)


def told_versions(
    session: Session, org_id: uuid.UUID, appointment_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, int]:
    """The version of each visit's last change that a patient is told of."""
    rows = session.execute(
        select(AppointmentChange.appointment_id, func.max(AppointmentChange.version))
        .where(
            AppointmentChange.org_id == org_id,
            AppointmentChange.appointment_id.in_(appointment_ids),
            AppointmentChange.verb.in_(TOLD_OF),
        )
        .group_by(AppointmentChange.appointment_id)
    )
    return {appointment_id: int(version) for appointment_id, version in rows}


def visit_news(session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID) -> VisitNews:
    """Everything that a message about the visit may say. Raises NotFound."""
    row = session.execute(
        select(
            Organization.name,
            Organization.slug,
            Organization.email,
            Organization.time_zone,
            Patient.time_zone.label("reader_zone"),
            Location.time_zone.label("place_zone"),
            Calendar.slug.label("open_calendar"),
        )
        .select_from(Appointment)
        .join(Organization, Organization.id == Appointment.org_id)
        .join(Patient, ITS_PATIENT)
        .outerjoin(Location, ITS_LOCATION)
        .outerjoin(
            Calendar,
            and_(
                Calendar.org_id == Appointment.org_id,
                Calendar.id == Appointment.calendar_id,
                Calendar.public,
                Calendar.archived_at.is_(None),
            ),
        )
        .where(Appointment.org_id == org_id, Appointment.id == appointment_id)
    ).one()
    visit = visit_view(session, org_id, appointment_id)
    clinic = Clinic(row.name, row.slug, row.email, row.time_zone)
    return VisitNews(
        visit,
        clinic,
        row.reader_zone or visit.time_zone,
        row.place_zone or row.time_zone,
        row.open_calendar,
        addons_of_visit(session, org_id, appointment_id),
    )


def context(news: VisitNews, now: dt.datetime) -> dict[str, Any]:
    """The context of the three booking messages (templates/messages/booking_*)."""
    visit = news.visit
    main, other = zones(news)
    return {
        "patient_name": visit.patient_name,
        "service_names": visit.service_names,
        "specialist": visit.specialist_name,
        "specialist_id": visit.specialist_id,
        "reference": visit.reference,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "moved_from": visit.rescheduled_from,
        "change_until": visit.may_change_until,
        "may_change": visit.may_change_until > now,
        "may_change_late": visit.may_change_until <= now
        and patient_may_change(now, visit.starts_at, visit.terms),
        "price_minor": visit.price_minor,
        "addons": [
            {"names": one.names, "quantity": one.quantity, "total_minor": one.total_minor}
            for one in news.addons
        ],
        "currency": visit.currency,
        "online": news.online,
        "location": None if news.online else _location(visit),
        "location_phone": visit.location_phone,
        "zone": main,
        "other_zone": other,
        "time_zone": news.reader_zone,
        "visit_url": visit_url(news),
        "rebook_url": _rebook_url(news),
        "calendar": _calendar(news, now),
    }


def entry(news: VisitNews, now: dt.datetime) -> VisitEntry:
    """The visit as an entry of the patient's calendar, as of `now`."""
    visit = news.visit
    locale = language(visit.patient_locale)
    service = visit.service_names.get(locale) or next(iter(visit.service_names.values()), "")
    organiser = Party(news.clinic.name, news.clinic.email or NO_REPLY)
    attendee = Party(visit.patient_name, visit.patient_email) if visit.patient_email else None
    return VisitEntry(
        uid=visit_uid(visit.id),
        sequence=visit.version,
        summary=f"{service} · {news.clinic.name}",
        description=f"{visit.specialist_name}\n{visit.reference}",
        location="" if news.online else _location(visit) or news.clinic.name,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        time_zone=news.place_zone,
        organiser=organiser,
        attendee=attendee,
        status="CANCELLED" if visit.cancelled_at else "CONFIRMED",
        written_at=now,
        url=visit_url(news) or "",
    )


def _calendar(news: VisitNews, now: dt.datetime) -> dict[str, str]:
    method = CANCEL if news.visit.cancelled_at else REQUEST
    content = calendar_file(entry(news, now), method).decode()
    return {"filename": f"{news.visit.reference}.ics", "method": method, "content": content}


def visit_url(news: VisitNews) -> str | None:
    build = _Installed.visit_url
    return build(news.clinic.slug, news.visit.id) if build else None


def _rebook_url(news: VisitNews) -> str | None:
    build = _Installed.rebook_url
    return build(news.clinic.slug, news.open_calendar) if build else None


def _location(visit: VisitView) -> str:
    parts = (visit.location_name, visit.location_address, visit.location_city)
    return ", ".join(part for part in parts if part)


def zones(news: VisitNews) -> tuple[str, str | None]:
    """The clock that counts, and the other one where it shows another time: who travels reads the place's clock."""
    main, other = news.place_zone, news.reader_zone
    if news.online:
        main, other = other, main
    same = _offset(news.visit.starts_at, main) == _offset(news.visit.starts_at, other)
    return main, None if same else other


def _offset(instant: dt.datetime, zone: str) -> dt.timedelta | None:
    return instant.astimezone(ZoneInfo(zone)).utcoffset()
