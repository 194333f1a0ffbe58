"""Why is this time not offered? Asked from a form; beside a visit that is being moved it offers what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, request

from app.appointments import permissions
from app.scheduling.queries import Asker, calendar_view, outlook
from app.scheduling.queries.calendars import Person
from app.web.console import blueprint
from app.web.console.asked import identifier, moment_of
from app.web.console.own import visit_or_404
from app.web.console.reasons import explain
from app.web.console.taken import nearest, overbooking
from app.web.http import context, guards
from app.web.http.locale import localised
from app.web.http.render import page


@blueprint.get("/why")
@guards.staff(permissions.VIEW)
def why() -> Response:
    """For a calendar, a date and time, and one specialist or all."""
    session, org_id = context.session(), context.org_id()
    calendar = calendar_view(
        session, org_id, calendar_id=identifier(request.args, "calendar", required=True)
    )
    start = moment_of(request.args.get("day", ""), request.args.get("time", ""))
    visit_id, specialist = identifier(request.args, "visit"), identifier(request.args, "specialist")
    found = outlook(
        session,
        context.redis(),
        org_id,
        calendar,
        Asker(context.now(), staff=True),
        start,
        specialist_id=specialist,
        ignoring=visit_id,
    )
    past = start < context.now()
    visit = visit_or_404(visit_id) if visit_id and specialist and found.refusals else None
    refusals = found.refusals.get(str(specialist), ())
    return page(
        "console/visits/why.html",
        fragment="console/visits/_why.html",
        start=start,
        past=past,
        service=localised(calendar.title),
        visit=visit,
        specialist=specialist,
        nearest=nearest(visit, found, specialist, start) if visit and specialist else [],
        overbook=overbooking(visit, specialist, start, refusals) if visit and specialist else None,
        free=[] if past else _named(calendar.people, found.free),
        whys=explain(calendar, found.refusals, start),
    )


def _named(people: Sequence[Person], ids: Sequence[object]) -> list[str]:
    return [one.name for one in people if one.id in ids]
