"""The patient's forms: those that wait, those that were signed; sign with a typed name (SIG-01)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence

from flask import Response, g, request, send_file, url_for
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, StringField

from app.forms import actions, queries
from app.forms.actions import TypedSignature
from app.forms.actions.signing import GUARDIAN, SELF
from app.forms.models import FormInstance
from app.forms.rules import seal, signature
from app.forms.states import COMPLETED, OPEN_STATES, SIGNED, VOIDED
from app.kernel.audit.record import record_access
from app.lib.errors import Conflict, DomainError, Invalid, NotFound
from app.lib.languages import form_of
from app.people.models import Patient, PatientProfile
from app.people.persons import head_of
from app.web.http import context, guards
from app.web.http.clinical_form import MODES, STATES, answers_input, field_names, given, paper
from app.web.http.copy import sentence
from app.web.http.inputs import Input, stripped
from app.web.http.locale import LANGUAGES, localised
from app.web.http.render import page, see_other
from app.web.portal import blueprint, for_whom
from app.web.portal.open_items import OpenItem, open_items


class NameInput(Input):
    """A typed signature: one's full name and agreement."""

    name = StringField(_l("Your full name"), filters=[stripped])
    agree = BooleanField(_l("I have read the form, and I sign it by typing my name."))


@open_items
def _waiting(patient_id: uuid.UUID) -> Sequence[OpenItem]:
    rows = queries.forms_of(context.session(), context.org_id(), patient_id)
    return [
        OpenItem(
            title=localised(row.titles),
            text=gettext("Read and sign"),
            url=url_for("portal.form", form_id=row.id),
            icon="writing-sign",
            asked=True,
        )
        for row in rows
        if row.state in OPEN_STATES
    ]


@blueprint.get("/forms")
@guards.patient()
def forms() -> Response:
    """Forms that wait for a signature, and those that are signed."""
    rows = [
        row
        for row in queries.forms_of(context.session(), context.org_id(), for_whom.patient_id())
        if row.state != VOIDED
    ]
    return page(
        "portal/forms.html",
        waiting=[row for row in rows if row.state in OPEN_STATES],
        signed=[row for row in rows if row.state == SIGNED],
        states=STATES,
    )


@blueprint.get("/forms/<uuid:form_id>")
@guards.patient()
def form(form_id: uuid.UUID) -> AnyResponse:
    """Read a form: to fill in while it is open, as a document once it is signed."""
    found = _own(form_id)
    if found.state in OPEN_STATES:
        return _read_page(found)
    session, actor = context.session(), context.actor()
    record_access(session, actor, found.patient_id, "form", at=context.now())
    drawing = signature.stored(found.signature_path) if found.signature_path else None
    shown = paper(found, _name(found), (drawing.view_box, drawing.path()) if drawing else None)
    return page(
        "portal/form.html", paper=shown, modes=MODES, has_image=bool(found.signature_png_key)
    )


@blueprint.post("/forms/<uuid:form_id>")
@guards.patient()
def answer_form(form_id: uuid.UUID) -> AnyResponse:
    """Keep the answers: change the language of reading, or go on to sign."""
    found, language = _own(form_id, lock=True), request.form.get("language")
    try:
        actions.save(
            context.session(),
            context.actor(),
            found,
            given=given(),
            locale=language if language in LANGUAGES else None,
            complete=language is None,
            now=context.now(),
        )
    except Invalid as error:
        return _read_page(found, error)
    target = "portal.form" if language else "portal.sign_form"
    return see_other(url_for(target, form_id=form_id))


@blueprint.route("/forms/<uuid:form_id>/sign", methods=["GET", "POST"])
@guards.patient()
def sign_form(form_id: uuid.UUID) -> AnyResponse:
    """Type one's name and sign."""
    found = _own(form_id, lock=True)
    if request.method == "GET" and found.state != COMPLETED:
        return see_other(url_for("portal.form", form_id=form_id))
    with force_locale(form_of(found.locale or "ro")):
        inputs = NameInput()
        if request.method == "GET":
            return _sign_page(found, inputs)
        try:
            _sign(found, inputs)
        except Invalid as error:
            inputs.take(error)
            return _sign_page(found, inputs, status=422)
        except Conflict as error:
            return _read_page(found, error)
    return see_other(url_for("portal.form", form_id=form_id), gettext("The form is signed."))


@blueprint.get("/forms/<uuid:form_id>/signature.png")
@guards.patient()
def form_signature(form_id: uuid.UUID) -> Response:
    """The picture of a drawn signature, for whoever may see the form."""
    found = _own(form_id)
    if found.signature_png_key is None:
        raise NotFound("signature_missing")
    content = context.clinic_blobs().get(found.signature_png_key)
    return send_file(io.BytesIO(content), mimetype="image/png", download_name="signature.png")


def _sign(found: FormInstance, inputs: NameInput) -> None:
    if not inputs.agree.data:
        raise Invalid.one("agree", "agree_required")
    actions.sign(
        context.session(),
        context.actor(),
        form=found,
        signature=TypedSignature(inputs.name.data or "", SELF if _is_self(found) else GUARDIAN),
        seen_sha256=request.form.get("seen", ""),
        blobs=context.clinic_blobs(),
        now=context.now(),
    )


def _own(form_id: uuid.UUID, *, lock: bool = False) -> FormInstance:
    """A form of the patient whom the portal is open for, or of another of one's own. Raises NotFound."""
    found = queries.form_or_404(context.session(), context.org_id(), form_id, lock=lock)
    if not _is_own(found.patient_id) or found.state == VOIDED:
        raise NotFound("form_unknown")
    return found


def _is_own(patient_id: uuid.UUID) -> bool:
    """Whether the form stands on an own card, or was signed on one that was merged into an own card."""
    own: list[uuid.UUID] = g.own_patient_ids
    return patient_id in own or head_of(context.session(), context.org_id(), patient_id) in own


def _read_page(found: FormInstance, error: DomainError | None = None) -> Response:
    locale = found.locale or "ro"
    with force_locale(form_of(locale)):
        inputs = answers_input(found)
        invalid = isinstance(error, Invalid)
        if isinstance(error, Invalid):
            inputs.take(error, field_names(found))
        return page(
            "portal/form_read.html",
            status=200 if error is None else (422 if invalid else 409),
            form=inputs,
            paper=paper(found, _name(found)),
            languages=[(code, label, code == locale) for code, label in LANGUAGES.items()],
            problem=None if error is None or invalid else sentence(error),
            may_sign=_may_sign(found),
        )


def _sign_page(found: FormInstance, inputs: NameInput, status: int = 200) -> Response:
    shown = paper(found, _name(found))
    return page(
        "portal/form_sign.html",
        status=status,
        form=inputs,
        paper=shown,
        seen=seal.shown_digest(shown.shown),
        for_self=_is_self(found),
    )


def _may_sign(found: FormInstance) -> bool:
    """Not for staff who act for a patient (KRN-14), and only where the form can be signed by a typed name."""
    typed: bool = signature.MODE_TYPED in found.snapshot["body"]["modes"]
    return typed and context.actor().on_behalf_of is None


def _is_self(found: FormInstance) -> bool:
    """Whether the person who is signed in is the patient, and not somebody who cares for them."""
    profile = context.session().get(PatientProfile, _patient(found).profile_id)
    return profile is not None and profile.human_id == context.actor().human_id


def _name(found: FormInstance) -> str:
    return _patient(found).name


def _patient(found: FormInstance) -> Patient:
    return queries.patient_of(context.session(), context.org_id(), found.patient_id)
