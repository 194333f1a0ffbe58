"""The one search box (`/`, Ctrl-K): patients by any part, visits by reference, and commands (screens.md, Habits)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext

from app.appointments import permissions as appointments
from app.appointments.queries import by_reference, next_visits
from app.lib.text import clean_line, fold
from app.people import permissions as people
from app.people.queries import search_patients
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.console.own import only_specialist
from app.web.console.shell_part import commands
from app.web.http import context, guards
from app.web.http.locale import localised
from app.web.http.render import page
from app.web.http.templating import day, moment
from app.web.http.templating import phone as local_phone

LONGEST = 100
MOST_PATIENTS, MOST_PATIENTS_PAGE, MOST_COMMANDS = 6, 25, 6
_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{4}))?")
Group = dict[str, Any]


@blueprint.get("/search")
@guards.any_staff("each group of results asks for its own permission")
def search() -> Response:
    """What matches, in the box or as a page."""
    typed = clean_line(request.args.get("q", ""))[:LONGEST]
    groups = [one for one in (_patients(typed), _visits(typed), _commands(typed)) if one["items"]]
    return page(
        "console/search/search.html",
        fragment="console/search/_results.html",
        groups=groups,
        q=typed,
    )


def _item(label: str, detail: str | None, url: str, icon: str, keys: str | None = None) -> Group:
    return {"label": label, "detail": detail, "url": url, "icon": icon, "keys": keys}


def _patients(typed: str) -> Group:
    title = gettext("Patients")
    if not typed or not context.actor().may(people.VIEW):
        return {"title": title, "items": []}
    session, org_id = context.session(), context.org_id()
    many = MOST_PATIENTS if "HX-Request" in request.headers else MOST_PATIENTS_PAGE
    found = search_patients(session, org_id, typed, limit=many, of_specialist=only_specialist())
    soon = next_visits(session, org_id, [one.id for one in found], context.now()) if found else {}
    items = []
    for one in found:
        known = [local_phone(one.phone), one.email or ""]
        if one.id in soon:
            known.append(gettext("next visit %(when)s", when=moment(soon[one.id])))
        detail = " · ".join(part for part in known if part)
        address = url_for("console.patient", patient_id=one.id)
        items.append(_item(one.name, detail or None, address, "user"))
    return {"title": title, "items": items}


def _visits(typed: str) -> Group:
    title = gettext("Visits")
    if not context.actor().may(appointments.VIEW):
        return {"title": title, "items": []}
    found = by_reference(
        context.session(), context.org_id(), typed, specialist_id=only_specialist()
    )
    return {
        "title": title,
        "items": [
            _item(
                f"{one.reference} · {one.patient_name}",
                f"{moment(one.starts_at)} · {localised(one.service_names)}",
                url_for("console.visit", visit_id=one.id),
                "calendar-event",
            )
            for one in found
        ],
    }


def _commands(typed: str) -> Group:
    words = fold(typed).split()
    items = [*_to_date(typed)]
    items += [
        _item(label, None, url, icon, keys)
        for label, url, icon, keys in _known_commands()
        if all(word in fold(label) for word in words)
    ]
    return {"title": gettext("Go to"), "items": items[:MOST_COMMANDS]}


def _known_commands() -> list[tuple[str, str, str, str | None]]:
    actor = context.actor()
    found: list[tuple[str, str, str, str | None]] = []
    if actor.may(appointments.BOOK):
        found.append((gettext("New visit"), url_for("console.new_visit"), "calendar-plus", "n"))
    if actor.may(people.MANAGE):
        found.append((gettext("Add a patient"), url_for("console.new_patient"), "user-plus", None))
    return [*found, *commands()]


def _to_date(typed: str) -> list[Group]:
    """`12.3`, `12.03.2027` and `2027-03-12` lead to that day; without a year to the nearest to come."""
    if not context.actor().may(appointments.VIEW):
        return []
    found = _date(typed)
    if found is None:
        return []
    return [
        _item(day(found, "full"), None, url_for("console.day", date=found.isoformat()), "calendar")
    ]


def _date(typed: str) -> dt.date | None:
    today = local(context.now()).date()
    match = _DATE.fullmatch(typed)
    try:
        if match is None:
            return dt.date.fromisoformat(typed)
        number, month, year = int(match[1]), int(match[2]), match[3]
        if year:
            return dt.date(int(year), month, number)
        this_year = dt.date(today.year, month, number)
        return this_year if this_year >= today else dt.date(today.year + 1, month, number)
    except ValueError:
        return None
