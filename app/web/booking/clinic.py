"""The clinic's public page: what it offers, for how much, when it is free next, who works there (BOK-01)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.kernel.tenancy.queries import open_locations
from app.scheduling.queries import Person, PublicCalendar, Slot, public_calendars, soonest
from app.web.booking import blueprint
from app.web.booking.asked import asker
from app.web.booking.clocks import clocks
from app.web.http import context, guards
from app.web.http.render import page

SOON_DAYS = 14
KINDS: dict[str, LazyString] = {
    "consultation": _l("Consultations"),
    "evaluation": _l("Evaluations"),
    "therapy": _l("Therapy"),
    "group_class": _l("Group classes"),
    "telerehab": _l("At home, with guidance"),
}


@blueprint.get("/")
@guards.public("patients come in here")
def clinic_page() -> Response:
    """Services by kind, the team, the places."""
    session, org_id = context.session(), context.org_id()
    everything = public_calendars(session, org_id)
    person = _asked_person(everything)
    offered = [one for one in everything if person is None or person in one.view.public_people]
    views = [one.view for one in offered]
    first = soonest(session, context.redis(), org_id, views, asker(), within_days=SOON_DAYS)
    return page(
        "booking/clinic.html",
        steps=[],
        clinic=context.clinic(),
        groups=_groups(offered, first, person),
        people=_team(everything),
        person=person,
        locations=open_locations(session, org_id),
    )


def _asked_person(offered: list[PublicCalendar]) -> Person | None:
    slug = request.args.get("specialist")
    people = (person for one in offered for person in one.view.public_people)
    return next((person for person in people if person.slug == slug), None)


def _groups(
    offered: list[PublicCalendar], first: dict[Any, Slot], person: Person | None
) -> list[dict[str, Any]]:
    in_order = sorted(offered, key=lambda one: list(KINDS).index(one.kind))
    return [
        {"label": KINDS[kind], "services": [_service(one, first, person) for one in some]}
        for kind, some in groupby(in_order, key=lambda one: one.kind)
    ]


def _service(one: PublicCalendar, first: dict[Any, Slot], person: Person | None) -> dict[str, Any]:
    view = one.view
    video = view.modality == "video"
    slot = first.get(view.id)
    return {
        "title": view.title,
        "description": one.descriptions,
        "minutes": view.offer.duration_min,
        "video": video,
        "price_minor": view.price_minor,
        "currency": view.currency,
        "next": slot.starts_at if slot and person is None else None,
        "zone": clocks(context.clinic().time_zone, video=video).main,
        "url": url_for(
            "booking.slots", calendar=view.slug, specialist=person.slug if person else None
        ),
    }


def _team(offered: list[PublicCalendar]) -> list[Person]:
    people = {person.id: person for one in offered for person in one.view.public_people}
    return sorted(people.values(), key=lambda person: person.name)
