"""The portal's home: the next visit, what waits, and booking the last one again."""

from __future__ import annotations

import uuid

from flask import g, request, url_for
from werkzeug.wrappers import Response

from app.appointments.queries import VisitView
from app.appointments.queries.own import planned_and_last
from app.kernel.tokens import TokenForged
from app.web.http import context, guards
from app.web.http.own_patients import known
from app.web.http.render import page, see_other
from app.web.http.visit_links import visit_meant
from app.web.portal import blueprint
from app.web.portal.for_whom import patient
from app.web.portal.open_items import items_for
from app.web.portal.visits import visit_url, zone_of


@blueprint.get("/")
@guards.patient()
def home() -> Response:
    """The next visit of the chosen patient, or the one just booked, and what is open for them."""
    chosen = patient()
    visits, last = planned_and_last(context.session(), context.org_id(), chosen.id, context.now())
    repeat = last or next((one for one in visits if one.calendar_id), None)
    fresh = _just_booked(visits)
    if fresh is not None:
        visits = [fresh, *(one for one in visits if one is not fresh)]
    return page(
        "portal/home.html",
        patient=chosen,
        visits=visits,
        fresh=fresh is not None,
        zone_of=zone_of,
        visit_urls={visit.id: visit_url(visit) for visit in visits},
        items=items_for(chosen.id),
        repeat=repeat,
        book_url=url_for("portal.book"),
        several=len(known()) > 1,
        for_another=chosen.id != g.own_patient_ids[0],
    )


@blueprint.get("/book")
@guards.patient()
def book() -> Response:
    """For whom, where there is a choice; then the services."""
    people = known()
    if len(people) == 1:
        return see_other(url_for("booking.clinic_page"))
    return page("portal/book.html", people=people, chosen=patient())


def _just_booked(visits: list[VisitView]) -> VisitView | None:
    """The visit that the address names, if it is one of these."""
    token = request.args.get("booked")
    if token is None:
        return None
    try:
        meant: uuid.UUID = visit_meant(context.settings(), token)
    except TokenForged:
        return None
    return next((one for one in visits if one.id == meant), None)
