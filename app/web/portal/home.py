"""The portal's home: the next visit, and what waits."""

from __future__ import annotations

from flask import g, url_for
from werkzeug.wrappers import Response

from app.appointments.queries import VisitView, upcoming_for_patients
from app.web.http import context, guards
from app.web.http.render import page
from app.web.http.visit_links import visit_token
from app.web.portal import blueprint
from app.web.portal.for_whom import patient
from app.web.portal.open_items import items_for


@blueprint.get("/")
@guards.patient()
def home() -> Response:
    """The next visit of the chosen patient, and what is open for them."""
    chosen = patient()
    visits = upcoming_for_patients(context.session(), context.org_id(), [chosen.id], context.now())
    return page(
        "portal/home.html",
        patient=chosen,
        visits=visits,
        visit_urls={visit.id: _page_of(visit) for visit in visits},
        items=items_for(chosen.id),
        book_url=url_for("booking.clinic_page"),
        for_another=chosen.id != g.own_patient_ids[0],
    )


def _page_of(visit: VisitView) -> str:
    """Where the visit can be seen, moved and cancelled, the same page that its messages lead to."""
    return url_for("booking.visit", token=visit_token(context.settings(), visit.id))
