"""Opening the forms that a booked visit asks for, each once for a patient (FRM-05)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.forms.actions import open_form
from app.forms.models import FormInstance, FormTemplateVersion
from app.forms.queries import templates
from app.kernel.access.actor import Actor
from app.scheduling.queries.asked_forms import asked_templates

CLOSED = ("voided",)


def open_asked_forms(
    session: Session,
    actor: Actor,
    *,
    patient_id: uuid.UUID,
    calendar_id: uuid.UUID,
    appointment_id: uuid.UUID,
    now: dt.datetime,
) -> list[uuid.UUID]:
    """Open what the calendar asks for and the patient has neither open nor signed in its newest version."""
    asked = asked_templates(session, actor.clinic, calendar_id)
    opened = []
    for template in templates(session, actor.clinic):
        if template.id in asked and not _has(
            session, actor, patient_id, template.id, template.version_id
        ):
            form = open_form(
                session,
                actor,
                patient_id=patient_id,
                template_id=template.id,
                appointment_id=appointment_id,
                now=now,
            )
            opened.append(form.id)
    return opened


def _has(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    template_id: uuid.UUID,
    newest: uuid.UUID,
) -> bool:
    """Open in any version, or signed in the newest."""
    return (
        session.scalar(
            select(FormInstance.id)
            .join(
                FormTemplateVersion,
                and_(
                    FormTemplateVersion.org_id == FormInstance.org_id,
                    FormTemplateVersion.id == FormInstance.template_version_id,
                ),
            )
            .where(
                FormInstance.org_id == actor.clinic,
                FormInstance.patient_id == patient_id,
                FormTemplateVersion.template_id == template_id,
                FormInstance.state.not_in(CLOSED),
                or_(
                    FormInstance.state != "signed",
                    FormInstance.template_version_id == newest,
                ),
            )
            .limit(1)
        )
        is not None
    )
