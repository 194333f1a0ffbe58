"""For whom the portal is open: the person, or somebody whom the person cares for (KRN-02)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import g, url_for
from flask import session as cookie
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.people.models import Patient
from app.web.http import context, guards
from app.web.http.render import see_other
from app.web.portal import blueprint

CHOSEN = "for_whom"


@dataclass(frozen=True)
class Known:
    """A patient whom this login may open."""

    id: uuid.UUID
    name: str


def patient_id() -> uuid.UUID:
    """The patient whom the page is about. Only behind `guards.patient()`, whose list it never leaves."""
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


@blueprint.get("/for/<uuid:patient_id>")
@guards.patient()
def choose(patient_id: uuid.UUID) -> Response:
    """Open the portal for another person of one's own; a choice of view, like the language."""
    if patient_id not in g.own_patient_ids:
        raise NotFound
    cookie[CHOSEN] = {**cookie.get(CHOSEN, {}), str(context.org_id()): str(patient_id)}
    return see_other(url_for("portal.home"))
