"""The waiting list at the desk: who waits, what was offered to whom, the order (SCH-08, BYD-04)."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, make_response, request, url_for
from flask_babel import gettext, pgettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from app.appointments import permissions
from app.kernel.live import WAITING
from app.lib.paging import PageRequest, parse_page, slice_of
from app.lib.text import fold
from app.waiting import actions
from app.waiting.queries import (
    EntryView,
    agreed_to_texts,
    ended,
    entry_view,
    offers_of,
    waiting,
    waiting_count,
)
from app.web.console import blueprint
from app.web.console.asked import read_identifier
from app.web.console.own import only_specialist, writes
from app.web.http import context, guards
from app.web.http.lists import heads, pager
from app.web.http.locale import localised
from app.web.http.render import is_fragment_request, page, render, see_other
from app.web.http.waiting_words import wish_words

SORTS: dict[str, Callable[[EntryView], Any]] = {
    "patient": lambda one: fold(one.patient_name),
    "joined": lambda one: one.created_at,
}


@blueprint.get("/waiting")
@guards.staff(permissions.VIEW)
def waiting_list() -> Response:
    """Everybody who waits, in their turn, with what was offered; or who waits no more."""
    session, org_id = context.session(), context.org_id()
    over = request.args.get("state") == "ended"
    calendar_id = read_identifier(request.args.get("calendar", ""))
    asked = parse_page(request.args, sortable=SORTS)
    entries = [one for one in (ended if over else waiting)(session, org_id) if _mine(one)]
    places = _places(entries)
    chosen = [one for one in entries if calendar_id in (None, one.calendar_id)]
    found = slice_of(_sorted(chosen, asked), asked)
    filters = {"state": "ended" if over else "", "calendar": str(calendar_id or "")}
    actor = context.actor()
    return page(
        "console/waiting/list.html",
        fragment="console/waiting/_list.html",
        rows=_rows(found.items, places),
        heads=heads(_columns(), asked, filters),
        pager=pager(found, filters),
        calendars=_titles(entries),
        calendar_id=calendar_id,
        over=over,
        may_write=writes(actor, permissions.BOOK),
    )


@blueprint.get("/waiting/number")
@guards.staff(permissions.VIEW)
def waiting_number() -> Response:
    """How many wait, for the navigation; nothing where nobody does."""
    number = waiting_count(context.session(), context.org_id(), only_specialist())
    return page("console/waiting/_number.html", number=number)


@blueprint.post("/waiting/<uuid:entry_id>/forward")
@guards.staff(permissions.BOOK)
def bring_forward(entry_id: uuid.UUID) -> AnyResponse:
    """Next in turn."""
    entry = entry_here(entry_id)
    actions.bring_forward(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is next in turn.", name=entry.patient_name)
    return done(words, url_for("console.in_turn", entry_id=entry_id))


@blueprint.post("/waiting/<uuid:entry_id>/in-turn")
@guards.staff(permissions.BOOK)
def in_turn(entry_id: uuid.UUID) -> AnyResponse:
    """Where the time of joining puts them."""
    entry = entry_here(entry_id)
    actions.back_in_turn(context.session(), context.actor(), entry_id, now=context.now())
    return done(gettext("%(name)s waits in turn again.", name=entry.patient_name))


@blueprint.post("/waiting/<uuid:entry_id>/remove")
@guards.staff(permissions.BOOK)
def remove_waiting(entry_id: uuid.UUID) -> AnyResponse:
    """Off the list; they can be put back to the same place among those who wait no more."""
    entry = entry_here(entry_id)
    actions.leave(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is off the list.", name=entry.patient_name)
    return done(words, url_for("console.restore_waiting", entry_id=entry_id))


@blueprint.post("/waiting/<uuid:entry_id>/back")
@guards.staff(permissions.BOOK)
def restore_waiting(entry_id: uuid.UUID) -> AnyResponse:
    """Back to the same place."""
    entry = entry_here(entry_id)
    actions.come_back(context.session(), context.actor(), entry_id, now=context.now())
    words = gettext("%(name)s is on the list again.", name=entry.patient_name)
    return done(words)


def done(words: str, undo_url: str | None = None) -> AnyResponse:
    """A toast with its undo, while the list renews itself; without script the list with a message."""
    if not is_fragment_request():
        return see_other(url_for("console.waiting_list"), words)
    response = make_response(render("ui/_toast.html", message=words, kind="ok", undo_url=undo_url))
    response.headers["HX-Trigger"] = f"live:{WAITING}"
    return response


def not_done(words: str) -> AnyResponse:
    """Why it was not possible, on the list as it is."""
    if not is_fragment_request():
        return see_other(url_for("console.waiting_list"), words, "bad")
    response = make_response(
        render("ui/_toast.html", message=words, kind="bad", undo_url=None), 409
    )
    response.headers["HX-Trigger"] = f"live:{WAITING}"
    return response


def _columns() -> list[tuple[str | None, str]]:
    return [
        (None, gettext("Turn")),
        ("patient", gettext("Patient")),
        (None, gettext("Waits for")),
        ("joined", pgettext("waiting list", "Waits since")),
        (None, gettext("Offers")),
        (None, ""),
    ]


def _sorted(entries: Sequence[EntryView], asked: PageRequest) -> list[EntryView]:
    """In their turn, unless another order is asked for."""
    found = list(entries)
    for key in reversed(asked.sort):
        found.sort(key=SORTS[key.name], reverse=key.descending)
    return found


def _places(entries: Sequence[EntryView]) -> dict[uuid.UUID, int]:
    """The place of each in the list of what they wait for."""
    seen: Counter[uuid.UUID] = Counter()
    places = {}
    for one in entries:
        seen[one.calendar_id] += 1
        places[one.id] = seen[one.calendar_id]
    return places


def _titles(entries: Sequence[EntryView]) -> list[tuple[uuid.UUID, str]]:
    names = {one.calendar_id: localised(one.titles) for one in entries}
    return sorted(names.items(), key=lambda pair: pair[1])


def _rows(entries: Sequence[EntryView], places: dict[uuid.UUID, int]) -> list[dict[str, Any]]:
    session, org_id = context.session(), context.org_id()
    offers = offers_of(session, org_id, [one.id for one in entries])
    texted = agreed_to_texts(session, org_id, [one.patient_id for one in entries])
    return [
        {
            "number": places[one.id],
            "entry": one,
            "wish": wish_words(one),
            "offers": offers.get(one.id, []),
            "open": next((kept for kept in offers.get(one.id, []) if kept.state == "open"), None),
            "reachable": one.patient_email or (one.patient_phone and one.patient_id in texted),
        }
        for one in entries
    ]


def entry_here(entry_id: uuid.UUID) -> EntryView:
    """The entry, for whom it may be opened here. Raises NotFound."""
    found = entry_view(context.session(), context.org_id(), entry_id)
    if not _mine(found):
        raise NotFound
    return found


def _mine(entry: EntryView) -> bool:
    """Who sees only their own patients sees who waits for them."""
    own = only_specialist()
    return own is None or entry.specialist_id == own
