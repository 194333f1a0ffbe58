"""The offer of a page of times, carried in its form: signed, so that keeping a time needs no statement (SCH-04).

Whoever is signed in, books in a frame, adds something or comes late is served from the database as if there were none.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import g, request
from flask import session as cookie

from app.appointments.queries.offers import Candidate, Offer, offer_of
from app.kernel.tokens import LONGEST_TOKEN, TokenExpired, TokenForged
from app.scheduling import just_taken
from app.scheduling.queries import CalendarView, Slot
from app.scheduling.rules.assignment import Why
from app.web.booking.asked import Asked, minutes, start_of
from app.web.http import context

PURPOSE = "booking.offer"
# What was taken meanwhile is known for longer than an offer can be used.
LIFE = just_taken.LIFE - dt.timedelta(minutes=1)
_REASONS = tuple(Why)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of the offered starts, as the form sends it back, and the zone of the clock that it was shown on."""

    offer: Offer
    starts_at: dt.datetime
    zone: str


def signed_offer(calendar: CalendarView, asked: Asked, slots: Iterable[Slot]) -> str | None:
    """The offer of these times for the page's form; None where there can be none."""
    if not _plain(asked.add):
        return None
    session, org_id = context.session(), context.org_id()
    by_name = asked.person is not None
    offer = offer_of(session, org_id, calendar, slots, by_name=by_name, now=context.now())
    if offer is None:
        return None
    said = {"n": g.clinic_slug, "u": calendar.slug, "z": asked.clocks.main, **_written(offer)}
    token = context.signer().sign(PURPOSE, said, LIFE)
    return token if len(token) <= LONGEST_TOKEN else None


def on_hand() -> bool:
    """Whether the form sends a start that its own page has offered; it is then in `chosen()`."""
    return chosen() is not None


def chosen() -> Chosen | None:
    """The offered start that the form sends."""
    if "offered_start" not in g:
        g.offered_start = _read(request.form.get("offer", ""), request.form.get("start"))
    found: Chosen | None = g.offered_start
    return found


def _plain(add: str) -> bool:
    """Whether a guest books on our own pages, and nothing beside the visit."""
    return not add and g.get("frame") is None and "_user_id" not in cookie


def _read(token: str, start: str | None) -> Chosen | None:
    if not token or not _plain(request.form.get("add", "")):
        return None
    try:
        said = context.signer().verify(PURPOSE, token)
    except (TokenForged, TokenExpired):
        return None
    starts_at, here = start_of(start), (g.clinic_slug, (request.view_args or {}).get("calendar"))
    if starts_at is None or start not in said["s"] or (said["n"], said["u"]) != here:
        return None
    return Chosen(_understood(said, starts_at, said["s"][start]), starts_at, said["z"])


def _written(offer: Offer) -> dict[str, Any]:
    people: dict[uuid.UUID, int] = {}
    starts: dict[str, list[int]] = {}
    for start, candidates in offer.starts.items():
        line = starts.setdefault(str(minutes(start)), [])
        for one in candidates:
            place = people.setdefault(one.specialist_id, len(people))
            line += [place, one.resource, _REASONS.index(one.reason)]
    return {
        "o": offer.org_id.hex,
        "c": offer.calendar_id.hex,
        "t": [offer.before_min, offer.until_min, int(offer.by_name)],
        "p": [one.hex for one in people],
        "s": starts,
    }


def _understood(said: dict[str, Any], starts_at: dt.datetime, line: list[int]) -> Offer:
    """The offer as far as it concerns that start."""
    people, (before, until, by_name) = said["p"], said["t"]
    triples = zip(line[::3], line[1::3], line[2::3], strict=True)
    candidates = tuple(
        Candidate(uuid.UUID(people[place]), resource, _REASONS[why])
        for place, resource, why in triples
    )
    org_id, calendar_id = uuid.UUID(said["o"]), uuid.UUID(said["c"])
    return Offer(org_id, calendar_id, before, until, bool(by_name), {starts_at: candidates})
