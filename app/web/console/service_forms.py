"""Which forms every calendar of a service asks for (CAT-01, FRM-05)."""

from __future__ import annotations

import uuid

from flask import request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.catalog.actions import stored_draft
from app.forms.queries import templates
from app.lib.errors import Invalid
from app.scheduling.actions.asked_forms import ask_in_service
from app.scheduling.permissions import MANAGE
from app.scheduling.queries.asked_forms import ServiceForms, forms_of_service
from app.web.console import blueprint
from app.web.console.calendar_forms import FormsInput
from app.web.console.fields import identifiers
from app.web.http import context, guards
from app.web.http.inputs import choices
from app.web.http.locale import localised
from app.web.http.render import page, see_other


@blueprint.route("/services/<uuid:service_id>/forms", methods=["GET", "POST"])
@guards.staff(MANAGE)
def service_forms(service_id: uuid.UUID) -> Response:
    """Tick the forms; each calendar of the service asks for them from then on."""
    session, org_id = context.session(), context.org_id()
    service = stored_draft(session, org_id, service_id)
    present = forms_of_service(session, org_id, service_id)
    known = {one.id: localised(one.titles) for one in templates(session, org_id)}
    form = FormsInput(data={"forms": [str(one) for one in present.everywhere]})
    form.forms.choices = choices([(str(one), words) for one, words in known.items()])
    status = 200
    if request.method == "POST":
        status = _keep(form, service_id)
        if status == 303:
            return see_other(url_for("console.service", service_id=service_id), gettext("Saved."))
    return page(
        "console/services/forms.html",
        status=status,
        form=form,
        service_id=service_id,
        title=localised(dict(service.names)),
        bookable=bool(present.by_calendar),
        only_some={
            str(one): gettext("Asked for by some of its calendars already.")
            for one in present.somewhere
        },
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


def _keep(form: FormsInput, service_id: uuid.UUID) -> int:
    if not form.validate():
        return 422
    try:
        ask_in_service(
            context.session(),
            context.actor(),
            service_id,
            identifiers(form.forms),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return 422
    return 303
