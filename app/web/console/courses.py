"""Courses of visits at the desk: conflicts in sight before, booked at once, cancelled from one on (BYD-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import DateField, SelectField, SelectMultipleField
from wtforms import TimeField as TimeInput
from wtforms.validators import InputRequired

from app.appointments import permissions
from app.appointments.actions.courses import (
    FEWEST,
    MOST,
    CourseTaken,
    CourseVisit,
    book_course,
    cancel_course,
)
from app.appointments.queries.courses import Planned, course_view, course_visits, plan
from app.appointments.states import OPEN
from app.kernel.access.actor import STAFF
from app.lib.errors import Invalid
from app.lib.paging import PageRequest
from app.lib.text import clean_line
from app.people.access import patient_or_404
from app.people.specialists.queries import specialist_lines
from app.scheduling.queries import Asker, CalendarView, calendar_view, desk_calendars
from app.scheduling.rules.series import course as course_starts
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.fields import whole
from app.web.console.reasons import explain
from app.web.http import context, guards
from app.web.http.inputs import Input, choices
from app.web.http.lists import heads
from app.web.http.locale import localised
from app.web.http.render import page, see_other
from app.web.http.templating import moment
from app.web.http.waiting_words import day_names

REQUIRED = _l("Please fill this in.")
LONGEST_REASON = 500
LEFT_OUT = ""


class CourseInput(Input):
    """The pattern of a course."""

    calendar = SelectField(_l("Service"))
    specialist = SelectField(_l("With"))
    weekdays = SelectMultipleField(_l("On these days"), validators=[InputRequired(REQUIRED)])
    time = TimeInput(_l("Time"), validators=[InputRequired(REQUIRED)])
    first_day = DateField(_l("From"), validators=[InputRequired(REQUIRED)])
    count = whole(_l("How many visits"), FEWEST, MOST, default=10)

    def offer(self) -> None:
        """Fill in what can be chosen."""
        found = desk_calendars(context.session(), context.org_id())
        self.calendar.choices = choices([(str(one.id), localised(one.title)) for one in found])
        people = specialist_lines(context.session(), context.org_id(), active=True)
        self.specialist.choices = choices(
            [
                ("", gettext("The same for all, whoever is free")),
                *((str(one.id), one.name) for one in people),
            ]
        )
        self.weekdays.choices = choices(list(day_names().items()))


@blueprint.route("/patients/<uuid:patient_id>/course", methods=["GET", "POST"])
@guards.staff(permissions.BOOK)
def plan_course(patient_id: uuid.UUID) -> AnyResponse:
    """The pattern; its visits one by one with what is free; the booking of those that were chosen."""
    patient = patient_or_404(context.session(), context.actor(), patient_id)
    form = CourseInput()
    form.offer()
    if request.method == "GET":
        tomorrow = local(context.now()).date() + dt.timedelta(days=1)
        form.first_day.data, form.time.data = tomorrow, dt.time(9)
        form.specialist.data = ""
        form.weekdays.data = ["0", "2", "4"]
        return page(
            "console/courses/plan.html", form=form, patient=patient, rows=None, problem=None
        )
    if not form.validate():
        return page(
            "console/courses/plan.html",
            status=422,
            form=form,
            patient=patient,
            rows=None,
            problem=None,
        )
    calendar = calendar_view(
        context.session(), context.org_id(), calendar_id=uuid.UUID(form.calendar.data)
    )
    if request.form.get("do") == "book":
        return _book(form, patient, calendar)
    return _preview(form, patient, calendar)


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
    return page(
        "console/courses/course.html",
        course=found,
        patient=patient,
        visits=[(one, _shown(one)) for one in visits],
        title=visits[0].service_names if visits else {},
        done=sum(one.state == "done" for one in visits),
        standing=sum(one.state not in ("cancelled", "no_show") for one in visits),
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        may_cancel=actor.kind == STAFF and actor.may(permissions.CANCEL),
        to_come={one.id for one in visits if one.state in OPEN and one.starts_at > now},
    )


@blueprint.route("/courses/<uuid:course_id>/cancel", methods=["GET", "POST"])
@guards.staff(permissions.CANCEL)
def cancel_rest(course_id: uuid.UUID) -> AnyResponse:
    """What cancelling from a visit on will do; then do it."""
    session, actor = context.session(), context.actor()
    found = course_view(session, actor.clinic, course_id)
    patient = patient_or_404(session, actor, found.patient_id)
    since = _number(request.values.get("since"))
    if request.method == "POST":
        reason = clean_line(request.form.get("reason", ""))[:LONGEST_REASON]
        count = cancel_course(
            session, actor, course_id, since=since, now=context.now(), reason=reason
        )
        words = ngettext("%(num)d visit is cancelled.", "%(num)d visits are cancelled.", count)
        return see_other(url_for("console.course_page", course_id=course_id), words)
    affected = [
        one
        for one in course_visits(session, actor.clinic, course_id)
        if (one.course_number or 0) >= since and one.state in OPEN and one.starts_at > context.now()
    ]
    if not affected:
        raise NotFound
    return page(
        "console/courses/cancel.html",
        course=found,
        patient=patient,
        since=since,
        affected=affected,
    )


def _preview(
    form: CourseInput, patient: Any, calendar: CalendarView, *, taken: dt.datetime | None = None
) -> Response:
    rows = [_row(one, calendar, taken) for one in _planned(form, patient.id, calendar)]
    problem = None
    if taken is not None:
        problem = gettext(
            "%(when)s was just taken. Nothing was booked; choose again for that visit.",
            when=moment(taken),
        )
    return page(
        "console/courses/plan.html",
        status=409 if taken else 200,
        form=form,
        patient=patient,
        rows=rows,
        problem=problem,
    )


def _planned(form: CourseInput, patient_id: uuid.UUID, calendar: CalendarView) -> list[Planned]:
    clinic = context.clinic()
    assert form.time.data is not None  # Validated.
    assert form.first_day.data is not None
    minute = form.time.data.hour * 60 + form.time.data.minute
    starts = course_starts(
        clinic.time_zone,
        form.first_day.data.toordinal(),
        [(int(day), minute) for day in form.weekdays.data or ()],
        form.count.data or FEWEST,
    )
    return plan(
        context.session(),
        context.redis(),
        context.org_id(),
        calendar,
        Asker(context.now(), staff=True),
        starts,
        patient_id,
        uuid.UUID(form.specialist.data) if form.specialist.data else None,
    )


def _row(one: Planned, calendar: CalendarView, taken: dt.datetime | None) -> dict[str, Any]:
    names = {person.id: person.name for person in calendar.people}
    picked = request.form.get(f"visit-{one.number}")
    options = []
    if one.specialist_id is not None:
        options.append(_option(one.starts_at, one.specialist_id, names))
    options += [_option(slot.starts_at, slot.specialist_ids[0], names) for slot in one.nearest]
    values = [option["value"] for option in options]
    default = values[0] if one.specialist_id is not None else LEFT_OUT
    return {
        "number": one.number,
        "starts_at": one.starts_at,
        "free": one.specialist_id is not None,
        "whys": explain(calendar, one.refusals, one.starts_at) if one.refusals else [],
        "past": one.starts_at < context.now(),
        "options": options,
        "picked": picked if picked in (*values, LEFT_OUT) and taken is not None else default,
    }


def _option(
    starts_at: dt.datetime, specialist_id: uuid.UUID, names: dict[uuid.UUID, str]
) -> dict[str, Any]:
    return {
        "value": f"{int(starts_at.timestamp()) // 60}:{specialist_id}",
        "at": starts_at,
        "who": names[specialist_id],
    }


def _book(form: CourseInput, patient: Any, calendar: CalendarView) -> AnyResponse:
    session, actor = context.session(), context.actor()
    chosen = _chosen(form.count.data or 0)
    try:
        course_id = book_course(
            session,
            context.redis(),
            actor,
            calendar,
            patient.id,
            chosen,
            channel="phone",
            time_zone=context.clinic().time_zone,
            now=context.now(),
        )
    except CourseTaken as error:
        session.rollback()
        return _preview(
            form, patient_or_404(session, actor, patient.id), calendar, taken=error.starts_at
        )
    except Invalid as error:
        form.take(error)
        return _preview(form, patient, calendar)
    return see_other(
        url_for("console.course_page", course_id=course_id),
        ngettext("%(num)d visit is booked.", "%(num)d visits are booked.", len(chosen)),
    )


def _chosen(count: int) -> Sequence[CourseVisit]:
    """The visits that were picked; whatever is no time is as if it had been left out."""
    found: dict[dt.datetime, CourseVisit] = {}
    for number in range(1, count + 1):
        minute, _colon, who = request.form.get(f"visit-{number}", "").partition(":")
        if not (minute.isascii() and minute.isdigit() and len(minute) < 10):
            continue
        try:
            starts_at = dt.datetime.fromtimestamp(int(minute) * 60, dt.UTC)
            found[starts_at] = CourseVisit(starts_at, uuid.UUID(who))
        except ValueError:
            continue
    return list(found.values())


def _shown(visit: Any) -> str:
    return "arrived" if visit.state in OPEN and visit.checked_in_at else str(visit.state)


def _number(text: str | None) -> int:
    if text is None or not text.isdecimal() or len(text) > 2:
        return 1
    return max(1, int(text))
