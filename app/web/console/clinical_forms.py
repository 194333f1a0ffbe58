"""Patients' forms at the desk: open one, hand it over on the tablet, look at what was signed (journey 4c)."""

from __future__ import annotations

import io
import uuid

from flask import Response, request, send_file, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField, StringField

from app.consents import permissions as consent_permissions
from app.consents import queries as consents
from app.forms import actions, permissions, queries, sealing
from app.forms.models import FormInstance
from app.forms.rules import signature
from app.forms.states import MACHINE, OPEN_STATES, SIGNED
from app.kernel.audit.record import record_access
from app.lib.errors import Invalid, NotFound
from app.lib.paging import parse_page
from app.people.access import patient_or_404, visible_patients
from app.people.models import Patient
from app.web.console import blueprint
from app.web.console.asked import identifier
from app.web.console.form_lookup import visible_form
from app.web.console.handover import handover_page
from app.web.http import context, guards
from app.web.http.clinical_form import MODES, STATES, Paper, paper
from app.web.http.consent_words import purpose_name
from app.web.http.inputs import Input, choices, stripped
from app.web.http.lists import heads, pager
from app.web.http.locale import localised
from app.web.http.render import page, see_other

OPEN = "open"
SORT = "-created_at"


class NewFormInput(Input):
    """Which form to open for a patient."""

    template = RadioField(_l("Which form?"), validate_choice=False)


class VoidInput(Input):
    """Why a form is set aside."""

    reason = StringField(_l("Reason"), filters=[stripped])


@blueprint.get("/forms")
@guards.staff(permissions.VIEW)
def forms() -> Response:
    """Every form of the clinic that the reader may see, newest first."""
    asked = parse_page(request.args, sortable=queries.SORTABLE, default_sort=SORT)
    kept = {name: request.args.get(name, "").strip() for name in ("state", "q", "patient")}
    state = kept["state"] if kept["state"] in (OPEN, *MACHINE.states) else ""
    wanted = queries.FormFilter(
        state=state,
        words=kept["q"],
        patient_ids=[one] if (one := identifier(kept, "patient")) else None,
        patients=visible_patients(context.actor()),
    )
    found = queries.forms_page(context.session(), context.org_id(), wanted, asked)
    columns = [
        ("patient", gettext("Patient")),
        (None, gettext("Form")),
        (None, gettext("State")),
        ("created_at", gettext("Opened")),
        ("signed_at", gettext("Signed")),
    ]
    return page(
        "console/forms/list.html",
        fragment="console/forms/_list.html",
        rows=found.items,
        heads=heads(columns, asked, kept),
        pager=pager(found, kept),
        filters={**kept, "state": state},
        states=STATES,
        sort=request.args.get("sort", ""),
    )


@blueprint.route("/patients/<uuid:patient_id>/forms/new", methods=["GET", "POST"])
@guards.staff(permissions.OPEN)
def open_form(patient_id: uuid.UUID) -> AnyResponse:
    """Choose a form for a patient; it can go onto the tablet in the same step."""
    session, actor = context.session(), context.actor()
    patient = patient_or_404(session, actor, patient_id)
    templates = queries.templates(session, actor.clinic)
    inputs = NewFormInput()
    inputs.template.choices = choices([(one.id, localised(one.titles)) for one in templates])
    if request.method == "GET":
        return _new_page(patient, inputs, templates)
    chosen = next((one for one in templates if str(one.id) == inputs.template.data), None)
    if chosen is None:
        inputs.take(Invalid.one("template", "unknown_choice"))
        return _new_page(patient, inputs, templates, status=422)
    form = actions.open_form(
        session, actor, patient_id=patient_id, template_id=chosen.id, now=context.now()
    )
    if request.form.get("then") == "tablet":
        return handover_page(form, patient)
    return see_other(url_for("console.form", form_id=form.id), gettext("The form is open."))


@blueprint.get("/forms/<uuid:form_id>")
@guards.staff(permissions.VIEW)
def form(form_id: uuid.UUID) -> Response:
    """One form: what it says, who signed it and how, and whether its seal holds."""
    found, patient = visible_form(form_id)
    session, actor = context.session(), context.actor()
    record_access(session, actor, patient.id, "form", at=context.now())
    signed = found.state == SIGNED
    sees_consents = actor.may(consent_permissions.VIEW)
    return page(
        "console/forms/form.html",
        paper=_paper(found, patient),
        patient=patient,
        created_at=found.created_at,
        states=STATES,
        modes=MODES,
        check=sealing.check(session, found, context.clinic_blobs()) if signed else None,
        consents=_granted(found) if signed and sees_consents else [],
        purpose_name=purpose_name,
        openings=[
            (one, queries.opening_status(one, context.now()))
            for one in queries.openings_of(session, actor.clinic, form_id)
        ],
        may_open=actor.may(permissions.OPEN) and found.state in OPEN_STATES,
        has_image=found.signature_png_key is not None,
    )


@blueprint.get("/forms/<uuid:form_id>/print")
@guards.staff(permissions.VIEW)
def print_form(form_id: uuid.UUID) -> Response:
    """The same on paper, with signature and evidence."""
    found, patient = visible_form(form_id)
    record_access(context.session(), context.actor(), patient.id, "form_print", at=context.now())
    return page(
        "console/forms/print.html",
        paper=_paper(found, patient),
        modes=MODES,
        back_url=url_for("console.form", form_id=form_id),
    )


@blueprint.get("/forms/<uuid:form_id>/signature.png")
@guards.staff(permissions.VIEW)
def signature_image(form_id: uuid.UUID) -> Response:
    """The picture of the signature. Behind the same guard as the form: an address alone opens nothing."""
    found, _ = visible_form(form_id)
    if found.signature_png_key is None:
        raise NotFound("signature_missing")
    content = context.clinic_blobs().get(found.signature_png_key)
    return send_file(io.BytesIO(content), mimetype="image/png", download_name="signature.png")


@blueprint.route("/forms/<uuid:form_id>/void", methods=["GET", "POST"])
@guards.staff(permissions.OPEN)
def void_form(form_id: uuid.UUID) -> AnyResponse:
    """Set a form aside, with a reason; a page first says what that means."""
    found, patient = visible_form(form_id)
    inputs = VoidInput()
    status = 200
    if request.method == "POST":
        try:
            actions.void(
                context.session(),
                context.actor(),
                form_id=form_id,
                reason=inputs.reason.data or "",
                now=context.now(),
            )
        except Invalid as error:
            inputs.take(error)
            status = 422
        else:
            target = url_for("console.form", form_id=form_id)
            return see_other(target, gettext("The form is set aside."))
    return page(
        "console/forms/void.html",
        status=status,
        paper=_paper(found, patient),
        patient=patient,
        form=inputs,
    )


def _paper(found: FormInstance, patient: Patient) -> Paper:
    drawing = signature.stored(found.signature_path) if found.signature_path else None
    return paper(found, patient.name, (drawing.view_box, drawing.path()) if drawing else None)


def _granted(found: FormInstance) -> list[consents.TrailEntry]:
    trail = consents.trail(context.session(), context.org_id(), found.patient_id)
    return [entry for entry in trail if entry.source_form_id == found.id]


def _new_page(
    patient: Patient,
    inputs: NewFormInput,
    templates: list[queries.TemplateCard],
    status: int = 200,
) -> Response:
    details = {
        str(one.id): ", ".join(purpose_name(purpose) for purpose in one.purposes)
        for one in templates
        if one.purposes
    }
    return page(
        "console/forms/new.html",
        status=status,
        patient=patient,
        form=inputs,
        templates=templates,
        details=details,
    )
