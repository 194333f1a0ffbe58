"""A stretch of the calendar: why it is not offered, book in it, or keep it free of visits; and a block that stands."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import permissions
from app.appointments.queries.rooms import Owners
from app.lib.errors import Conflict, Invalid, NotFound
from app.scheduling.actions.blocking import LONGEST_REASON, block, unblock
from app.scheduling.queries import Asker, calendar_view, outlook
from app.scheduling.queries.blocks import BlockView, block_view
from app.scheduling.queries.desk import DeskCalendar, desk_calendars
from app.web.console import blueprint
from app.web.console.answers import changed, here, not_changed
from app.web.console.asked import identifier, local, moment_of
from app.web.console.calendar_chosen import may_book, owners_here, today
from app.web.console.own import only_specialist
from app.web.console.reasons import explain
from app.web.http import context, guards
from app.web.http.copy import field_sentence, sentence
from app.web.http.locale import localised
from app.web.http.render import is_fragment_request, page, render
from app.web.http.templating import moment

USUAL = dt.timedelta(minutes=30)
MOST_OFFERED = 6
UNSEEN: dict[str, Any] = {"whys": [], "nearest": []}


@dataclass(frozen=True)
class Stretch:
    """What was pointed at, as it was written: whose time, from when, until when."""

    owner_id: uuid.UUID | None
    day: str
    time: str
    until: str
    reason: str = ""

    @property
    def starts_at(self) -> dt.datetime:
        """Raises Invalid."""
        return moment_of(self.day, self.time)

    @property
    def ends_at(self) -> dt.datetime:
        """The end on the same date, or on the next where it is not after the start. Raises Invalid."""
        start = self.starts_at
        end = start + USUAL if not self.until else moment_of(self.day, self.until)
        return end if end > start else end + dt.timedelta(days=1)


@blueprint.get("/time")
@guards.staff(permissions.VIEW)
def calendar_time() -> Response:
    """A stretch of the calendar: what stands against a visit then, and what can be done with it."""
    return page(
        "console/calendar/time.html",
        fragment="console/calendar/_time.html",
        **_inputs(_stretch()),
    )


@blueprint.post("/blocks")
@guards.staff(permissions.BOOK)
def block_time() -> AnyResponse:
    """Keep the stretch free of visits; the answer offers the way back."""
    wanted = _stretch()
    try:
        block_id = block(
            context.session(),
            context.actor(),
            _theirs(wanted.owner_id),
            wanted.starts_at,
            wanted.ends_at,
            wanted.reason,
            now=context.now(),
        )
    except Invalid as error:
        return _refused(wanted, " ".join(field_sentence(one) for one in error.errors), 422)
    except Conflict as error:
        return _refused(wanted, sentence(error), 409)
    return changed(
        gettext(
            "%(name)s is kept free from %(when)s.",
            name=_names(owners_here(None)).get(wanted.owner_id, ""),
            when=moment(wanted.starts_at),
        ),
        undo_url=url_for("console.free_blocked_time", block_id=block_id, next=here()),
        page_url=url_for("console.blocked_time", block_id=block_id),
    )


@blueprint.get("/blocks/<uuid:block_id>")
@guards.staff(permissions.VIEW)
def blocked_time(block_id: uuid.UUID) -> Response:
    """A block: whose time, why, and how to free it."""
    found = _block(block_id)
    return page(
        "console/calendar/block.html",
        fragment="console/calendar/_block.html",
        block=found,
        may_book=may_book(),
        day_url=url_for("console.day", date=local(found.starts_at).date().isoformat()),
    )


@blueprint.post("/blocks/<uuid:block_id>/free")
@guards.staff(permissions.BOOK)
def free_blocked_time(block_id: uuid.UUID) -> AnyResponse:
    """Give the time back to visits."""
    found = _block(block_id)
    start, end = local(found.starts_at), local(found.ends_at)
    where: dict[str, Any] = {
        "day": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "until": f"{end:%H:%M}",
        "specialist": str(found.owner_id),
    }
    unblock(context.session(), context.actor(), block_id, now=context.now())
    return changed(
        gettext(
            "%(name)s can be booked again from %(when)s.",
            name=found.owner_name,
            when=moment(found.starts_at),
        ),
        undo_url=url_for("console.block_time", reason=found.reason or None, next=here(), **where),
        page_url=url_for("console.calendar_time", **where),
    )


def _stretch() -> Stretch:
    values = request.values
    owner = identifier(values, "room") or identifier(values, "specialist")
    return Stretch(
        owner if owner is not None else only_specialist(),
        values.get("day") or today().isoformat(),
        values.get("time", ""),
        values.get("until", ""),
        values.get("reason", "")[:LONGEST_REASON],
    )


def _names(found: Owners) -> dict[uuid.UUID | None, str]:
    return {**dict(found.specialists), **{one.id: one.name for one in found.spaces}}


def _theirs(owner_id: uuid.UUID | None) -> uuid.UUID:
    """Whose time it is, if the reader may touch it. Raises NotFound."""
    own = only_specialist()
    if owner_id is None or own not in (None, owner_id):
        raise NotFound("block_not_found")
    return owner_id


def _block(block_id: uuid.UUID) -> BlockView:
    found = block_view(context.session(), context.org_id(), block_id)
    _theirs(found.owner_id)
    return found


def _refused(wanted: Stretch, words: str, status: int) -> AnyResponse:
    found = {**_inputs(wanted), "alert_words": words}
    if is_fragment_request():
        body = render("console/calendar/_time.html", **found)
        return not_changed(words, panel=body, status=status)
    return page("console/calendar/time.html", status=status, **found)


def _inputs(wanted: Stretch) -> dict[str, Any]:
    """The page of a stretch; without a time that can be read it only asks for one."""
    found = owners_here(None)
    own = only_specialist()
    try:
        start, end = (wanted.starts_at, wanted.ends_at) if wanted.time else (None, None)
    except Invalid:
        start = end = None
    is_specialist = wanted.owner_id in dict(found.specialists)
    calendars = _calendars(wanted.owner_id) if start is not None and is_specialist else []
    chosen = _chosen(calendars)
    return {
        "wanted": wanted,
        "alert_words": None,
        "start": start,
        "end": end,
        "until": f"{local(end):%H:%M}" if end is not None else "",
        "name": _names(found).get(wanted.owner_id, ""),
        "people": [(str(id_), name) for id_, name in found.specialists if own in (None, id_)],
        "rooms": [] if own is not None else [(str(one.id), one.name) for one in found.spaces],
        "owner": str(wanted.owner_id or ""),
        "calendars": [(str(one.id), localised(one.title)) for one in calendars],
        "calendar": str(chosen.id) if chosen is not None else "",
        "past": start is not None and start < context.now(),
        **(_look(chosen, wanted, start) if chosen is not None and start is not None else UNSEEN),
        "may_book": may_book(),
        "is_specialist": is_specialist,
        "longest_reason": LONGEST_REASON,
    }


def _calendars(specialist_id: uuid.UUID | None) -> list[DeskCalendar]:
    every = desk_calendars(context.session(), context.org_id())
    return [one for one in every if specialist_id in one.specialist_ids]


def _chosen(calendars: list[DeskCalendar]) -> DeskCalendar | None:
    """The calendar in the address if the specialist serves it, else their first."""
    asked = request.values.get("calendar", "")
    first = calendars[0] if calendars else None
    return next((one for one in calendars if str(one.id) == asked), first)


def _look(calendar: DeskCalendar, wanted: Stretch, start: dt.datetime) -> dict[str, Any]:
    """What stands against a visit then, and the free times next to it where something does."""
    view = calendar_view(context.session(), context.org_id(), calendar_id=calendar.id)
    found = outlook(
        context.session(),
        context.redis(),
        context.org_id(),
        view,
        Asker(context.now(), staff=True),
        start,
        specialist_id=wanted.owner_id,
        count=MOST_OFFERED,
    )
    date = local(start).date()
    free = [local(one.starts_at) for one in found.nearest] if found.refusals else []
    return {
        "whys": explain(view, found.refusals, start),
        "nearest": [(one, one.date() == date) for one in free],
    }
