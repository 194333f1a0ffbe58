"""For whom the portal is open: the person, or somebody whom the person cares for (KRN-02)."""

from __future__ import annotations

import uuid

from flask import g, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.web.http import guards
from app.web.http.own_patients import Known, known, patient, patient_id, remember
from app.web.http.render import see_other
from app.web.portal import blueprint

__all__ = ["Known", "known", "patient", "patient_id"]


@blueprint.get("/for/<uuid:patient_id>")
@guards.patient()
def choose(patient_id: uuid.UUID) -> Response:
    """Open the portal for another person of one's own; a choice of view, like the language."""
    if patient_id not in g.own_patient_ids:
        raise NotFound
    remember(patient_id)
    return see_other(url_for("portal.home"))


@blueprint.get("/for/<uuid:patient_id>/book")
@guards.patient()
def book_for(patient_id: uuid.UUID) -> Response:
    """The same on the way to a new visit."""
    if patient_id not in g.own_patient_ids:
        raise NotFound
    remember(patient_id)
    return see_other(url_for("booking.clinic_page"))
