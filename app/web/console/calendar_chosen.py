"""What of the calendar is shown: the date, whose time, where; and where its links lead. The address carries it all."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from app.appointments import permissions
from app.appointments.queries.rooms import Owners, Space, owners
from app.web.console.asked import date_of, identifier
from app.web.console.own import only_specialist, writes
from app.web.console.place import chosen_location, locations
from app.web.http import context
from app.web.http.urls import fixed

EVERYWHERE = "all"
ZOOM, USUAL_ZOOM = "calendar_zoom", 2
# Key, words, address, whether it is the one that is shown.
View: TypeAlias = tuple[str, str, str, bool]
ENDPOINTS = {"rooms": "console.rooms_day", "week": "console.week", "month": "console.month"}


@dataclass(frozen=True)
class Chosen:
    """A date, and the specialist or the room that is shown; neither means everybody."""

    date: dt.date
    location_id: uuid.UUID | None
    specialists: list[tuple[uuid.UUID, str]]
    spaces: list[Space]
    who: uuid.UUID | None

    @cached_property
    def specialist(self) -> tuple[uuid.UUID, str] | None:
        """The specialist that is shown."""
        return next((one for one in self.specialists if one[0] == self.who), None)

    @cached_property
    def space(self) -> Space | None:
        """The room or device that is shown. Raises NotFound for somebody who is neither."""
        if self.who is None or self.specialist is not None:
            return None
        found = next((one for one in self.spaces if one.id == self.who), None)
        if found is None:
            raise NotFound
        return found

    @property
    def title(self) -> str:
        """Whose time it is."""
        if self.space is not None:
            return self.space.name
        return self.specialist[1] if self.specialist is not None else gettext("Everybody")

    def url(self, endpoint: str, date: dt.date | None = None, **changes: str) -> str:
        """The same choice in another view or on another date."""
        kept: dict[str, Any] = {
            name: request.args.get(name, "")
            for name in ("who", "location", "days", "service", "state")
        }
        if self.who is not None:
            kept["who"] = str(self.who)
        return url_for(
            endpoint,
            date=(date or self.date).isoformat(),
            **{name: value for name, value in {**kept, **changes}.items() if value},
        )

    def day_url(self, date: dt.date) -> str:
        """The day, of the same specialist or of the rooms."""
        if self.space is not None:
            return self.url("console.rooms_day", date, who="")
        kept: dict[str, Any] = {
            name: value for name in ("service", "state") if (value := request.args.get(name, ""))
        }
        if self.who is not None:
            kept["specialist"] = str(self.who)
        return url_for("console.day", date=date.isoformat(), **kept)


def may_book() -> bool:
    """Whether the reader may book and move visits here."""
    return writes(context.actor(), permissions.BOOK)


def zoom() -> int:
    """How high rows are drawn, 1 to 4, as this browser chose last."""
    kept = request.cookies.get(ZOOM, "")
    return int(kept) if kept in ("1", "2", "3", "4") else USUAL_ZOOM


def today() -> dt.date:
    """Today's date on the clinic's clock."""
    return context.now().astimezone(ZoneInfo(context.clinic().time_zone)).date()


def chosen(date: str | None, *, own_first: bool = False) -> Chosen:
    """What the address asks for. With `own_first` somebody who treats starts with their own time.

    Raises NotFound for a date, a location or a person that does not exist, or is not the reader's to see.
    """
    location_id = _location()
    own = only_specialist()
    found = owners_here(location_id)
    people = [one for one in found.specialists if own in (None, one[0])]
    asked = request.args.get("who", "")
    who = None if asked == EVERYWHERE else identifier(request.args, "who")
    if own is not None and who is None:
        who = own if people else None
    elif not asked and own_first and context.actor().specialist_id in dict(people):
        who = context.actor().specialist_id
    return Chosen(
        shown_date(date or request.args.get("date") or None), location_id, people, found.spaces, who
    )


def view_links(shown: Chosen, view: str) -> dict[str, Any]:
    """The views side by side, the keys that open them, and the choices of whom to show."""
    views = (
        ("day", "d", gettext("Day"), shown.day_url(shown.date)),
        ("rooms", "r", gettext("Rooms"), shown.url("console.rooms_day", who="")),
        ("week", "w", gettext("Week"), shown.url("console.week")),
        ("month", "m", gettext("Month"), shown.url("console.month")),
    )
    kept: dict[str, Any] = {"specialist": str(shown.who)} if shown.specialist is not None else {}
    return {
        "views": tuple((key, label, url, name == view) for name, key, label, url in views),
        "people": [(str(id_), name) for id_, name in shown.specialists],
        "rooms": [(str(one.id), one.name) for one in shown.spaces],
        "who": str(shown.who) if shown.who is not None else "",
        "places": [(str(one.id), one.name) for one in locations()],
        "place": str(shown.location_id) if shown.location_id is not None else "",
        "form_url": url_for(ENDPOINTS[view]),
        "is_today": shown.date == today(),
        "may_book": may_book(),
        "new_url": url_for(
            "console.new_visit",
            day=max(shown.date, today()).isoformat(),
            **kept,
        ),
        "own_only": only_specialist() is not None,
        "zoom": zoom(),
    }


def day_views(
    view: str, specialist_id: uuid.UUID | None, date: dt.date, calendar_url: str, list_url: str
) -> tuple[View, ...]:
    """The views beside the day and its list."""
    kept = {"who": str(specialist_id)} if specialist_id is not None else {}
    on = date.isoformat()
    return (
        ("d", gettext("Day"), calendar_url, view == "calendar"),
        ("r", gettext("Rooms"), fixed("console.rooms_day", date=on), False),
        ("w", gettext("Week"), fixed("console.week", date=on, **kept), False),
        ("m", gettext("Month"), fixed("console.month", date=on, **kept), False),
        ("l", gettext("List"), list_url, view == "list"),
    )


def owners_here(location_id: uuid.UUID | None) -> Owners:
    """Whose time the clinic's calendar can show, of one location or everywhere."""
    return owners(context.session(), context.org_id(), location_id=location_id)


def _location() -> uuid.UUID | None:
    """The location in the address, else the one whose day is shown at this desk."""
    asked = request.args.get("location", "")
    if not asked:
        return chosen_location()
    if asked == EVERYWHERE:
        return None
    found = identifier(request.args, "location")
    if found not in {one.id for one in locations()}:
        raise NotFound
    return found


def shown_date(text: str | None) -> dt.date:
    """The date in an address, today without one. Raises NotFound for what a calendar cannot show."""
    if text is None:
        return today()
    found = date_of(text)
    if found is None:
        raise NotFound(gettext("There is no such date."))
    return found
