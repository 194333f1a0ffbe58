"""What the booking panel looks at: calendars and specialists to choose from, the chosen start, times to suggest."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from app.appointments.queries.addons import offered_addons, with_addons
from app.appointments.queries.habits import habit_of
from app.appointments.rules.desk_times import (
    EARLIEST,
    SAME_TIME,
    USUAL,
    Free,
    Habit,
    suggestions,
)
from app.catalog.addon_rules import Addon
from app.lib.errors import Invalid
from app.scheduling.queries import (
    Asker,
    CalendarView,
    DeskCalendar,
    Outlook,
    calendar_view,
    desk_calendars,
    outlook,
    slot_page,
)
from app.web.console.asked import instant, local
from app.web.console.own import only_specialist
from app.web.console.reasons import Why, explain
from app.web.http import context
from app.web.http.addon_fields import read_quantities
from app.web.http.locale import localised

ANYBODY = ""
WALK_IN, FIVE_MINUTES = "walk_in", 300
# How far ahead a patient's habit is looked for.
SUGGESTED_DAYS = 28
WHY: dict[str, LazyString] = {
    EARLIEST: _l("earliest"),
    USUAL: _l("usual specialist"),
    SAME_TIME: _l("same day and time as last"),
}


@dataclass(frozen=True)
class Desk:
    """What the panel works on: the calendars, the one that is chosen, and how the chosen start looks.

    `not_now` says for somebody at the desk why they cannot be seen at once; the start is then the next free one.
    """

    calendars: list[DeskCalendar]
    calendar: CalendarView | None = None
    start: dt.datetime | None = None
    seen: Outlook | None = None
    addons: Sequence[Addon] = ()
    not_now: Sequence[Why] = ()

    @property
    def free(self) -> bool:
        return self.seen is not None and bool(self.seen.free)

    def whys(self) -> list[Why]:
        """Why the chosen start is not free, by specialist."""
        if self.calendar is None or self.seen is None or self.start is None:
            return []
        return explain(self.calendar, self.seen.refusals, self.start)

    def nearest(self) -> list[dict[str, Any]]:
        """The free times next to the chosen one, as the panel offers them."""
        if self.calendar is None or self.seen is None:
            return []
        return [
            offered(self.calendar, one.starts_at, one.specialist_ids[0])
            for one in self.seen.nearest
        ]


def look(form: Any, *, at_once: bool = False) -> Desk:
    """Fill the choices, choose what is not chosen, look at the start; where none is named, propose a free one.

    `at_once`: the start is only a wish, and gives way to the next free one.
    """
    calendars = offered_calendars()
    form.calendar.choices = [
        (
            str(one.id),
            gettext("%(service)s, %(num)s min", service=localised(one.title), num=one.duration_min),
        )
        for one in calendars
    ]
    chosen = _chosen_calendar(form, calendars)
    if chosen is None:
        return Desk(calendars)
    view, addons = with_wish(
        calendar_view(context.session(), context.org_id(), calendar_id=chosen.id)
    )
    specialist = _chosen_specialist(form, view)
    named = _start(form)
    seen = _outlook(view, named or _from(form.day.data), specialist)
    not_now = explain(view, seen.refusals, named) if at_once and named and not seen.free else []
    if (named is None or not_now) and not form.time.errors and seen.nearest:
        proposed = seen.nearest[0]
        put(form, proposed.starts_at)
        free = Outlook(proposed.specialist_ids, {}, seen.nearest)
        return Desk(calendars, view, proposed.starts_at, free, addons, not_now)
    return Desk(calendars, view, named, seen, addons, not_now)


def with_wish(view: CalendarView) -> tuple[CalendarView, list[Addon]]:
    """The calendar with what the form adds to the visit, and all that can be added."""
    offered = offered_addons(context.session(), context.org_id(), view)
    return with_addons(view, offered, read_quantities(request.form)), offered


def suggested(form: Any, desk: Desk) -> list[dict[str, Any]]:
    """Times that suit the chosen patient, each with why; none before a patient is chosen."""
    patient_id = _chosen_patient(form)
    if patient_id is None or desk.calendar is None:
        return []
    session, org_id, zone = context.session(), context.org_id(), context.clinic().time_zone
    habit = habit_of(session, org_id, patient_id)
    found = slot_page(
        session,
        context.redis(),
        org_id,
        desk.calendar,
        Asker(context.now(), staff=True),
        first=local(context.now()).date(),
        days=SUGGESTED_DAYS,
        time_zone=zone,
        specialist_id=only_specialist(),
    )
    free = [
        Free(one.starts_at, one.specialist_ids)
        for day in found.days
        for one in day.slots
        if one.starts_at >= context.now()
    ]
    return [
        {
            **offered(desk.calendar, one.starts_at, one.specialist_id),
            "why": ", ".join(str(WHY[reason]) for reason in one.reasons),
        }
        for one in suggestions(free, habit, zone)
    ]


def habit(patient_id: uuid.UUID) -> Habit:
    """What is known of a patient's visits."""
    return habit_of(context.session(), context.org_id(), patient_id)


