"""Courses of visits at the desk: conflicts in sight before, booked all at once; how one stands (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import SelectField

from app.appointments import permissions
from app.appointments.actions.courses import FEWEST, MOST, CourseTaken, CourseVisit, book_course
from app.appointments.queries.course_moving import cancelled_together
from app.appointments.queries.courses import course_view, course_visits, plan
from app.appointments.states import OPEN
from app.catalog.addon_rules import Addon
from app.lib.errors import Invalid
from app.lib.paging import PageRequest
from app.people.access import patient_or_404
from app.scheduling.queries import Asker, CalendarView, calendar_view, desk_calendars
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.booking_desk import habit, with_wish
from app.web.console.course_pattern import PatternInput, picked_visit, preview_row
from app.web.console.desk_states import state_at_desk
from app.web.console.fields import whole
from app.web.console.own import writes
from app.web.http import context, guards
from app.web.http.inputs import choices
from app.web.http.lists import heads
from app.web.http.locale import localised
from app.web.http.render import page, see_other
from app.web.http.templating import moment

USUAL = {0: dt.time(9), 2: dt.time(9), 4: dt.time(9)}


class CourseInput(PatternInput):
    """The pattern of a new course."""

    calendar = SelectField(_l("Service"))
    count = whole(_l("How many visits"), FEWEST, MOST, default=10)

    def offer(self) -> None:
        """Fill in what can be chosen."""
        found = desk_calendars(context.session(), context.org_id())
        self.calendar.choices = choices([(str(one.id), localised(one.title)) for one in found])
        self.offer_pattern(gettext("The same for all, whoever is free"))


@blueprint.route("/patients/<uuid:patient_id>/course", methods=["GET", "POST"])
@guards.staff(permissions.BOOK)
def plan_course(patient_id: uuid.UUID) -> AnyResponse:
    """The pattern; its visits one by one with what is free; the booking of those that were chosen."""
    patient = patient_or_404(context.session(), context.actor(), patient_id)
    form = CourseInput()
    form.offer()
    if request.method == "GET":
        form.show(USUAL)
        form.calendar.data = _asked_calendar(form) or str(habit(patient.id).calendar_id or "")
        form.first_day.data = local(context.now()).date() + dt.timedelta(days=1)
        return _plan_page(form, patient, 200)
    if not form.validate():
        return _plan_page(form, patient, 422)
    whole = _whole(form)
    if request.form.get("do") == "book":
        return _book(form, patient, whole)
    return _preview(form, patient, whole)


@blueprint.get("/courses/<uuid:course_id>")
@guards.staff(permissions.VIEW)
def course_page(course_id: uuid.UUID) -> Response:
    """How the course stands, visit by visit."""
    session, actor = context.session(), context.actor()
    found = course_view(session, actor.clinic, course_id)
    patient = patient_or_404(session, actor, found.patient_id)
    visits = course_visits(session, actor.clinic, course_id)
    words = ("#", gettext("When"), gettext("Specialist"), gettext("State"), "")
    now = context.now()
    may_cancel = writes(actor, permissions.CANCEL)
    return page(
        "console/courses/course.html",
        course=found,
        patient=patient,
        visits=[(one, state_at_desk(one)) for one in visits],
        title=visits[0].service_names if visits else {},
        done=sum(one.state == "done" for one in visits),
        standing=sum(one.state not in ("cancelled", "no_show") for one in visits),
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        may_cancel=may_cancel,
        may_move=writes(actor, permissions.BOOK),
        to_come={one.id for one in visits if one.state in OPEN and one.starts_at > now},
        cancelled=cancelled_together(session, actor.clinic, course_id, now) if may_cancel else None,
    )


@dataclass(frozen=True, slots=True)
class _Whole:
    """The chosen calendar with what the form adds to each visit, and all that can be added."""

    calendar: CalendarView | None = None
    addons: Sequence[Addon] = ()

    @property
    def demanded(self) -> CalendarView:
        """The calendar, which a valid form names."""
        assert self.calendar is not None
        return self.calendar

    @property
    def added(self) -> dict[uuid.UUID, int]:
        """How many of each."""
        chosen = self.calendar.addons if self.calendar else ()
        return {one.addon.id: one.quantity for one in chosen}


def _whole(form: CourseInput) -> _Whole:
    known = [value for value, *_ in form.calendar.choices]
    named = form.calendar.data if form.calendar.data in known else next(iter(known), None)
    if named is None:
        return _Whole()
    found = calendar_view(context.session(), context.org_id(), calendar_id=uuid.UUID(named))
    return _Whole(*with_wish(found))


def _asked_calendar(form: CourseInput) -> str | None:
    """The calendar that the address names, if the desk books it."""
    asked = request.args.get("calendar")
    return asked if asked in [value for value, *_ in form.calendar.choices] else None


def _plan_page(
    form: CourseInput,
    patient: Any,
    status: int,
    rows: Any = None,
    problem: str | None = None,
    whole: _Whole | None = None,
) -> Response:
    return page(
        "console/courses/plan.html",
        status=status,
        form=form,
        patient=patient,
        rows=rows,
        problem=problem,
        whole=whole or _whole(form),
    )


def _preview(
    form: CourseInput, patient: Any, whole: _Whole, *, taken: dt.datetime | None = None
) -> Response:
    calendar = whole.demanded
    found = plan(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(context.now(), staff=True),
        form.starts(form.count.data or FEWEST),
        patient.id,
        form.chosen_specialist(),
    )
    rows = [preview_row(one, calendar, kept=taken is not None) for one in found]
    if taken is None:
        return _plan_page(form, patient, 200, rows, whole=whole)
    problem = gettext(
        "%(when)s was just taken. Nothing was booked; choose again for that visit.",
        when=moment(taken),
    )
    return _plan_page(form, patient, 409, rows, problem, whole)


def _book(form: CourseInput, patient: Any, whole: _Whole) -> AnyResponse:
    session, actor = context.session(), context.actor()
    chosen = _chosen(form.count.data or 0)
    try:
        course_id = book_course(
            session,
            context.redis(),
            actor,
            whole.demanded,
            patient.id,
            chosen,
            channel="phone",
            time_zone=context.clinic().time_zone,
            now=context.now(),
        )
    except CourseTaken as error:
        session.rollback()
        return _preview(
            form, patient_or_404(session, actor, patient.id), whole, taken=error.starts_at
        )
    except Invalid as error:
        form.take(error)
        return _preview(form, patient, whole)
    return see_other(
        url_for("console.course_page", course_id=course_id),
        ngettext("%(num)d visit is booked.", "%(num)d visits are booked.", len(chosen)),
    )


def _chosen(count: int) -> Sequence[CourseVisit]:
    found = [picked_visit(number) for number in range(1, count + 1)]
    return list({one.starts_at: one for one in found if one is not None}.values())
