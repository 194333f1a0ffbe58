"""Reading reviews: of one visit, the staff's list with averages, and what a clinic has settled (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.beside import ITS_PATIENT, ITS_SERVICE, ITS_SPECIALIST
from app.appointments.reviews.models import ReviewRule, VisitReview
from app.appointments.reviews.rules import Rule
from app.catalog.models import Service
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import Permission
from app.kernel.identity.models import Human
from app.lib.paging import Page, PageRequest
from app.people.models import Patient, Specialist


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reviews a list shows; `low` those of at most two stars, `waiting` those that nobody dealt with."""

    low: bool = False
    waiting: bool = False
    specialist_id: uuid.UUID | None = None
    service_id: uuid.UUID | None = None


def review_of(
    session: Session, org_id: uuid.UUID, appointment_id: uuid.UUID
) -> Row[int, str, dt.datetime] | None:
    """Rating, comment and `given_at` of a visit's review, or None."""
    return session.execute(
        select(VisitReview.rating, VisitReview.comment, VisitReview.given_at).where(
            VisitReview.org_id == org_id, VisitReview.appointment_id == appointment_id
        )
    ).one_or_none()


def rule_for(session: Session, org_id: uuid.UUID, service_id: uuid.UUID | None) -> Rule:
    """What holds for a service: its own rule, else the clinic's; without any, nobody is asked."""
    row = session.execute(
        select(ReviewRule.asks, ReviewRule.after_hours, ReviewRule.low_rating)
        .where(
            ReviewRule.org_id == org_id,
            or_(ReviewRule.service_id.is_(None), ReviewRule.service_id == service_id),
        )
        .order_by(ReviewRule.service_id.is_(None))
        .limit(1)
    ).one_or_none()
    return Rule(*row) if row else Rule()


def exceptions(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    """Services with a rule of their own: whether they ask."""
    rows = session.execute(
        select(ReviewRule.service_id, ReviewRule.asks).where(
            ReviewRule.org_id == org_id, ReviewRule.service_id.is_not(None)
        )
    )
    return {row.service_id: row.asks for row in rows}


def _listed(org_id: uuid.UUID, wanted: Wanted) -> Select[Any]:
    conditions = [VisitReview.org_id == org_id]
    if wanted.low:
        conditions.append(VisitReview.rating <= 2)
    if wanted.waiting:
        conditions.append(
            and_(VisitReview.handled_at.is_(None), VisitReview.alerted_at.is_not(None))
        )
    if wanted.specialist_id is not None:
        conditions.append(Appointment.specialist_id == wanted.specialist_id)
    if wanted.service_id is not None:
        conditions.append(Appointment.service_id == wanted.service_id)
    return (
        select()
        .select_from(VisitReview)
        .join(
            Appointment,
            and_(
                Appointment.org_id == VisitReview.org_id,
                Appointment.id == VisitReview.appointment_id,
            ),
        )
        .join(Specialist, ITS_SPECIALIST)
        .join(Service, ITS_SERVICE)
        .where(*conditions)
    )


def reviews_page(
    session: Session, org_id: uuid.UUID, wanted: Wanted, request: PageRequest
) -> Page[Row[Any]]:
    """Reviews, newest first; of the list of those that wait, the worst first."""
    query = (
        _listed(org_id, wanted)
        .add_columns(
            VisitReview.id,
            VisitReview.rating,
            VisitReview.comment,
            VisitReview.given_at,
            VisitReview.changed_at,
            VisitReview.alerted_at,
            VisitReview.handled_at,
            VisitReview.handled_note,
            Human.name.label("handled_by"),
            Appointment.id.label("visit_id"),
            Appointment.starts_at,
            Patient.id.label("patient_id"),
            Patient.name.label("patient_name"),
            Patient.phone.label("patient_phone"),
            Specialist.name.label("specialist_name"),
            Service.names.label("service_names"),
            func.count().over().label("total"),
        )
        .join(Patient, ITS_PATIENT)
        .outerjoin(Human, Human.id == VisitReview.handled_by)
    )
    first = [VisitReview.rating] if wanted.waiting else []
    rows = session.execute(
        query.order_by(*first, VisitReview.given_at.desc(), VisitReview.id)
        .limit(request.size)
        .offset(request.offset)
    ).all()
    return Page(rows, rows[0].total if rows else 0, request)


def averages(
    session: Session, org_id: uuid.UUID, *, specialist_id: uuid.UUID | None = None
) -> Sequence[Row[Any]]:
    """For each specialist and service: `average`, `count` and `low` (at most two stars), of the last year's reviews."""
    return session.execute(
        _listed(org_id, Wanted(specialist_id=specialist_id))
        .add_columns(
            Specialist.id.label("specialist_id"),
            Specialist.name.label("specialist_name"),
            Service.id.label("service_id"),
            Service.names.label("service_names"),
            func.avg(VisitReview.rating).label("average"),
            func.count().label("count"),
            func.sum(case((VisitReview.rating <= 2, 1), else_=0)).label("low"),
        )
        .group_by(Specialist.id, Specialist.name, Service.id, Service.names)
        .order_by(Specialist.name, Service.id)
    ).all()


def holders(
    session: Session, org_id: uuid.UUID, permission: Permission
) -> Sequence[Row[uuid.UUID, str, str, str]]:
    """Active staff whose role carries a permission and sees the whole clinic: id, name, e-mail, language."""
    return session.execute(
        select(Human.id, Human.name, Human.email, Human.locale)
        .join(Membership, Membership.human_id == Human.id)
        .join(Role, and_(Role.org_id == Membership.org_id, Role.id == Membership.role_id))
        .join(
            RolePermission,
            and_(
                RolePermission.org_id == Membership.org_id,
                RolePermission.role_id == Membership.role_id,
            ),
        )
        .where(
            Membership.org_id == org_id,
            Membership.deactivated_at.is_(None),
            Human.disabled_at.is_(None),
            Role.own_patients_only.is_(False),
            RolePermission.permission == permission.code,
        )
        .order_by(Human.id)
    ).all()
