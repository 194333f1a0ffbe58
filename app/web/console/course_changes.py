"""This and all following: moving, cancelling and restoring what is to come of a course at the desk (BYD-03, BYD-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import permissions
from app.appointments.actions.course_changes import (
    CourseMove,
    CourseNotFree,
    cancel_course,
    move_course,
    restore_course,
)
from app.appointments.actions.courses import CourseTaken
from app.appointments.models import Course
from app.appointments.queries import VisitView
from app.appointments.queries.course_moving import plan_move
from app.appointments.queries.courses import course_view, course_visits
from app.appointments.rules.course import usual_times
from app.appointments.states import OPEN
from app.lib.errors import Conflict, Invalid
from app.lib.text import clean_line
from app.people.access import patient_or_404
from app.scheduling.queries import Asker, calendar_view
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.course_pattern import PatternInput, picked_visit, preview_row
from app.web.console.visits import told
from app.web.http import context, guards
from app.web.http.copy import field_sentence, sentence
from app.web.http.render import page, see_other
from app.web.http.templating import moment

LONGEST_REASON = 500


@blueprint.route("/courses/<uuid:course_id>/move", methods=["GET", "POST"])
@guards.staff(permissions.BOOK)
def move_rest(course_id: uuid.UUID) -> AnyResponse:
    """The new pattern from a visit on, what is free of it, and the move of all that were chosen, or of none."""
    found, since, visits = _asked(course_id)
    form = PatternInput()
    form.offer_pattern(gettext("As they are, where they are free"))
    if request.method == "GET":
        form.show(usual_times(local(one.starts_at) for one in visits))
        form.first_day.data = local(visits[0].starts_at).date()
        return _move_page(form, found, since, visits, 200)
    if not form.validate():
        return _move_page(form, found, since, visits, 422)
    if request.form.get("do") == "move":
        return _move(form, found, since, visits)
    return _preview(form, found, since, visits)


@blueprint.route("/courses/<uuid:course_id>/cancel", methods=["GET", "POST"])
@guards.staff(permissions.CANCEL)
def cancel_rest(course_id: uuid.UUID) -> AnyResponse:
    """What cancelling from a visit on will do; then do it."""
    session, actor = context.session(), context.actor()
    if request.method == "POST":
        found = course_view(session, actor.clinic, course_id)
        patient_or_404(session, actor, found.patient_id)
        reason = clean_line(request.form.get("reason", ""))[:LONGEST_REASON]
        since = _number(request.form.get("since"))
        count = cancel_course(
            session, actor, course_id, since=since, now=context.now(), reason=reason
        )
        words = ngettext("%(num)d visit is cancelled.", "%(num)d visits are cancelled.", count)
        return see_other(url_for("console.course_page", course_id=course_id), words)
    found, since, visits = _asked(course_id)
    return page(
        "console/courses/cancel.html",
        course=found,
        patient_name=visits[0].patient_name,
        since=since,
        affected=visits,
        told=told(visits[0]),
    )


@blueprint.post("/courses/<uuid:course_id>/restore")
@guards.staff(permissions.CANCEL)
def restore_rest(course_id: uuid.UUID) -> AnyResponse:
    """Take back what was cancelled together; where a time is taken by now, say which, and offer the others."""
    session, actor = context.session(), context.actor()
    found = course_view(session, actor.clinic, course_id)
    patient = patient_or_404(session, actor, found.patient_id)
    at = _cancelled_at(request.form.get("at", ""))
    only_free = request.form.get("do") == "free"
    try:
        count = restore_course(
            session,
            context.redis(),
            actor,
            course_id,
            at,
            now=context.now(),
            only_free=only_free,
        )
    except CourseNotFree as error:
        session.rollback()
        return page(
            "console/courses/not_free.html",
            status=409,
            course_id=course_id,
            patient_name=patient.name,
            taken=error.starts,
            at=at,
        )
    words = (
        ngettext("%(num)d visit is restored.", "%(num)d visits are restored.", count)
        if count
        else gettext("There was nothing left to restore.")
    )
    return see_other(url_for("console.course_page", course_id=course_id), words)


def _asked(course_id: uuid.UUID) -> tuple[Course, int, list[VisitView]]:
    """The course, the number from which on it is asked about, and what of it is to come. Raises NotFound for none."""
    session, actor = context.session(), context.actor()
    found = course_view(session, actor.clinic, course_id)
    patient_or_404(session, actor, found.patient_id)
    since = _number(request.values.get("since"))
    visits = [
        one
        for one in course_visits(session, actor.clinic, course_id)
        if (one.course_number or 0) >= since and one.state in OPEN and one.starts_at > context.now()
    ]
    if not visits:
        raise NotFound
    return found, since, visits


def _move_page(
    form: PatternInput,
    course: Course,
    since: int,
    visits: list[VisitView],
    status: int,
    rows: Any = None,
    problem: str | None = None,
) -> Response:
    return page(
        "console/courses/move.html",
        status=status,
        form=form,
        course=course,
        since=since,
        visits=visits,
        versions={one.course_number: one.version for one in visits},
        rows=rows,
        problem=problem,
        told=told(visits[0]),
    )


def _preview(
    form: PatternInput,
    course: Course,
    since: int,
    visits: list[VisitView],
    problem: str | None = None,
) -> Response:
    session, org_id = context.session(), context.org_id()
    calendar = calendar_view(session, org_id, calendar_id=course.calendar_id)
    planned = plan_move(
        session,
        context.redis(),
        org_id,
        calendar,
        Asker(context.now(), staff=True),
        visits,
        form.starts(len(visits)),
        form.chosen_specialist(),
    )
    rows = [
        preview_row(one, calendar, kept=problem is not None, before=visit.starts_at)
        for one, visit in zip(planned, visits, strict=True)
    ]
    status = 200 if problem is None else 409
    return _move_page(form, course, since, visits, status, rows, problem)


def _move(form: PatternInput, course: Course, since: int, visits: list[VisitView]) -> AnyResponse:
    session, actor, course_id = context.session(), context.actor(), course.id
    try:
        moved = move_course(
            session, context.redis(), actor, course_id, _moves(visits), now=context.now()
        )
    except (Conflict, Invalid) as error:
        problem = _problem(error)
        session.rollback()
        return _preview(form, *_asked(course_id), problem)
    words = (
        ngettext("%(num)d visit is moved.", "%(num)d visits are moved.", moved)
        if moved
        else gettext("Every visit stays where it was.")
    )
    return see_other(url_for("console.course_page", course_id=course_id), words)


def _moves(visits: list[VisitView]) -> list[CourseMove]:
    """What was picked for each visit; one without a pick stays."""
    found = []
    for visit in visits:
        picked = picked_visit(visit.course_number or 0)
        if picked is None or picked.specialist_id is None:
            continue
        seen = _number(request.form.get(f"version-{visit.course_number}"), lowest=0)
        found.append(CourseMove(visit.id, seen, picked.starts_at, picked.specialist_id))
    return found


def _problem(error: Conflict | Invalid) -> str:
    if isinstance(error, CourseTaken):
        return gettext(
            "%(when)s is not free. Nothing was moved; choose again for that visit.",
            when=moment(error.starts_at),
        )
    if isinstance(error, Invalid):
        return " ".join(field_sentence(one) for one in error.errors)
    return sentence(error)


def _cancelled_at(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if found.tzinfo is None:
        raise NotFound
    return found


def _number(text: str | None, *, lowest: int = 1) -> int:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 6:
        return lowest
    return max(lowest, int(text))
