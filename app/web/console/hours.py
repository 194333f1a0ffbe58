"""A specialist's hours: the week, dates that differ, what it comes to, and visits left outside (SCH-01)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import format_date, gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import DateField, HiddenField, RadioField
from wtforms.validators import InputRequired, Optional

from app.appointments.queries.reassigning import ComingVisit, outside_hours
from app.kernel import flags
from app.lib.errors import Conflict, DomainError, FieldError, Invalid
from app.lib.fingerprint import fingerprint
from app.people.specialists.queries import SpecialistHead, specialist_head
from app.scheduling.actions import WeeklyWindow, clear_overrides, set_overrides, set_weekly_hours
from app.scheduling.actions.hours import mark_of, weekly_readings
from app.scheduling.actions.overrides import ADD, KINDS, REPLACE
from app.scheduling.flags import SELF_SERVICE
from app.scheduling.permissions import MANAGE, OWN
from app.scheduling.queries.week import (
    coming_change,
    different_dates,
    person_of,
    working_days,
)
from app.scheduling.rules.clock_changes import ClockChange
from app.scheduling.rules.walltime import localised
from app.scheduling.rules.weeks import Reading
from app.web.console import blueprint
from app.web.console.week_editor import Row, WeekEditor, act_on, readings_of, rows_of
from app.web.http import context, guards
from app.web.http.copy import field_sentence
from app.web.http.inputs import Input, line, plausible_date
from app.web.http.render import page, see_other

CLOSED, OTHER, EXTRA = "closed", "other", "extra"
WEEK = dt.timedelta(days=7)


class DatesInput(Input):
    """Dates that differ from the weekly hours."""

    first = DateField(
        _l("From"), validators=[InputRequired(_l("Please fill this in.")), plausible_date]
    )
    last = DateField(
        lazy_pgettext("date", "Until"),
        validators=[Optional(), plausible_date],
        description=_l("Empty: one day."),
    )
    what = RadioField(_l("These days"), default=CLOSED)
    reason = line(_l("Reason"), max_length=120, required=False)
    confirmed = HiddenField()

    def prepare(self, *, own: bool) -> None:
        """Offer what may be said; of one's own time, not more hours than the clinic gave."""
        choices = [
            (CLOSED, gettext("Off all day")),
            (OTHER, gettext("Other hours instead")),
            (EXTRA, gettext("Extra hours besides")),
        ]
        self.what.choices = choices[:2] if own else choices


@dataclass(slots=True)
class Dates:
    """The dates form with its rows of hours."""

    form: DatesInput
    rows: list[Row]
    stranded: list[ComingVisit] = field(default_factory=list)
    row_errors: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What confirming the list of visits sends along."""
        return list_mark(self.stranded)

    def take(self, invalid: Invalid) -> None:
        """Show errors beside their fields, those of the hours below the rows."""
        here = [one for one in invalid.errors if one.field == "windows"]
        self.row_errors = [field_sentence(one) for one in here]
        self.form.take(Invalid(one for one in invalid.errors if one not in here))

    def windows(self) -> list[Reading]:
        """The hours that were typed; none for days off. Raises Invalid."""
        if self.form.what.data == CLOSED:
            return []
        errors: list[FieldError] = []
        found = readings_of(self.rows, "windows", errors)
        if not found and not errors:
            errors.append(FieldError("windows", "hours_empty"))
        if errors:
            raise Invalid(errors)
        return found


@blueprint.route("/specialists/<uuid:specialist_id>/hours", methods=["GET", "POST"])
@guards.staff(MANAGE)
def hours(specialist_id: uuid.UUID) -> Response:
    """The week of a specialist: edited row by row, saved as a whole."""
    stored = weekly_readings(context.session(), context.org_id(), specialist_id)
    if request.method == "GET":
        return _page(specialist_id, WeekEditor.of(stored), mark_of(stored))
    editor, seen = WeekEditor.typed(request.form), request.form.get("seen", "")
    specialist_head(context.session(), context.org_id(), specialist_id)
    if editor.act(request.form.get("act", "")):
        return _page(specialist_id, editor, seen, changed=True)
    return _save_week(specialist_id, editor, seen)


@blueprint.post("/specialists/<uuid:specialist_id>/hours/dates")
@guards.staff(MANAGE)
def add_dates(specialist_id: uuid.UUID) -> Response:
    """Say what differs on some dates."""
    dates = _sent_dates(own=False)
    status = _save_dates(specialist_id, dates)
    if status == 303:
        week = request.form["first"]
        address = url_for("console.hours", specialist_id=specialist_id, week=week, _anchor="dates")
        return see_other(address, gettext("Saved."))
    stored = weekly_readings(context.session(), context.org_id(), specialist_id)
    return _page(specialist_id, WeekEditor.of(stored), mark_of(stored), dates=dates, status=status)


@blueprint.post("/specialists/<uuid:specialist_id>/hours/dates/clear")
@guards.staff(MANAGE)
def clear_dates(specialist_id: uuid.UUID) -> Response:
    """Let the weekly hours count again on some dates."""
    _clear(specialist_id)
    address = url_for("console.hours", specialist_id=specialist_id, _anchor="dates")
    return see_other(address, gettext("The weekly hours count again."))


@blueprint.route("/my-days", methods=["GET", "POST"])
@guards.staff(OWN)
def own_days() -> Response:
    """A specialist's own days off and other hours (SPC-02)."""
    specialist_id = _own_id()
    if request.method == "GET":
        return _own_page(specialist_id, _new_dates(own=True))
    dates = _sent_dates(own=True)
    status = _save_dates(specialist_id, dates)
    if status == 303:
        shown = url_for("console.own_days", week=request.form["first"])
        return see_other(shown, gettext("Saved."))
    return _own_page(specialist_id, dates, status)


