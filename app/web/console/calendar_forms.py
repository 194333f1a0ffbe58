"""Which forms whoever books a calendar is asked to fill in (CAT-03, FRM-05)."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectMultipleField

from app.forms.queries import templates
from app.lib.errors import Invalid
from app.scheduling.actions.asked_forms import ask_for_forms
from app.scheduling.permissions import MANAGE
from app.scheduling.queries import calendar_view
from app.scheduling.queries.asked_forms import asked_templates
from app.web.console import blueprint
from app.web.console.fields import identifiers
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.locale import localised
from app.web.http.render import page, see_other


class FormsInput(Input):
    """The forms that are asked for."""

    forms = SelectMultipleField(_l("Forms"))


@blueprint.route("/calendars/<uuid:calendar_id>/forms", methods=["GET", "POST"])
@guards.staff(MANAGE)
def calendar_forms(calendar_id: uuid.UUID) -> Response:
    """Tick the forms; each is opened for the patient when they book."""
    session, org_id = context.session(), context.org_id()
    calendar = calendar_view(session, org_id, calendar_id=calendar_id)
    asked = asked_templates(session, org_id, calendar_id)
    form = FormsInput(data={"forms": [str(one) for one in asked]})
    form.forms.choices = choices(
        [(str(one.id), localised(one.titles)) for one in templates(session, org_id)]
    )
    status = 200
    if request.method == "POST":
        status = _keep(form, calendar_id)
        if status == 303:
            return see_other(
                url_for("console.calendar", calendar_id=calendar_id), gettext("Saved.")
            )
    return page(
        "console/calendars/forms.html",
        status=status,
        form=form,
        calendar_id=calendar_id,
        title=localised(calendar.title),
    )


def _keep(form: FormsInput, calendar_id: uuid.UUID) -> int:
    if not form.validate():
        return 422
    try:
        ask_for_forms(
            context.session(),
            context.actor(),
            calendar_id,
            identifiers(form.forms),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return 422
    return 303
