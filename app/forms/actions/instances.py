"""A form for a patient: opened with a frozen template, filled in, put back, voided (FRM-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.consents.models import ConsentPurposeVersion
from app.forms import events, queries
from app.forms.actions.openings import revoke_live
from app.forms.models import FormInstance
from app.forms.queries import TemplateCard
from app.forms.rules import answers as rules
from app.forms.states import COMPLETED, IN_PROGRESS, MACHINE, OPEN_STATES, PENDING
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.kernel.tenancy.models import Organization
from app.lib.errors import Conflict, Invalid, NotFound

LANGUAGES = ("ro", "en")


def open_form(
    session: Session,
    actor: Actor,
    *,
    patient_id: uuid.UUID,
    template_id: uuid.UUID,
    now: dt.datetime,
    appointment_id: uuid.UUID | None = None,
) -> FormInstance:
    """A new form for a patient, with the template's newest version frozen in it, in the patient's language.

    Raises NotFound for a patient or template that this clinic does not have.
    """
    patient = queries.patient_of(session, actor.clinic, patient_id)
    template = queries.template_or_404(session, actor.clinic, template_id)
    form = FormInstance(
        org_id=actor.clinic,
        template_version_id=template.version_id,
        patient_id=patient_id,
        appointment_id=appointment_id,
        state=MACHINE.start,
        snapshot=preview(session, actor.clinic, template),
        answers={},
        locale=patient.locale if patient.locale in LANGUAGES else LANGUAGES[0],
        created_by=actor.human_id,
        created_at=now,
    )
    session.add(form)
    session.flush()
    ids = {"form_id": str(form.id), "patient_id": str(patient_id)}
    after = {**ids, "template": template.code, "version": template.version}
    record(session, actor, "form.open", "form", form.id, at=now, after=after)
    emit(session, actor.clinic, events.OPENED, ids, at=now)
    live.tell(session, actor.clinic, live.FORMS)
    return form


def form_for_consent(
    session: Session, actor: Actor, *, patient_id: uuid.UUID, purpose: str, now: dt.datetime
) -> FormInstance:
    """The form by whose signature a patient gives this consent: the one that waits already, or a new one (CNS-03).

    Raises NotFound `form_for_consent` when no template that patients sign by themselves grants it.
    """
    waiting = session.scalars(
        select(FormInstance)
        .where(
            FormInstance.org_id == actor.clinic,
            FormInstance.patient_id == patient_id,
            FormInstance.state.in_(OPEN_STATES),
        )
        .order_by(FormInstance.created_at.desc(), FormInstance.id)
    )
    for form in waiting:
        if purpose in (entry["purpose"] for entry in form.snapshot["consents"]):
            return form
    template = queries.template_for_consent(session, actor.clinic, purpose)
    if template is None:
        raise NotFound("form_for_consent")
    return open_form(session, actor, patient_id=patient_id, template_id=template.id, now=now)


def start(session: Session, actor: Actor, form: FormInstance, *, now: dt.datetime) -> None:
    """Somebody begins to read: a pending form is in progress, one that was completed is read anew."""
    if form.state == PENDING:
        move(session, actor, form, "start", now)
    elif form.state == COMPLETED:
        move(session, actor, form, "reopen", now)
    elif form.state != IN_PROGRESS:
        raise Conflict("form_closed", state=form.state)


def save(
    session: Session,
    actor: Actor,
    form: FormInstance,
    *,
    given: Mapping[str, str],
    locale: str | None = None,
    complete: bool,
    now: dt.datetime,
) -> None:
    """Keep what was filled in and the language of reading; with `complete` everything must be right.

    Raises Invalid field by field (after keeping nothing), Conflict("form_closed") once signed or voided.
    """
    start(session, actor, form, now=now)
    fields = form.snapshot["body"]["fields"]
    form.answers = rules.complete(fields, given) if complete else rules.draft(fields, given)
    if locale is not None:
        form.locale = _language(locale)
    if complete:
        move(session, actor, form, "complete", now)
    session.flush()


def void(
    session: Session, actor: Actor, *, form_id: uuid.UUID, reason: str, now: dt.datetime
) -> FormInstance:
    """Set aside a form that is not signed; its links stop working.

    Raises Conflict("form_closed") once it is signed or voided, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid.one("reason", "required")
    form = queries.form_or_404(session, actor.clinic, form_id, lock=True)
    if form.state not in OPEN_STATES:
        raise Conflict("form_closed", state=form.state)
    before = form.state
    form.state = MACHINE.move(form.state, "void", {actor.kind})
    revoke_live(session, actor, form.id, now)
    session.flush()
    record(
        session,
        actor,
        "form.void",
        "form",
        form.id,
        at=now,
        before={"state": before},
        after={"state": form.state},
        reason=reason.strip()[:500],
    )
    ids = {"form_id": form.id, "patient_id": form.patient_id}
    emit(session, actor.clinic, events.VOIDED, ids, at=now)
    return form


def move(session: Session, actor: Actor, form: FormInstance, verb: str, now: dt.datetime) -> None:
    """Walk one arrow of the machine and audit it. Raises IllegalMove or MoveForbidden."""
    before = form.state
    form.state = MACHINE.move(before, verb, {actor.kind})
    session.flush()
    record(
        session,
        actor,
        f"form.{verb}",
        "form",
        form.id,
        at=now,
        before={"state": before},
        after={"state": form.state},
    )


def _language(locale: str) -> str:
    if locale not in LANGUAGES:
        raise Invalid.one("locale", "unknown_choice")
    return locale


def preview(session: Session, org_id: uuid.UUID, template: TemplateCard) -> dict[str, Any]:
    """What a form opened now would freeze: the clinic, the template's newest version, the texts of its consents."""
    clinic = session.execute(
        select(Organization.id, Organization.name).where(Organization.id == org_id)
    ).one()
    return {
        "clinic": {"id": str(clinic.id), "name": clinic.name},
        "template": {"template": template.code, "version": template.version},
        "body": template.body,
        "consents": [_consent(session, org_id, *entry) for entry in template.consents],
    }


def _consent(session: Session, org_id: uuid.UUID, purpose: str, version: int) -> dict[str, Any]:
    row = session.execute(
        select(ConsentPurposeVersion.id, ConsentPurposeVersion.texts).where(
            ConsentPurposeVersion.org_id == org_id,
            ConsentPurposeVersion.purpose == purpose,
            ConsentPurposeVersion.version == version,
        )
    ).one()
    return {
        "purpose": purpose,
        "version": version,
        "version_id": str(row.id),
        "texts": row.texts,
    }
