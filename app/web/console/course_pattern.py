"""The pattern of a course, as the desk fills it in: days of the week with their times, and the rows of its preview."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, SelectField, SelectMultipleField
from wtforms import TimeField as TimeInput
from wtforms.validators import InputRequired, Optional

from app.appointments.actions.courses import CourseVisit
from app.appointments.queries.courses import Planned
from app.people.specialists.queries import specialist_lines
from app.scheduling.queries import CalendarView
from app.scheduling.rules.series import course as course_starts
from app.scheduling.rules.walltime import Minute
from app.web.console.reasons import explain
from app.web.http import context
from app.web.http.inputs import Input, choices
from app.web.http.waiting_words import day_names

REQUIRED = _l("Please fill this in.")
LEFT_OUT = ""
WEEK = range(7)


def _own_time() -> Field:
    return TimeInput(validators=[Optional()])


class PatternInput(Input):
    """Days of the week with one time for all, or with a time of their own."""

    specialist = SelectField(_l("With"))
    weekdays = SelectMultipleField(_l("On these days"), validators=[InputRequired(REQUIRED)])
    time = TimeInput(_l("Time"), validators=[InputRequired(REQUIRED)])
    time_0, time_1, time_2, time_3 = _own_time(), _own_time(), _own_time(), _own_time()
    time_4, time_5, time_6 = _own_time(), _own_time(), _own_time()
    first_day = DateField(_l("From"), validators=[InputRequired(REQUIRED)])

    def offer_pattern(self, nobody: str) -> None:
        """Fill in what can be chosen; `nobody` names the choice of no specialist."""
        people = specialist_lines(context.session(), context.org_id(), active=True)
        self.specialist.choices = choices(
            [("", nobody), *((str(one.id), one.name) for one in people)]
        )
        self.weekdays.choices = choices(list(day_names().items()))
        for number, name in day_names().items():
            self.own_time(int(number)).label.text = name

    def own_time(self, weekday: int) -> Field:
        """The field with the time of one day of the week."""
        return self[f"time_{weekday}"]

    @property
    def own_times(self) -> list[Field]:
        """The fields with the times of single days, Monday first."""
        return [self.own_time(day) for day in WEEK]

    def show(self, times: Mapping[int, dt.time]) -> None:
        """Fill in a pattern: the most frequent time for all, the others with their days."""
        common = max(times.values(), key=lambda one: list(times.values()).count(one))
        self.weekdays.data = [str(day) for day in times]
        self.time.data = common
        for day, time in times.items():
            self.own_time(day).data = time if time != common else None

    def starts(self, count: int) -> list[Minute]:
        """The starts of so many visits, once the form is valid."""
        assert self.time.data is not None  # Validated.
        assert self.first_day.data is not None
        pattern = []
        for text in self.weekdays.data or ():
            at = self.own_time(int(text)).data or self.time.data
            pattern.append((int(text), at.hour * 60 + at.minute))
        first = self.first_day.data.toordinal()
        return course_starts(context.clinic().time_zone, first, pattern, count)

    def chosen_specialist(self) -> uuid.UUID | None:
        """The specialist who was asked for."""
        return uuid.UUID(self.specialist.data) if self.specialist.data else None


def preview_row(
    one: Planned, calendar: CalendarView, *, kept: bool, before: dt.datetime | None = None
) -> dict[str, Any]:
    """A visit of the preview: where it would be, why not, what can be chosen.

    `kept`: what was chosen in the form counts again; `before`: where a visit that is moved stands now.
    """
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
        "before": before,
        "free": one.specialist_id is not None,
        "whys": explain(calendar, one.refusals, one.starts_at) if one.refusals else [],
        "past": one.starts_at < context.now(),
        "options": options,
        "picked": picked if kept and picked in (*values, LEFT_OUT) else default,
    }


def picked_visit(number: int) -> CourseVisit | None:
    """What was picked for a visit; whatever is no time is as if it had been left out."""
    minute, _colon, who = request.form.get(f"visit-{number}", "").partition(":")
    if not (minute.isascii() and minute.isdigit() and len(minute) < 10):
        return None
    try:
        starts_at = dt.datetime.fromtimestamp(int(minute) * 60, dt.UTC)
        return CourseVisit(starts_at, uuid.UUID(who))
    except ValueError:
        return None


def _option(
    starts_at: dt.datetime, specialist_id: uuid.UUID, names: dict[uuid.UUID, str]
) -> dict[str, Any]:
    return {
        "value": f"{int(starts_at.timestamp()) // 60}:{specialist_id}",
        "at": starts_at,
        "who": names[specialist_id],
    }
