"""For whom somebody who is signed in acts: the person, or one of those whom they care for (KRN-02).

Only behind `guards.patient()` or after `guards.patient_here()`, whose list of patients is never left.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import g
from flask import session as cookie
from sqlalchemy import select

from app.people.models import Patient
from app.web.http import context

CHOSEN = "for_whom"


@dataclass(frozen=True)
class Known:
    """A patient whom this login may open."""

    id: uuid.UUID
    name: str


def patient_id() -> uuid.UUID:
    """The patient whom the page is about."""
    own: list[uuid.UUID] = g.own_patient_ids
    chosen = cookie.get(CHOSEN, {}).get(str(context.org_id()))
    return next((one for one in own if str(one) == chosen), own[0])


def known() -> list[Known]:
    """Everybody whom this login may open, the person first."""
    own: list[uuid.UUID] = g.own_patient_ids
    if "known_patients" not in g:
        rows = context.session().execute(
            select(Patient.id, Patient.name).where(
                Patient.org_id == context.org_id(), Patient.id.in_(own)
            )
        )
        names = {row.id: row.name for row in rows}
        g.known_patients = [Known(one, names[one]) for one in own]
    found: list[Known] = g.known_patients
    return found


def patient() -> Known:
    """The patient whom the page is about, by name."""
    wanted = patient_id()
    return next(one for one in known() if one.id == wanted)


def remember(chosen: uuid.UUID) -> None:
    """From now on the pages are about this patient; a choice of view, like the language."""
    cookie[CHOSEN] = {**cookie.get(CHOSEN, {}), str(context.org_id()): str(chosen)}
