"""Several dates side by side, drawn as the day is: one specialist's or one room's; and rooms as columns of a day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.appointments.queries import DayAgenda
from app.web.console.calendar_chosen import Chosen
from app.web.console.calendar_clock import hours_between
from app.web.console.calendar_columns import Drawing, draw
from app.web.console.calendar_filter import EVERYTHING, Wanted
from app.web.console.own import NOBODY
from app.web.http.templating import day as day_words


def draw_dates(
    agendas: Sequence[DayAgenda],
    shown: Chosen,
    now: dt.datetime,
    *,
    may_book: bool,
    wanted: Wanted = EVERYTHING,
) -> Drawing:
    """A column for each date of the specialist or the room that is shown; free times only of a specialist."""
    of_room = shown.space is not None
    drawn = [
        draw(one, now, may_book=may_book and not of_room, may_move=may_book, wanted=wanted)
        for one in agendas
    ]
    columns = [
        _dated(column, agenda.day, shown, one.now)
        for agenda, one in zip(agendas, drawn, strict=True)
        for column in one.columns
    ]
    if of_room:
        names = dict(shown.specialists)
        who = {str(one.id): one.specialist_id for agenda in agendas for one in agenda.visits}
        for column in columns:
            column["events"] = _with_names(column["events"], names, who)
    start = min(one.day_start for one in drawn)
    end = max(one.day_end for one in drawn)
    return Drawing(columns, start, end, hours_between(start, end), None)


def draw_rooms(
    agenda: DayAgenda,
    shown: Chosen,
    now: dt.datetime,
    *,
    may_book: bool,
    wanted: Wanted = EVERYTHING,
) -> Drawing:
    """A column for each room and device of a date; open is when somebody works at its location."""
    drawn = draw(agenda, now, may_book=False, may_move=may_book, wanted=wanted)
    devices = {str(one.id) for one in shown.spaces if one.kind == "device"}
    names, who = dict(shown.specialists), {str(one.id): one.specialist_id for one in agenda.visits}
    for column in drawn.columns:
        column["url"] = shown.url("console.week", who=column["id"])
        room = "data-device" if column["id"] in devices else "data-room"
        column["attrs"] = {room: column["id"], "data-specialist": ""}
        column["events"] = _with_names(column["events"], names, who)
    return drawn


def _with_names(
    events: Iterable[dict[str, Any]],
    names: Mapping[uuid.UUID, str],
    who: Mapping[str, uuid.UUID],
) -> list[dict[str, Any]]:
    """In a room's column a visit says with whom it is."""
    return [
        {
            **one,
            "detail": " · ".join(
                filter(None, (names.get(who.get(one["id"], NOBODY)), one["detail"]))
            ),
        }
        for one in events
    ]


def _dated(column: dict[str, Any], date: dt.date, shown: Chosen, now: int | None) -> dict[str, Any]:
    """The column of one date, named by it; identifiers in it too."""
    return {
        **column,
        "id": date.isoformat(),
        "title": day_words(date, "EEE d MMM"),
        "detail": "",
        "url": shown.day_url(date),
        "free": [_free_on(one, date) for one in column["free"]],
        "now": now,
        "attrs": {
            "data-day": date.isoformat(),
            "data-specialist": "" if shown.space is not None else column["id"],
        },
    }


def _free_on(cell: dict[str, Any], date: dt.date) -> dict[str, Any]:
    attrs = {**cell["attrs"], "id": f"{cell['attrs']['id']}-{date:%m%d}"}
    return {**cell, "attrs": attrs}