@blueprint.post("/my-days/clear")
@guards.staff(OWN)
def clear_own_days() -> Response:
    """Let the weekly hours count again on some of one's own dates."""
    _clear(_own_id())
    return see_other(url_for("console.own_days"), gettext("The weekly hours count again."))


def _own_id() -> uuid.UUID:
    specialist_id = context.actor().specialist_id
    if specialist_id is None:
        raise NotFound
    flags.demand(context.session(), context.org_id(), SELF_SERVICE)
    return specialist_id


def _save_week(specialist_id: uuid.UUID, editor: WeekEditor, seen: str) -> Response:
    session, actor, now = context.session(), context.actor(), context.now()
    confirmed = request.form.get("confirmed", "")

    def save() -> None:
        windows = [
            WeeklyWindow(weekday, start, end)
            for weekday, day in enumerate(editor.readings())
            for start, end in day
        ]
        set_weekly_hours(session, actor, specialist_id, windows, now, seen=seen)

    try:
        stranded = _stranded_by(specialist_id, save, confirmed=confirmed)
    except Invalid as error:
        editor.take(error)
        return _page(specialist_id, editor, seen, status=422)
    except Conflict:
        present = weekly_readings(session, actor.clinic, specialist_id)
        return _page(specialist_id, editor, mark_of(present), overtaken=True, status=409)
    if stranded and confirmed != list_mark(stranded):
        return _page(specialist_id, editor, seen, stranded=stranded, status=409)
    return see_other(url_for("console.hours", specialist_id=specialist_id), gettext("Saved."))


def _stranded_by(
    specialist_id: uuid.UUID, save: Callable[[], None], *, confirmed: str
) -> list[ComingVisit]:
    """Save, and give the visits that this leaves outside the hours: the engine itself says which, before and after.

    While nobody has confirmed such a list, the saving is taken back, so that the page shows what is.
    """
    session, org_id, now = context.session(), context.org_id(), context.now()
    before = {one.id for one in outside_hours(session, org_id, specialist_id, now)}
    attempt = session.begin_nested()
    try:
        save()
    except DomainError:
        attempt.rollback()
        raise
    after = outside_hours(session, org_id, specialist_id, now)
    stranded = [one for one in after if one.id not in before]
    if stranded and confirmed != list_mark(stranded):
        attempt.rollback()
    else:
        attempt.commit()
    return stranded


def list_mark(visits: list[ComingVisit]) -> str:
    """What somebody confirms who has read a list of visits; another list asks again."""
    return fingerprint({"visits": sorted(str(one.id) for one in visits)})


def _sent_dates(*, own: bool) -> Dates:
    form = DatesInput()
    form.prepare(own=own)
    return Dates(form, rows_of(request.form, "window"))


def _new_dates(*, own: bool) -> Dates:
    form = DatesInput(formdata=None)
    form.prepare(own=own)
    return Dates(form, [Row()])


