"""Which forms whoever books a calendar is asked to fill in (CAT-03, FRM-05); service_forms.py asks it of a service."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from flask import url_for
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
    form = forms_input(asked)
    back = url_for("console.calendar", calendar_id=calendar_id)
    if form.is_submitted() and kept(form, ask_for_forms, calendar_id):
        return see_other(back, gettext("Saved."))
    return page(
        "console/calendars/asked_forms.html",
        status=422 if form.is_submitted() else 200,
        form=form,
        here=url_for("console.calendar_forms", calendar_id=calendar_id),
        back=back,
        parent={"label": gettext("Calendars"), "url": url_for("console.calendars")},
        title=localised(calendar.title),
        why=gettext(
            "Each is opened for the patient when they book: in the portal, and at the reception when they arrive. "
            "Who has signed the newest version is not asked again."
        ),
        only_some={},
        open_url=None,
    )


def forms_input(ticked: Iterable[uuid.UUID]) -> FormsInput:
    """Every form of the clinic to choose from, with those that are asked for already."""
    form = FormsInput(data={"forms": [str(one) for one in ticked]})
    known = templates(context.session(), context.org_id())
    form.forms.choices = choices([(str(one.id), localised(one.titles)) for one in known])
    return form


def kept(form: FormsInput, ask: Callable[..., object], asker_id: uuid.UUID) -> bool:
    """Whether the calendar or service asks for what was ticked from now on; if not, the form says why."""
    if not form.validate():
        return False
    ticked = identifiers(form.forms)
    try:
        ask(context.session(), context.actor(), asker_id, ticked, now=context.now())
    except Invalid as error:
        form.take(error)
        return False
    return True