def offered(calendar: CalendarView, starts_at: dt.datetime, who: uuid.UUID) -> dict[str, Any]:
    """A free time as a button of the panel: `instant|specialist`."""
    at = starts_at.astimezone(ZoneInfo(context.clinic().time_zone))
    names = {one.id: one.name for one in calendar.people}
    return {
        "value": f"{starts_at.isoformat()}|{who}",
        "at": starts_at,
        "today": at.date() == local(context.now()).date(),
        "who": names.get(who, ""),
    }


def offered_calendars() -> list[DeskCalendar]:
    """The calendars in which the actor may book: all, or those of their own profile."""
    own = only_specialist()
    found = desk_calendars(context.session(), context.org_id())
    return [one for one in found if own is None or own in one.specialist_ids]


def put(form: Any, at: dt.datetime) -> None:
    """Fill in date and time; what was sent before would otherwise be shown again."""
    wall = local(at)
    form.day.data, form.time.data = wall.date(), wall.time().replace(tzinfo=None)
    form.day.raw_data = form.time.raw_data = None


def put_now(form: Any) -> None:
    """Somebody stands at the desk: today, from the next full five minutes on."""
    late = -context.now().timestamp() % FIVE_MINUTES
    put(form, (context.now() + dt.timedelta(seconds=late)).replace(microsecond=0))
    form.channel.data = WALK_IN


def _outlook(view: CalendarView, start: dt.datetime, specialist: uuid.UUID | None) -> Outlook:
    return outlook(
        context.session(),
        context.redis(),
        context.org_id(),
        view,
        Asker(context.now(), staff=True),
        start,
        specialist_id=specialist,
    )


def _chosen_calendar(form: Any, calendars: list[DeskCalendar]) -> DeskCalendar | None:
    """The one asked for; else the first that the specialist serves; else the first."""
    for one in calendars:
        if str(one.id) == form.calendar.data:
            return one
    serving = [
        one for one in calendars if form.specialist.data in {str(id_) for id_ in one.specialist_ids}
    ]
    chosen = next(iter(serving or calendars), None)
    form.calendar.data = str(chosen.id) if chosen else ""
    return chosen


def _chosen_specialist(form: Any, view: CalendarView) -> uuid.UUID | None:
    own = only_specialist()
    people_of = [one for one in view.people if one.active and own in (None, one.id)]
    choices = [(str(one.id), one.name) for one in people_of]
    if own is None and len(choices) > 1:
        choices.insert(0, (ANYBODY, gettext("Whoever is free")))
    form.specialist.choices = choices
    if form.specialist.data not in {value for value, _label in choices}:
        form.specialist.data = choices[0][0] if choices else ANYBODY
    return uuid.UUID(form.specialist.data) if form.specialist.data else None


def _chosen_patient(form: Any) -> uuid.UUID | None:
    """The chosen patient, if it is one of those that the panel shows."""
    shown = {value for value, _label in form.patient.choices}
    try:
        return uuid.UUID(form.patient.data or "") if form.patient.data in shown else None
    except ValueError:
        return None


def _start(form: Any) -> dt.datetime | None:
    """The start that is named; None where date or time is missing or there is no such time."""
    if form.day.data is None or form.time.data is None:
        return None
    try:
        return instant(form.day.data, form.time.data)
    except Invalid as error:
        form.take(error)
        return None


def _from(day: dt.date | None) -> dt.datetime:
    """From when free times are sought: the date's midnight, or now."""
    now = context.now()
    if day is None:
        return now
    try:
        return max(instant(day, dt.time()), now)
    except Invalid:
        return now
