"""What a patient still has to fill in before a visit (FRM-05, BOK-01)."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.forms.models import FormInstance
from app.forms.queries import templates
from app.forms.states import SIGNED
from app.people.persons import cards_of
from app.scheduling.queries.asked_forms import asked_templates


def forms_to_fill(
    session: Session, org_id: uuid.UUID, *, patient_id: uuid.UUID, calendar_id: uuid.UUID | None
) -> list[dict[str, str]]:
    """Titles of the forms that the calendar asks for and the patient has not signed in their newest version.

    Told from what is asked and not from what is open, since the worker opens the forms a moment after the booking.
    """
    asked = asked_templates(session, org_id, calendar_id) if calendar_id else frozenset()
    if not asked:
        return []
    wanted = {one.version_id: one.titles for one in templates(session, org_id) if one.id in asked}
    signed = session.scalars(
        select(FormInstance.template_version_id).where(
            FormInstance.org_id == org_id,
            FormInstance.patient_id.in_(cards_of(org_id, [patient_id])),
            FormInstance.template_version_id.in_(list(wanted)),
            FormInstance.state == SIGNED,
        )
    ).all()
    return [titles for version_id, titles in wanted.items() if version_id not in signed]
