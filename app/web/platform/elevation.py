"""Elevated access: the operator's staff ask for it with a reason and a time box, and end it (KRN-13)."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from app.kernel.access import elevation
from app.kernel.tenancy import directory
from app.lib.errors import Invalid
from app.web.http import context, guards
from app.web.http.forms import block
from app.web.http.inputs import Input
from app.web.http.render import page, see_other
from app.web.platform import blueprint
from app.web.platform.words import case_words

MINUTES = (15, 30, 60, 120, 240)


class ElevateInput(Input):
    """Why, what for, how long."""

    case_kind = RadioField(
        _l("Case"), validators=[InputRequired(message=_l("Please choose one of these."))]
    )
    reason = block(
        _l("Reason"),
        max_length=500,
        description=_l("The clinic reads this sentence at once, by e-mail and on every page."),
    )
    minutes = SelectField(_l("For how long"), coerce=int, default=30)


@blueprint.route("/clinics/<uuid:org_id>/elevate", methods=["GET", "POST"])
@guards.platform()
def elevate(org_id: uuid.UUID) -> Response:
    """Open the clinic's pages for reading, for a while."""
    form = ElevateInput()
    form.case_kind.choices = list(case_words().items())
    form.minutes.choices = [(minutes, _duration(minutes)) for minutes in MINUTES]
    card = directory.clinic(context.session(), org_id)
    if request.method == "POST" and form.validate() and _open(org_id, form):
        words = gettext("You may read this clinic's pages now. The clinic has been told.")
        return see_other(url_for("platform.clinic", org_id=org_id), words)
    status = 422 if request.method == "POST" else 200
    return page("platform/elevate.html", status=status, form=form, clinic=card)


@blueprint.post("/clinics/<uuid:org_id>/elevated/<uuid:elevated_id>/end")
@guards.platform()
def end_elevated(org_id: uuid.UUID, elevated_id: uuid.UUID) -> Response:
    """End an elevated access before its time."""
    elevation.close_access(
        context.session(), context.actor(), org_id, elevated_id, now=context.now()
    )
    return see_other(url_for("platform.clinic", org_id=org_id), gettext("The access has ended."))


def _open(org_id: uuid.UUID, form: ElevateInput) -> bool:
    try:
        elevation.open_access(
            context.session(),
            context.actor(),
            org_id,
            case_kind=form.case_kind.data,
            reason=form.reason.data,
            minutes=form.minutes.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return False
    return True


def _duration(minutes: int) -> str:
    if minutes < 60:
        return gettext("%(minutes)s minutes", minutes=minutes)
    return gettext("%(hours)s h", hours=minutes // 60)
