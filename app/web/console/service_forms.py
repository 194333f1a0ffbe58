"""Which forms every calendar of a service asks for (CAT-01, FRM-05)."""

from __future__ import annotations

import uuid

from flask import url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.catalog.actions import stored_draft
from app.forms.queries import templates
from app.scheduling.actions.asked_forms import ask_in_service
from app.scheduling.permissions import MANAGE
from app.scheduling.queries.asked_forms import ServiceForms, forms_of_service
from app.web.console import blueprint
from app.web.console.calendar_forms import forms_input, kept
from app.web.http import context, guards
from app.web.http.locale import localised
from app.web.http.render import page, see_other


@blueprint.route("/services/<uuid:service_id>/forms", methods=["GET", "POST"])
@guards.staff(MANAGE)
def service_forms(service_id: uuid.UUID) -> Response:
    """Tick the forms; each calendar of the service asks for them from then on."""
    session, org_id = context.session(), context.org_id()
    service = stored_draft(session, org_id, service_id)
    present = forms_of_service(session, org_id, service_id)
    form = forms_input(present.everywhere)
    back = url_for("console.service", service_id=service_id)
    if form.is_submitted() and kept(form, ask_in_service, service_id):
        return see_other(back, gettext("Saved."))
    return page(
        "console/calendars/asked_forms.html",
        status=422 if form.is_submitted() else 200,
        form=form,
        here=url_for("console.service_forms", service_id=service_id),
        back=back,
        parent={"label": gettext("Services"), "url": url_for("console.services")},
        title=localised(dict(service.names)),
        why=gettext(
            "Every calendar of the service asks for what is ticked here, new ones too; a calendar may ask for more. "
            "Visits that are booked already ask for no more."
        ),
        only_some={
            str(one): gettext("Asked for by some of its calendars already.")
            for one in present.somewhere
        },
        open_url=None
        if present.by_calendar
        else url_for("console.new_calendar", service=service_id),
    )


def form_words(service_id: uuid.UUID) -> list[str]:
    """The forms of a service, a line each, for its page."""
    session, org_id = context.session(), context.org_id()
    present: ServiceForms = forms_of_service(session, org_id, service_id)
    if not present.everywhere and not present.somewhere:
        return []
    titles = {one.id: localised(one.titles) for one in templates(session, org_id)}
    lines = [titles[one] for one in present.everywhere if one in titles]
    some = [
        gettext("%(form)s, in some calendars", form=titles[one])
        for one in present.somewhere
        if one in titles
    ]
    return [*sorted(lines), *sorted(some)]
