"""A guest who booked becomes a portal user: the e-mail is proved by the link, the card is taken over here (BOK-01)."""

from __future__ import annotations

import uuid

from flask import abort, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Regexp

from app.kernel.access.actor import PATIENT, Actor
from app.kernel.identity import signing_in
from app.kernel.identity.signing_in import LINK
from app.lib.errors import Refused
from app.people.actions import Claimant, claim, unclaimed_cards
from app.people.actions.claiming import PHONE_TAIL
from app.people.queries import own_patient_ids
from app.web.http import context, guards, login
from app.web.http.copy import sentence
from app.web.http.identify import signed_in
from app.web.http.inputs import Input
from app.web.http.limits import SIGN_IN, limiter
from app.web.http.render import page, see_other
from app.web.http.urls import safe_next
from app.web.portal import blueprint

WHOSE = "a guest who has proved an e-mail takes over the card that carries it"


class TailInput(Input):
    """What a known patient knows besides the e-mail."""

    phone_tail = StringField(
        _l("Last four digits of the mobile number"),
        validators=[Regexp(rf"^\s*\d{{{PHONE_TAIL}}}\s*$", message=_l("Four digits, please."))],
    )


@blueprint.get("/welcome")
@guards.any_signed_in(WHOSE)
def claim_card() -> Response:
    """The cards with this person's e-mail; who is known already goes on to the portal."""
    return _shown(None)


@blueprint.post("/welcome/<uuid:patient_id>")
@limiter.limit(SIGN_IN)
@guards.any_signed_in(WHOSE)
def take_card(patient_id: uuid.UUID) -> Response:
    """Connect one card with the login."""
    person, session = _claimant(), context.session()
    card = next(
        (
            one
            for one in unclaimed_cards(session, context.org_id(), person.email)
            if one.id == patient_id
        ),
        None,
    )
    if card is None:
        abort(404)
    form = TailInput()
    if card.asks_phone and not form.validate():
        return _shown(form, patient_id, 422)
    try:
        signing_in.brake(session, person.human_id, context.now())
        actor = Actor(
            kind=PATIENT,
            org_id=context.org_id(),
            human_id=person.human_id,
            origin=context.origin(),
        )
        tail = form.phone_tail.data or ""
        claim(session, actor, person, patient_id, phone_tail=tail, now=context.now())
    except Refused as error:
        login.note_refused(error, LINK)
        form.phone_tail.errors = [sentence(error)]
        return _shown(form, patient_id, 422)
    return see_other(_wanted(), gettext("Welcome, %(name)s.", name=card.name))


def _wanted() -> str:
    """Where the link by e-mail was to lead."""
    return safe_next(request.args.get("next")) or url_for("portal.home")


def _claimant() -> Claimant:
    found = signed_in()
    if found is None:
        abort(401)
    return Claimant(found.human.id, found.human.email)


def _shown(
    wrong: TailInput | None, wrong_id: uuid.UUID | None = None, status: int = 200
) -> Response:
    person, session, org_id = _claimant(), context.session(), context.org_id()
    if wrong is None and own_patient_ids(session, org_id, person.human_id):
        return see_other(_wanted())
    cards = unclaimed_cards(session, org_id, person.email)
    forms = {card.id: wrong if wrong and card.id == wrong_id else TailInput(None) for card in cards}
    for patient_id, form in forms.items():
        form.phone_tail.id = f"tail-{patient_id}"
    return page(
        "portal/claim.html",
        status=status,
        cards=cards,
        forms=forms,
        email=person.email,
        target=safe_next(request.args.get("next")),
    )
