"""Somebody at the desk: how long they wait, how late they are, what they have to sign, the room to call them to."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.appointments.models import Appointment
from app.appointments.queries import VisitView
from app.appointments.queries.board import shows_codes
from app.appointments.queries.calling import usual_room
from app.appointments.rules.board import shown_code
from app.appointments.states import OPEN
from app.forms import permissions as forms
from app.forms.queries import WaitingForm, to_sign
from app.scheduling.queries.listing import room_choices
from app.web.console.asked import local
from app.web.console.desk_states import waits
from app.web.console.own import address_of, writes
from app.web.http import context


def at_desk(visit: VisitView, *, may_call: bool) -> dict[str, Any]:
    """What the panel says of an arrival; most of it empty for a visit of another day or one that is over."""
    now = context.now()
    here = waits(visit)
    rooms, room_id = _rooms(visit, now) if here and may_call else (None, None)
    return {
        "waited_min": _minutes(visit.checked_in_at, now) if here else None,
        "late_min": late_min(visit, now),
        "screen_code": screen_code(visit) if here else None,
        "to_sign": _to_sign(visit),
        "rooms": rooms,
        "room_id": room_id,
    }


def late_min(visit: VisitView, now: dt.datetime) -> int:
    """How many minutes somebody who has not arrived is late, on the day of the visit."""
    if visit.state not in OPEN or visit.checked_in_at is not None or not _today(visit):
        return 0
    return max(0, _minutes(visit.starts_at, now))


def screen_code(visit: VisitView) -> str | None:
    """What stands for them on the waiting-room screen, where a screen shows codes."""
    if not shows_codes(context.session(), context.org_id()):
        return None
    return shown_code(visit.reference)


def must_sign(visit: VisitView) -> bool:
    """Whether forms wait for a signature that the actor may hand over."""
    return bool(_to_sign(visit))


def _to_sign(visit: VisitView) -> list[tuple[WaitingForm, str]]:
    """The forms with the address that hands each over on the tablet."""
    if visit.state not in OPEN or not _today(visit):
        return []
    if not writes(context.actor(), forms.OPEN) or not context.actor().may(forms.VIEW):
        return []
    found = to_sign(context.session(), context.org_id(), visit.patient_id)
    addresses = [(one, address_of("console.hand_over", form_id=one.id)) for one in found]
    return [(one, url) for one, url in addresses if url]


def _rooms(visit: VisitView, now: dt.datetime) -> tuple[list[tuple[Any, str]], Any]:
    session, org_id = context.session(), context.org_id()
    rooms = room_choices(session, org_id, visit.location_id)
    row = session.get_one(Appointment, (org_id, visit.id))
    return rooms, usual_room(session, row, [id_ for id_, _name in rooms], now)


def _minutes(since: dt.datetime | None, now: dt.datetime) -> int:
    return int((now - since).total_seconds()) // 60 if since else 0


def _today(visit: VisitView) -> bool:
    return local(visit.starts_at).date() == local(context.now()).date()
