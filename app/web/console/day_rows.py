"""A day's visits as rows of the desk's list: finished words and addresses, made before anything is drawn."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.appointments.queries import DayAgenda
from app.appointments.states import OPEN
from app.lib import phone as numbers
from app.web.console.calendar_filter import Wanted
from app.web.console.desk_states import state_at_desk
from app.web.http.locale import current_language, in_language
from app.web.http.templating import home_country
from app.web.http.urls import fixed


class Cells(NamedTuple):
    """What is said of one visit."""

    id: str
    time: str
    patient: str
    url: str
    service: str
    specialist: str
    phone: str
    state: str


class Row(NamedTuple):
    """One visit; `receive` is where it is checked in, None where it cannot be."""

    cells: Cells
    receive: str | None
    version: int


def rows(agenda: DayAgenda, wanted: Wanted, *, may_receive: bool) -> list[Row]:
    """The visits that are looked for, by start. Addresses are built once and filled in."""
    return list(_rows(agenda, wanted, may_receive))


def _rows(agenda: DayAgenda, wanted: Wanted, may_receive: bool) -> Iterator[Row]:
    names = {one.specialist_id: one.name for one in agenda.columns}
    zone, language, home = ZoneInfo(agenda.time_zone), current_language(), home_country()
    visit_at, receive_at = _around("console.visit"), _around("console.check_in")
    for visit in filter(wanted.has, agenda.visits):
        starts, ends = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
        state = state_at_desk(visit)
        id_ = str(visit.id)
        cells = Cells(
            id_,
            f"{starts.hour:02}:{starts.minute:02}–{ends.hour:02}:{ends.minute:02}",
            visit.patient_name,
            id_.join(visit_at),
            in_language(visit.service_names, language),
            names[visit.specialist_id],
            numbers.shown(visit.patient_phone, home) if visit.patient_phone else "–",
            state,
        )
        receive = id_.join(receive_at) if may_receive and state in OPEN else None
        yield Row(cells, receive, visit.version)


def _around(endpoint: str) -> list[str]:
    """The address of a page of a visit, parted where the visit's identifier stands."""
    nobody = str(uuid.UUID(int=0))
    return fixed(endpoint, visit_id=nobody).split(nobody)
