"""Giving the visits of a specialist to others at once: each at its time, to somebody who is free then (SPC-02)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import actions, permissions
from app.appointments.actions.moving import NewTime
from app.appointments.queries.reassigning import ComingVisit, coming_visits
from app.appointments.queries.takers import Handover, handovers
from app.lib.errors import Conflict, Invalid, NotFound
from app.people.specialists import queries
from app.scheduling.queries import Asker
from app.web.console import blueprint
from app.web.console.asked import read_identifier
from app.web.console.own import only_specialist
from app.web.console.reasons import explain
from app.web.http import context, guards
from app.web.http.render import page, see_other

MOST = 60


@blueprint.get("/specialists/<uuid:specialist_id>/hand-over-visits")
@guards.staff(permissions.BOOK)
def hand_over_visits(specialist_id: uuid.UUID) -> Response:
    """The visits to come, each with those who are free then, or why nobody is."""
    return _page(specialist_id)


@blueprint.post("/specialists/<uuid:specialist_id>/hand-over-visits")
@guards.staff(permissions.BOOK)
def do_hand_over_visits(specialist_id: uuid.UUID) -> AnyResponse:
    """Give each visit to whom was chosen; what was taken meanwhile stays, is told and can be chosen again."""
    queries.specialist_head(context.session(), context.org_id(), specialist_id)
    chosen = [
        (visit, who)
        for visit in _coming(specialist_id)
        if (who := read_identifier(request.form.get(f"visit-{visit.id}", ""))) is not None
    ]
    failed = [visit.id for visit, who in chosen if not _give(visit, who)]
    given = len(chosen) - len(failed)
    if failed and not given:
        return _page(specialist_id, status=409, failed=failed)
    return see_other(
        url_for("console.hand_over_visits", specialist_id=specialist_id), _done(given, len(failed))
    )


def _done(given: int, failed: int) -> str:
    if not given:
        return gettext("Nothing was chosen.")
    words = ngettext(
        "%(num)d visit has somebody else now.", "%(num)d visits have somebody else now.", given
    )
    if not failed:
        return words
    stay = ngettext(
        "%(num)d visit stays: somebody was quicker.",
        "%(num)d visits stay: somebody was quicker.",
        failed,
    )
    return f"{words} {stay}"


def _give(visit: ComingVisit, specialist_id: uuid.UUID) -> bool:
    """Whether it worked; if not, nothing of this visit has changed."""
    session = context.session()
    savepoint = session.begin_nested()
    try:
        target = NewTime(visit.starts_at, specialist_id)
        actions.move(session, context.redis(), context.actor(), visit.id, target, now=context.now())
    except (Conflict, Invalid, NotFound):
        savepoint.rollback()
        return False
    savepoint.commit()
    return True


def _page(
    specialist_id: uuid.UUID,
    *,
    status: int = 200,
    failed: Sequence[uuid.UUID] = (),
) -> Response:
    session, org_id = context.session(), context.org_id()
    visits = _coming(specialist_id)
    asker = Asker(context.now(), staff=True)
    found = handovers(session, context.redis(), org_id, visits[:MOST], specialist_id, asker)
    return page(
        "console/specialists/hand_over.html",
        status=status,
        head=queries.specialist_head(session, org_id, specialist_id),
        rows=[_row(one, one.visit.id in failed) for one in found],
        more=max(len(visits) - MOST, 0),
        failed=len(failed),
    )


def _row(one: Handover, failed: bool) -> dict[str, Any]:
    calendar = one.calendar
    names = {person.id: person.name for person in calendar.people} if calendar else {}
    whys = []
    if calendar and not one.able:
        whys = explain(calendar, one.refusals, one.visit.starts_at)
    return {
        "visit": one.visit,
        "options": [(who, names[who]) for who in one.able],
        "proposed": None if failed else one.proposed,
        "whys": whys,
        "closed": calendar is None,
        "failed": failed,
    }


def _coming(specialist_id: uuid.UUID) -> list[ComingVisit]:
    if only_specialist() is not None:
        raise NotFound("specialist_not_found")
    session, org_id = context.session(), context.org_id()
    coming = coming_visits(session, org_id, context.now(), specialist_id=specialist_id)
    return [one for one in coming if one.starts_at > context.now()]