def _save_dates(specialist_id: uuid.UUID, dates: Dates) -> int:
    """Save what was said of dates; 303 when it is done, else the status of the page that shows why not."""
    form = dates.form
    verb, _, place = request.form.get("act", "").partition(":")
    if verb in ("add", "remove"):
        act_on(dates.rows, verb, place)
        return 200
    if not form.validate():
        return 422
    session, actor, now = context.session(), context.actor(), context.now()
    last = form.last.data or form.first.data
    kind = ADD if form.what.data == EXTRA else REPLACE

    def save() -> None:
        set_overrides(
            session,
            actor,
            specialist_id,
            form.first.data,
            last,
            kind,
            dates.windows(),
            form.reason.data or "",
            now,
        )

    try:
        confirmed = form.confirmed.data or ""
        dates.stranded = _stranded_by(specialist_id, save, confirmed=confirmed)
    except Invalid as error:
        dates.take(error)
        return 422
    if dates.stranded and confirmed != dates.mark:
        return 409
    return 303


def _clear(specialist_id: uuid.UUID) -> None:
    try:
        first, last = (dt.date.fromisoformat(request.form[name]) for name in ("first", "last"))
        kind = request.form["kind"]
    except (KeyError, ValueError):
        raise NotFound from None
    if kind not in KINDS:
        raise NotFound
    session, actor, now = context.session(), context.actor(), context.now()
    clear_overrides(session, actor, specialist_id, first, last, kind, now)


def _page(
    specialist_id: uuid.UUID,
    editor: WeekEditor,
    seen: str,
    *,
    dates: Dates | None = None,
    stranded: list[ComingVisit] | None = None,
    overtaken: bool = False,
    changed: bool = False,
    status: int = 200,
) -> Response:
    head = specialist_head(context.session(), context.org_id(), specialist_id)
    return page(
        "console/hours/hours.html",
        fragment="console/hours/_week_form.html" if dates is None else None,
        status=status,
        editor=editor,
        seen=seen,
        stranded=stranded or [],
        stranded_mark=list_mark(stranded or []),
        overtaken=overtaken,
        changed=changed,
        dates=dates or _new_dates(own=False),
        **_around(head),
    )


def _own_page(specialist_id: uuid.UUID, dates: Dates, status: int = 200) -> Response:
    head = specialist_head(context.session(), context.org_id(), specialist_id)
    return page("console/hours/own.html", status=status, dates=dates, **_around(head))


def _around(head: SpecialistHead) -> dict[str, Any]:
    """What both pages show beside their forms: the dates said so far, a week of working time, visits left outside."""
    session, org_id, now = context.session(), context.org_id(), context.now()
    person = person_of(session, org_id, head.id)
    zone = person.time_zone or context.clinic().time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    monday = _asked_week(today)
    change = coming_change(person.time_zone, now)
    return {
        "head": head,
        "zone": zone,
        "today": today,
        "said": different_dates(session, org_id, head.id, today),
        "preview": working_days(session, org_id, person, monday, 7),
        "monday": monday,
        "weeks": (monday - WEEK, monday + WEEK),
        "change": change and _change_words(change),
        "change_week": change and _monday(localised(change.tz, change.at).date()),
        "outside": outside_hours(session, org_id, head.id, now),
    }


def _asked_week(today: dt.date) -> dt.date:
    """The Monday of the week to show: the one asked for, that of the date just typed, else this one."""
    try:
        asked = dt.date.fromisoformat(request.args.get("week") or request.form.get("first", ""))
    except ValueError:
        return _monday(today)
    return _monday(min(max(asked, today - 52 * WEEK), today + 104 * WEEK))


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def _change_words(change: ClockChange) -> str:
    """What the clocks do next, on the wall clock of the zone."""
    after = localised(change.tz, change.at)
    # A minute before the change, plus that minute on the same clock: what it would have been.
    before = localised(change.tz, change.at - 1).replace(tzinfo=None) + dt.timedelta(minutes=1)
    figures = {
        "day": format_date(after.date(), "full", rebase=False),
        "before": f"{before:%H:%M}",
        "after": f"{after:%H:%M}",
    }
    if change.after > change.before:
        return gettext(
            "On %(day)s the clocks go forward, from %(before)s to %(after)s: "
            "the time in between does not exist.",
            **figures,
        )
    return gettext(
        "On %(day)s the clocks go back, from %(before)s to %(after)s: "
        "the time in between comes twice.",
        **figures,
    )
