"""What is due of a patient for late and missed visits, and what was let off (APT-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, ChargeRelease, VisitCharge
from app.kernel.identity.models import Human
from app.lib.errors import NotFound


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A charge; `why` says why it is no longer due ('waived', 'undone'), None while it is."""

    id: uuid.UUID
    appointment_id: uuid.UUID
    what: str
    amount_minor: int
    currency: str
    session_lost: bool
    starts_at: dt.datetime
    at: dt.datetime
    why: str | None
    reason: str | None
    released_by: str | None

    @property
    def standing(self) -> bool:
        """Whether it is still due."""
        return self.why is None


def charges_around(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, visit_id: uuid.UUID
) -> Sequence[ChargeView]:
    """All charges of a visit, and what is still due of its patient for other visits; the newest first."""
    return _views(
        session,
        _charges().where(
            VisitCharge.org_id == org_id,
            Appointment.patient_id == patient_id,
            or_(Appointment.id == visit_id, ChargeRelease.id.is_(None)),
        ),
    )


def due_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[ChargeView]:
    """What is still due of a patient; the newest first."""
    return _views(
        session,
        _charges().where(
            VisitCharge.org_id == org_id,
            Appointment.patient_id == patient_id,
            ChargeRelease.id.is_(None),
        ),
    )


def charge_view(session: Session, org_id: uuid.UUID, charge_id: uuid.UUID) -> ChargeView:
    """One charge. Raises NotFound."""
    found = _views(
        session, _charges().where(VisitCharge.org_id == org_id, VisitCharge.id == charge_id)
    )
    if not found:
        raise NotFound("charge_not_found")
    return found[0]


def _views(session: Session, query: Select[Any]) -> Sequence[ChargeView]:
    rows = session.execute(query.order_by(VisitCharge.created_at.desc(), VisitCharge.id))
    return [ChargeView(*row) for row in rows]


def _charges() -> Select[Any]:
    query: Any = (
        select(
            VisitCharge.id,
            VisitCharge.appointment_id,
            VisitCharge.what,
            VisitCharge.amount_minor,
            VisitCharge.currency,
            VisitCharge.session_lost,
            VisitCharge.starts_at,
            VisitCharge.created_at,
            ChargeRelease.why,
            ChargeRelease.reason,
            Human.name,
        )
        .join(
            Appointment,
            and_(
                Appointment.org_id == VisitCharge.org_id,
                Appointment.id == VisitCharge.appointment_id,
            ),
        )
        .outerjoin(
            ChargeRelease,
            and_(
                ChargeRelease.org_id == VisitCharge.org_id,
                ChargeRelease.charge_id == VisitCharge.id,
            ),
        )
        .outerjoin(Human, Human.id == ChargeRelease.released_by)
    )
    return cast("Select[Any]", query)
