"""The patient's consents: what holds, what was, and withdrawing (CNS-01, CNS-06)."""

from __future__ import annotations

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.consents import actions, queries
from app.forms.actions import form_for_consent
from app.forms.queries import templates
from app.forms.rules.signature import MODE_TYPED
from app.web.http import context, guards
from app.web.http.consent_words import EFFECTS, SOURCES, purpose_name
from app.web.http.render import page, see_other
from app.web.portal import blueprint, for_whom

# Given with one touch; medical consents are given by signing their form.
BY_TOUCH = ("profile_sharing", "sms_appointments", "marketing_email", "marketing_sms", "analytics")


@blueprint.get("/consents")
@guards.patient()
def consents() -> Response:
    """Every purpose of the clinic with where it stands, and the trail."""
    session, org_id, patient_id = context.session(), context.org_id(), for_whom.patient_id()
    standings = queries.standings(session, org_id, patient_id)
    return page(
        "portal/consents.html",
        standings=standings,
        trail=queries.trail(session, org_id, patient_id),
        sources=SOURCES,
        purpose_name=purpose_name,
        by_touch=BY_TOUCH,
        by_form=_by_form(),
        may_give=context.actor().on_behalf_of is None,
        medical=[one for one in standings if one.medical and one.may_withdraw],
    )


@blueprint.post("/consents/<purpose>/give")
@guards.patient()
def give_consent(purpose: str) -> AnyResponse:
    """Give a consent that needs no form."""
    if purpose not in BY_TOUCH:
        raise NotFound
    actions.grant(
        context.session(),
        context.actor(),
        patient_id=for_whom.patient_id(),
        purpose=purpose,
        source=actions.PORTAL,
        now=context.now(),
    )
    return see_other(
        url_for("portal.consents"), gettext("Thank you. You can withdraw it any time.")
    )


@blueprint.post("/consents/<purpose>/form")
@guards.patient()
def consent_form(purpose: str) -> AnyResponse:
    """The form by which a consent is given: the one that waits, or a new one."""
    form = form_for_consent(
        context.session(),
        context.actor(),
        patient_id=for_whom.patient_id(),
        purpose=purpose,
        now=context.now(),
    )
    return see_other(url_for("portal.form", form_id=form.id))


def _by_form() -> set[str]:
    """Purposes for which the clinic has a form that patients sign by themselves."""
    offered = templates(context.session(), context.org_id())
    return {code for one in offered if MODE_TYPED in one.body["modes"] for code in one.purposes}


@blueprint.route("/consents/<purpose>/withdraw", methods=["GET", "POST"])
@guards.patient()
def withdraw_consent(purpose: str) -> AnyResponse:
    """Withdraw one consent; a page first says what stops."""
    session, org_id, patient_id = context.session(), context.org_id(), for_whom.patient_id()
    if request.method == "POST":
        actions.withdraw(
            session,
            context.actor(),
            patient_id=patient_id,
            purpose=purpose,
            now=context.now(),
        )
        return see_other(url_for("portal.consents"), gettext("The consent is withdrawn."))
    standings = queries.standings(session, org_id, patient_id)
    held = [one for one in standings if one.purpose == purpose and one.may_withdraw]
    if not held:
        raise NotFound
    return _confirm(held, url_for("portal.withdraw_consent", purpose=purpose))


@blueprint.route("/consents/withdraw-medical", methods=["GET", "POST"])
@guards.patient()
def withdraw_medical() -> AnyResponse:
    """Withdraw every medical consent at once; a page first says which, and what stops."""
    session, org_id, patient_id = context.session(), context.org_id(), for_whom.patient_id()
    if request.method == "POST":
        actions.withdraw_all_medical(
            session, context.actor(), patient_id=patient_id, now=context.now()
        )
        return see_other(url_for("portal.consents"), gettext("The consents are withdrawn."))
    standings = queries.standings(session, org_id, patient_id)
    held = [one for one in standings if one.medical and one.may_withdraw]
    if not held:
        return see_other(url_for("portal.consents"))
    return _confirm(held, url_for("portal.withdraw_medical"))


def _confirm(held: list[queries.Standing], action_url: str) -> Response:
    return page(
        "portal/consent_withdraw.html",
        held=held,
        purpose_name=purpose_name,
        effects=EFFECTS,
        action_url=action_url,
    )
