"""A patient's forms and consents at the desk: what holds, the trail, recording and withdrawing (CNS-01)."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.consents import actions, permissions, queries
from app.forms import permissions as form_permissions
from app.forms.queries import forms_of
from app.people.access import patient_or_404
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.clinical_form import STATES
from app.web.http.consent_words import EFFECTS, SOURCES, purpose_name
from app.web.http.render import page, see_other

# What the desk may record on a patient's word; the rest is signed on a form.
BY_WORD = ("sms_appointments", "marketing_email", "marketing_sms", "analytics")


@blueprint.get("/patients/<uuid:patient_id>/consents")
@guards.staff(permissions.VIEW)
def patient_consents(patient_id: uuid.UUID) -> Response:
    """Forms and consents of a patient; as a fragment, the part that the patient's page shows."""
    session, actor = context.session(), context.actor()
    patient = patient_or_404(session, actor, patient_id, looked_at="consents", now=context.now())
    sees_forms = actor.may(form_permissions.VIEW)
    return page(
        "console/forms/consents.html",
        fragment="console/forms/_patient_consents.html",
        patient=patient,
        forms=forms_of(session, actor.clinic, patient_id) if sees_forms else [],
        states=STATES,
        standings=queries.standings(session, actor.clinic, patient_id),
        trail=queries.trail(session, actor.clinic, patient_id),
        sources=SOURCES,
        purpose_name=purpose_name,
        by_word=BY_WORD,
        may_open=actor.may(form_permissions.OPEN),
        may_record=actor.may(permissions.RECORD),
    )


@blueprint.post("/patients/<uuid:patient_id>/consents/<purpose>/record")
@guards.staff(permissions.RECORD)
def record_consent(patient_id: uuid.UUID, purpose: str) -> AnyResponse:
    """Record what a patient said at the desk."""
    if purpose not in BY_WORD:
        raise NotFound
    session, actor = context.session(), context.actor()
    patient_or_404(session, actor, patient_id)
    actions.grant(
        session,
        actor,
        patient_id=patient_id,
        purpose=purpose,
        source=actions.STAFF,
        now=context.now(),
    )
    return see_other(_back(patient_id), gettext("The consent is recorded."))


@blueprint.route("/patients/<uuid:patient_id>/consents/<purpose>/withdraw", methods=["GET", "POST"])
@guards.staff(permissions.RECORD)
def withdraw_consent(patient_id: uuid.UUID, purpose: str) -> AnyResponse:
    """Withdraw for a patient who asks; a page first says what stops."""
    session, actor = context.session(), context.actor()
    patient = patient_or_404(session, actor, patient_id)
    if request.method == "POST":
        actions.withdraw(session, actor, patient_id=patient_id, purpose=purpose, now=context.now())
        return see_other(_back(patient_id), gettext("The consent is withdrawn."))
    held = [
        one
        for one in queries.standings(session, actor.clinic, patient_id)
        if one.purpose == purpose and one.may_withdraw
    ]
    if not held:
        raise NotFound
    return page(
        "console/forms/withdraw.html",
        patient=patient,
        standing=held[0],
        purpose_name=purpose_name,
        effect=EFFECTS.get(purpose),
        back_url=_back(patient_id),
    )


def _back(patient_id: uuid.UUID) -> str:
    return url_for("console.patient_consents", patient_id=patient_id)
