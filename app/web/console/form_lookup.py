"""Finding the form that an address names, as far as the reader may see its patient."""

from __future__ import annotations

import uuid

from app.forms import queries
from app.forms.models import FormInstance
from app.people.access import patient_or_404
from app.people.models import Patient
from app.web.http import context


def visible_form(form_id: uuid.UUID) -> tuple[FormInstance, Patient]:
    """A form and its patient. Raises NotFound for another clinic's, and for a patient who is not the reader's."""
    session, actor = context.session(), context.actor()
    found = queries.form_or_404(session, actor.clinic, form_id)
    return found, patient_or_404(session, actor, found.patient_id)
