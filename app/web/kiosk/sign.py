"""Read, answer, sign, thank you. Every page belongs to the claim of this tablet, and names no form in its address."""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField, StringField

from app.forms import actions
from app.forms.actions import DrawnSignature
from app.forms.actions.signing import GUARDIAN, SELF
from app.forms.models import FormInstance
from app.forms.queries import CLAIM_TTL, patient_of
from app.forms.rules import seal
from app.forms.states import COMPLETED
from app.lib.errors import Conflict, DomainError, Invalid
from app.lib.languages import form_of
from app.web.http import context, guards
from app.web.http.clinical_form import answers_input, field_names, given, paper
from app.web.http.copy import sentence
from app.web.http.inputs import Input, choices, stripped
from app.web.http.locale import LANGUAGES
from app.web.http.render import page, see_other
from app.web.kiosk import blueprint, claim

THANKS_SECONDS = 12
POINTS_RETURNED = 400_000


class SignatureInput(Input):
    """Who signs, and the signature of the pad."""

    capacity = RadioField(
        _l("Who signs?"),
        choices=choices(
            [(SELF, _l("I sign for myself")), (GUARDIAN, _l("I sign as parent or guardian"))]
        ),
        default=SELF,
        validate_choice=False,
    )
    name = StringField(_l("Your full name"), filters=[stripped])
    signature = StringField(_l("Signature"))


@blueprint.get("/form")
@guards.public("the tablet's claim is the permission, checked in the view")
def read() -> AnyResponse:
    """The form to read and fill in."""
    if claim.secret() is None:
        return see_other(url_for("kiosk.start"))
    _, form = claim.held()
    actions.start(context.session(), claim.kiosk_actor(), form, now=context.now())
    return _read_page(form)


@blueprint.post("/form")
@guards.public("the tablet's claim is the permission, checked in the view")
def answer() -> AnyResponse:
    """Keep the answers: change the language of reading, or go on to sign."""
    _, form = claim.held()
    language = request.form.get("language")
    session, actor, now = context.session(), claim.kiosk_actor(), context.now()
    try:
        actions.save(
            session,
            actor,
            form,
            given=given(),
            locale=language if language in LANGUAGES else None,
            complete=language is None,
            now=now,
        )
    except Invalid as error:
        return _read_page(form, error)
    return see_other(url_for("kiosk.read" if language else "kiosk.signing"))


@blueprint.get("/form/sign")
@guards.public("the tablet's claim is the permission, checked in the view")
def signing() -> AnyResponse:
    """The frame to sign in, below a summary of what is signed."""
    if claim.secret() is None:
        return see_other(url_for("kiosk.start"))
    _, form = claim.held()
    if form.state != COMPLETED:
        return see_other(url_for("kiosk.read"))
    with force_locale(form_of(form.locale or "ro")):
        return _sign_page(form, SignatureInput(formdata=None))


@blueprint.post("/form/sign")
@guards.public("the tablet's claim is the permission, checked in the view")
def sign() -> AnyResponse:
    """Sign; the tablet forgets the form in the same moment."""
    opening, form = claim.held()
    with force_locale(form_of(form.locale or "ro")):
        inputs = SignatureInput()
        name = _patient_name(form) if inputs.capacity.data == SELF else inputs.name.data or ""
        drawn = DrawnSignature(
            name=name,
            capacity=inputs.capacity.data or "",
            png=request.form.get("signature_png", ""),
            points=request.form.get("signature_points", ""),
            opening=opening,
        )
        try:
            actions.sign(
                context.session(),
                claim.kiosk_actor(),
                form=form,
                signature=drawn,
                seen_sha256=request.form.get("seen", ""),
                blobs=context.clinic_blobs(),
                now=context.now(),
            )
        except Invalid as error:
            inputs.take(error)
            return _sign_page(form, inputs, status=422)
        except Conflict as error:
            return _read_page(form, error)
    return claim.forget(see_other(url_for("kiosk.thanks", language=form.locale)))


@blueprint.post("/form/leave")
@guards.public("the tablet's claim is the permission; without one nothing happens")
def leave() -> AnyResponse:
    """Not now: the tablet is blank again, the form waits unsigned."""
    return claim.forget(_put_away())


@blueprint.get("/thanks")
@guards.public("says thank you and names nobody")
def thanks() -> Response:
    """Thank you, in the reader's language, then the blank start."""
    language = request.args.get("language")
    with force_locale(form_of(language if language in LANGUAGES else context.clinic().locale)):
        response = page("kiosk/thanks.html", kiosk=claim.frame(THANKS_SECONDS))
    return claim.leave_after(response, THANKS_SECONDS + 3)


def _put_away() -> AnyResponse:
    held = claim.secret()
    if held is not None:
        actions.put_away(
            context.session(), claim.kiosk_actor(), claim_secret=held, now=context.now()
        )
    return see_other(url_for("kiosk.start"))


def _read_page(form: FormInstance, error: DomainError | None = None) -> Response:
    locale = form.locale or "ro"
    with force_locale(form_of(locale)):
        inputs = answers_input(form)
        status = 200
        if isinstance(error, Invalid):
            inputs.take(error, field_names(form))
            status = 422
        elif error is not None:
            status = 409
        response = page(
            "kiosk/read.html",
            status=status,
            form=inputs,
            paper=paper(form, _patient_name(form)),
            languages=[(code, label, code == locale) for code, label in LANGUAGES.items()],
            problem=sentence(error) if status == 409 and error is not None else None,
            kiosk=claim.frame(),
        )
    return claim.leave_after(response, CLAIM_TTL.total_seconds())


def _sign_page(form: FormInstance, inputs: SignatureInput, status: int = 200) -> Response:
    patient = _patient_name(form)
    shown = paper(form, patient)
    response = page(
        "kiosk/sign.html",
        status=status,
        form=inputs,
        paper=shown,
        seen=seal.shown_digest(shown.shown),
        points=request.form.get("signature_points", "")[:POINTS_RETURNED],
        kiosk=claim.frame(),
    )
    return claim.leave_after(response, CLAIM_TTL.total_seconds())


def _patient_name(form: FormInstance) -> str:
    return patient_of(context.session(), context.org_id(), form.patient_id).name
