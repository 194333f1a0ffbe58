"""Capabilities (CAP-01): what the platform is cleared for, and what each clinic is granted or has paused."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import DateTimeLocalField
from wtforms.validators import Optional

from app.kernel.capabilities import Capability, actions
from app.kernel.tenancy import directory
from app.kernel.tenancy.models import Organization
from app.lib.errors import Invalid
from app.web.http import context, guards
from app.web.http.forms import block
from app.web.http.inputs import Input
from app.web.http.render import page, see_other
from app.web.platform import blueprint
from app.web.platform.words import capability_words


class BasisInput(Input):
    """The regulatory basis of a clearance, or the reason for closing it."""

    basis = block(_l("Basis or reason"), rows=2, max_length=500)


class PauseInput(Input):
    """Why a capability is paused, and until when that is expected to last."""

    reason = block(
        _l("Reason"), rows=2, max_length=500, description=_l("The clinic reads this sentence.")
    )
    expected_end = DateTimeLocalField(
        _l("Expected end"),
        format="%Y-%m-%dT%H:%M",
        validators=[Optional()],
        description=_l("On the clinic's clock."),
    )


@blueprint.get("/capabilities")
@guards.platform()
def capabilities() -> Response:
    """What the platform is cleared for."""
    return page(
        "platform/capabilities.html",
        clearances=actions.clearances(context.session()),
        words=capability_words(),
    )


@blueprint.route("/capabilities/<code>", methods=["GET", "POST"])
@guards.platform()
def clearance(code: str) -> Response:
    """Clear a capability for the platform, or close it."""
    capability, form = _known(code), BasisInput()
    cleared = code in actions.clearances(context.session())
    if request.method == "POST" and form.validate() and _clear(capability, form, cleared):
        return see_other(url_for("platform.capabilities"), gettext("Saved."))
    return page(
        "platform/clearance.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        cleared=cleared,
        code=code,
        name=capability_words()[code],
    )


@blueprint.post("/clinics/<uuid:org_id>/capabilities/<code>/<verb>")
@guards.platform()
def set_capability(org_id: uuid.UUID, code: str, verb: str) -> Response:
    """Grant, revoke or resume a capability of a clinic."""
    capability, session = _known(code), context.session()
    actor, now = context.actor(), context.now()
    directory.clinic(session, org_id)
    if verb in ("grant", "revoke"):
        actions.grant(session, actor, org_id, capability, granted=verb == "grant", now=now)
    elif verb == "resume":
        actions.resume(session, actor, org_id, capability, now=now)
    else:
        raise NotFound
    return see_other(url_for("platform.clinic", org_id=org_id), gettext("Saved."))


@blueprint.route("/clinics/<uuid:org_id>/capabilities/<code>/pause", methods=["GET", "POST"])
@guards.platform()
def pause_capability(org_id: uuid.UUID, code: str) -> Response:
    """Pause a capability of a clinic with reason and expected end."""
    capability, form = _known(code), PauseInput()
    card = directory.clinic(context.session(), org_id)
    if request.method == "POST" and form.validate() and _pause(card, capability, form):
        return see_other(url_for("platform.clinic", org_id=org_id), gettext("Paused."))
    return page(
        "platform/pause.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        clinic=card,
        code=code,
        name=capability_words()[code],
    )


def _known(code: str) -> Capability:
    try:
        return Capability(code)
    except ValueError:
        raise NotFound from None


def _clear(capability: Capability, form: BasisInput, cleared: bool) -> bool:
    session, actor, now = context.session(), context.actor(), context.now()
    try:
        if cleared:
            actions.unclear(session, actor, capability, reason=form.basis.data, now=now)
        else:
            actions.clear(session, actor, capability, basis=form.basis.data, now=now)
    except Invalid as error:
        form.take(error)
        return False
    return True


def _pause(card: Organization, capability: Capability, form: PauseInput) -> bool:
    try:
        actions.pause(
            context.session(),
            context.actor(),
            card.id,
            capability,
            reason=form.reason.data,
            expected_end=_instant(form.expected_end.data, card.time_zone),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return False
    return True


def _instant(wall: dt.datetime | None, zone: str) -> dt.datetime | None:
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC) if wall else None
