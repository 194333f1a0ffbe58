"""The day at the desk: a column a specialist, or the same as a list; who is expected now; changes of others at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.appointments import permissions
from app.appointments.queries import AgendaEntry, DayAgenda, day_agenda
from app.appointments.queries.ahead import next_start
from app.appointments.states import OPEN
from app.scheduling.queries.slots import midnight
from app.web.console import blueprint
from app.web.console.asked import identifier, local
from app.web.console.calendar_chosen import day_views, shown_date, today, zoom
from app.web.console.calendar_columns import draw
from app.web.console.calendar_filter import Wanted, filter_inputs
from app.web.console.calendar_filter import wanted as wanted_visits
from app.web.console.day_rows import rows
from app.web.console.desk_states import waits
from app.web.console.first_steps import steps_to_go
from app.web.console.own import only_specialist, writes
from app.web.console.place import chosen_location
from app.web.http import context, guards
from app.web.http.render import page
from app.web.http.urls import fixed

VIEWS = ("calendar", "list")
# Whoever should be here by now, or within the hour, stands above the calendar until they arrive.
EXPECTED_WITHIN = dt.timedelta(minutes=60)
MOST_EXPECTED = 5


@blueprint.get("/", defaults={"date": None})
@blueprint.get("/day/<date>")
@guards.staff(permissions.VIEW)
def day(date: str | None) -> Response:
    """One date, today where none is named."""
    shown = shown_date(date or request.args.get("date") or None)
    view = request.args.get("view", "")
    view = view if view in VIEWS else "calendar"
    wanted = identifier(request.args, "specialist")
    looked_for = wanted_visits()
    agenda = _agenda(shown, drawn=view == VIEWS[0])
    return page(
        "console/day/day.html",
        fragment="console/day/_day.html",
        **_chosen_inputs(agenda, wanted, view, looked_for),
        **_addresses(shown, view, wanted, looked_for),
        view=view,
        shown=shown,
        zoom=zoom(),
    )


def _agenda(shown: dt.date, *, drawn: bool) -> DayAgenda:
    return day_agenda(
        context.session(),
        context.redis(),
        context.org_id(),
        shown,
        now=context.now(),
        time_zone=context.clinic().time_zone,
        location_id=chosen_location(),
        only_patients_of=only_specialist(),
        drawn=drawn,
    )


def _chosen_inputs(
    agenda: DayAgenda, wanted: uuid.UUID | None, view: str, looked_for: Wanted
) -> dict[str, Any]:
    """What the page shows of the agenda: the specialist asked for, else whoever works or has a visit."""
    actor = context.actor()
    choices = tuple((str(one.specialist_id), one.name) for one in agenda.columns)
    busy = [one for one in agenda.columns if one.working or one.visits]
    columns = (
        [one for one in agenda.columns if one.specialist_id == wanted]
        if wanted
        else busy or list(agenda.columns)
    )
    chosen = DayAgenda(agenda.day, agenda.time_zone, tuple(columns))
    visits, is_today = chosen.visits, agenda.day == today()
    may_book = writes(actor, permissions.BOOK)
    may_receive = writes(actor, permissions.RECEIVE)
    return {
        "agenda": chosen,
        "drawing": draw(
            chosen, context.now(), may_book=may_book, may_move=may_book, wanted=looked_for
        )
        if view == "calendar"
        else None,
        "rows": rows(chosen, looked_for, may_receive=may_receive and is_today)
        if view == "list"
        else [],
        **filter_inputs(visits, looked_for),
        "visits": len(visits),
        "off": [one.name for one in agenda.columns if one not in columns and not wanted],
        "expected": _expected(visits) if is_today else [],
        "setup_steps": steps_to_go(actor) if is_today and not visits else (),
        "next_start": _next_start(chosen, wanted) if not visits else None,
        "waiting": [one for one in visits if waits(one)],
        "may_call": writes(actor, permissions.CALL),
        "choices": choices,
        "wanted": str(wanted) if wanted else "",
        "may_book": may_book,
        "may_receive": may_receive,
        "is_today": is_today,
    }


def _expected(visits: Sequence[AgendaEntry]) -> list[AgendaEntry]:
    """Of today's visits: who has not arrived yet and is late or comes within the hour."""
    latest = context.now() + EXPECTED_WITHIN
    due = [
        one
        for one in visits
        if one.state in OPEN and one.checked_in_at is None and one.starts_at <= latest
    ]
    return due[:MOST_EXPECTED]


def _next_start(shown: DayAgenda, wanted: uuid.UUID | None) -> tuple[dt.datetime, str] | None:
    """After a day without visits: when the next is, and its day; of whoever is looked at, one's own, anybody's."""
    since = midnight(shown.day, shown.time_zone)
    if shown.day < today():
        return None
    whose = only_specialist() or wanted or context.actor().specialist_id
    found = next_start(context.session(), context.org_id(), max(since, context.now()), whose)
    if found is None:
        return None
    kept = {"specialist": str(wanted)} if wanted else {}
    return found, fixed("console.day", date=local(found).date().isoformat(), **kept)


def _addresses(
    shown: dt.date, view: str, wanted: uuid.UUID | None, looked_for: Wanted
) -> dict[str, Any]:
    """Where the page's links lead, each keeping what was chosen."""
    kept = {"specialist": str(wanted)} if wanted else {}

    def to(date: dt.date, **changes: str) -> str:
        arguments = {
            **kept,
            **looked_for.address,
            "view": view if view != VIEWS[0] else "",
            **changes,
        }
        filled = {name: value for name, value in arguments.items() if value}
        return fixed("console.day", date=date.isoformat(), **filled)

    now_shown = today()
    return {
        "day_url": fixed("console.day"),
        "here_url": to(shown),
        "previous_url": to(shown - dt.timedelta(days=1)),
        "next_url": to(shown + dt.timedelta(days=1)),
        "today_url": to(now_shown),
        "views": day_views(view, wanted, shown, to(shown, view=""), to(shown, view="list")),
        "everybody_url": to(shown, specialist=""),
        "unfiltered_url": to(shown, service="", state=""),
        "new_url": fixed("console.new_visit", day=max(shown, now_shown).isoformat(), **kept),
        "time_url": fixed("console.calendar_time", day=shown.isoformat(), **kept),
        "walk_in_url": fixed("console.new_visit", walk_in="1") if shown == now_shown else None,
    }
