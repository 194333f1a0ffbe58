"""Choosing a time: two weeks of days, the times of one day, the first free times. For booking and for moving."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import Any
from urllib.parse import quote_plus
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext, ngettext

from app.appointments.actions.continuity import SOON_DAYS
from app.appointments.queries import VisitView
from app.appointments.rules.continuity import soon_with
from app.catalog.addon_rules import Addon, choose, tokens
from app.lib.errors import NotFound
from app.scheduling.queries import (
    CalendarView,
    DaySlots,
    Person,
    Slot,
    SlotPage,
    next_free,
    slot_page,
)
from app.web.booking.asked import ANYONE, DAYS, Asked, asker, minutes, places
from app.web.booking.clocks import reader_zone
from app.web.http import context
from app.web.http.template_words import date_words
from app.web.http.templating import city, clock, day

FIRST_TIMES = 3
NEAR_DAYS = (3, 14, 60)
MORNING, NOON, EVENING = 5, 12, 17
Address = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Picker:
    """What the fragment shows. `address(**changes)` is the same page with other choices."""

    calendar: CalendarView
    asked: Asked
    found: SlotPage
    chosen: DaySlots | None
    later: Slot | None
    address: Address
    usual: Person | None = None
    offered: Sequence[Addon] = ()

    @property
    def days(self) -> list[dict[str, Any]]:
        """The strip of two weeks."""
        return [self._day(one) for one in self.found.days]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The times of the chosen day by part of the day."""
        slots = self.chosen.slots if self.chosen else ()
        return [
            {"label": _part_label(part), "slots": [self.time(slot) for slot in some]}
            for part, some in groupby(slots, key=self._part)
        ]

    @property
    def title(self) -> str:
        return day(self.chosen.day) if self.chosen else ""

    @property
    def first_times(self) -> list[dict[str, Any]]:
        """The first free times, one for each half of a day, when the page begins today."""
        return [self.option(slot) for slot in self._first_slots()]

    @property
    def shown(self) -> list[Slot]:
        """Every free time that the page has a button for, whatever the patient is used to."""
        return [*(self.chosen.slots if self.chosen else ()), *self._first_slots()]

    def _first_slots(self) -> list[Slot]:
        if self.asked.first != self.asked.clocks.local(context.now()).date():
            return []
        return self._firsts(slot for one in self.found.days for slot in one.slots)

    @property
    def usual_times(self) -> list[dict[str, Any]]:
        """The same with the specialist whom the patient knows, where free soon; they come first (BYD-03)."""
        if self.usual is None or self.asked.person is not None:
            return []
        every = [slot for one in self.found.days for slot in one.slots]
        days = SOON_DAYS.read(context.clinic().settings)
        soon = soon_with(every, self.usual.id, context.now(), days)
        return [self.option(slot) for slot in self._firsts(soon)]

    def _firsts(self, slots: Iterable[Slot]) -> list[Slot]:
        firsts = (next(some) for _, some in groupby(slots, key=self._half_day))
        return list(islice(firsts, FIRST_TIMES))

    @property
    def people(self) -> list[dict[str, Any]]:
        """Who can be chosen; nothing to choose where there is only one."""
        people = self.asked.narrowed(self.calendar).public_people
        if len(people) < 2:
            return []
        anyone = {"name": gettext("Anyone"), "title": "", "slug": ANYONE, "person": None}
        named = [{"name": p.name, "title": p.title, "slug": p.slug, "person": p} for p in people]
        return [
            {
                **one,
                "url": self.address(specialist=one["slug"]),
                "active": one["person"] == self.asked.person,
            }
            for one in (anyone, *named)
        ]

    @property
    def places(self) -> list[dict[str, Any]]:
        """Where the service is given; nothing to choose where there is only one place."""
        found = places(self.calendar)
        if len(found) < 2:
            return []
        everywhere: list[tuple[str, str]] = [(ANYONE, gettext("All locations"))]
        named = [(str(place), name) for place, name in found.items()]
        return [
            {
                "name": name,
                "url": self.address(place=place, specialist=ANYONE),
                "active": place == str(self.asked.place or ANYONE),
            }
            for place, name in everywhere + named
        ]

    @property
    def addons(self) -> list[dict[str, Any]]:
        """What can be added, each with the way to have it, to have it no more, and to have one more."""
        has = {one.addon.id: one.quantity for one in self.calendar.addons}
        return [
            {
                "addon": one,
                "quantity": has.get(one.id, 0),
                "url": self._adding(has, one, 0 if has.get(one.id) else 1),
                "more_url": self._adding(has, one, has[one.id] + 1)
                if 0 < has.get(one.id, 0) < one.most
                else None,
            }
            for one in self.offered
        ]

    def _adding(self, has: Mapping[uuid.UUID, int], one: Addon, quantity: int) -> str:
        return self.address(add=tokens(choose(self.offered, {**has, one.id: quantity})))

    @property
    def range_title(self) -> str:
        last = self.asked.first + dt.timedelta(days=DAYS - 1)
        return f"{_short(self.asked.first)} – {_short(last)}"

    @property
    def earlier_url(self) -> str | None:
        today = self.asked.clocks.local(context.now()).date()
        if self.asked.first <= today:
            return None
        return self.address(first=max(today, self.asked.first - dt.timedelta(days=DAYS)))

    @property
    def later_url(self) -> str | None:
        horizon = self.calendar.offer.horizon
        following = self.asked.first + dt.timedelta(days=DAYS)
        today = self.asked.clocks.local(context.now()).date()
        if horizon is not None and following > today + dt.timedelta(days=horizon.days):
            return None
        return self.address(first=following)

    @property
    def next_free(self) -> dict[str, Any] | None:
        """Where nothing is free in these two weeks: the next time that is, and the way to it."""
        if self.later is None:
            return None
        date = self.asked.clocks.local(self.later.starts_at).date()
        return {"label": self.moment(self.later), "url": self.address(first=date, day=date)}

    @property
    def zone_line(self) -> str:
        return gettext("Times in %(city)s", city=city(self.asked.clocks.main))

    @property
    def reader_zone(self) -> str:
        """The zone that we take this browser to be in; static/js/time-zone.js corrects it."""
        return reader_zone() or context.clinic().time_zone

    @property
    def poll_url(self) -> str:
        """The same page again, knowing what is shown."""
        here = self.address()
        return f"{here}{'&' if here != '?' else ''}seen={self.digest}"

    @property
    def waiting_url(self) -> str:
        """Where to wait for a time that suits better."""
        chosen = self.asked.person.slug if self.asked.person else None
        address = url_for("booking.wait", calendar=self.calendar.slug)
        return f"{address}?with={chosen}" if chosen else address

    @property
    def other_zone(self) -> dict[str, str] | None:
        """The way to the other clock, where the two differ in these weeks."""
        other = self.asked.clocks.other
        every = [slot for one in self.found.days for slot in one.slots]
        if other is None or not any(self.asked.clocks.differ(slot.starts_at) for slot in every):
            return None
        return {"city": city(other), "url": self.address(zone=other)}

    @property
    def digest(self) -> str:
        """Changes when anything that the fragment shows changes; a poll that knows it gets 204."""
        words = f"{self.title}|{self.asked.clocks.main}|{minutes_if(self.later)}"
        return f"{self.found.mark:x}-{crc32(words.encode()):x}"

    def time(self, slot: Slot) -> dict[str, Any]:
        """One button."""
        shown = self.asked.clocks
        notes = [clock(slot.starts_at, shown.other)] if shown.differ(slot.starts_at) else []
        if slot.places is not None:
            notes.append(ngettext("%(num)d place", "%(num)d places", slot.places))
        return {
            "value": minutes(slot.starts_at),
            "time": clock(slot.starts_at, shown.main),
            "note": " · ".join(notes) or None,
        }

    def option(self, slot: Slot) -> dict[str, Any]:
        """One button that stands alone, with its day."""
        date = self.asked.clocks.local(slot.starts_at).date()
        return {**self.time(slot), "day": self._near(date)}

    def moment(self, slot: Slot) -> str:
        """Day and time in words."""
        date = self.asked.clocks.local(slot.starts_at).date()
        return f"{day(date)}, {clock(slot.starts_at, self.asked.clocks.main)}"

    def _day(self, one: DaySlots) -> dict[str, Any]:
        return {
            "weekday": date_words(one.day, "EEE").rstrip("."),
            "number": one.day.day,
            "month": date_words(one.day, "MMMM"),
            "count": len(one.slots),
            "url": self.address(day=one.day),
            "current": self.chosen is not None and one.day == self.chosen.day,
        }

    def _near(self, date: dt.date) -> str:
        ahead = (date - self.asked.clocks.local(context.now()).date()).days
        if ahead == 0:
            return gettext("Today")
        if ahead == 1:
            return gettext("Tomorrow")
        return date_words(date, "EEE d MMM")

    def _part(self, slot: Slot) -> int:
        hour = self.asked.clocks.local(slot.starts_at).hour
        return (hour >= MORNING) + (hour >= NOON) + (hour >= EVENING)

    def _half_day(self, slot: Slot) -> tuple[dt.date, bool]:
        local = self.asked.clocks.local(slot.starts_at)
        return local.date(), local.hour >= NOON


def picker(
    calendar: CalendarView,
    asked: Asked,
    moving: VisitView | None = None,
    usual: uuid.UUID | None = None,
    offered: Sequence[Addon] = (),
) -> Picker:
    """Read the free times that the address asks for.

    `moving` is a visit whose own time counts as free, `usual` the specialist whom the patient knows, `offered` what can
    be added to the visit.
    """
    common = _common(asked, moving)
    where = _where(asked.narrowed(calendar))
    found = slot_page(
        *where,
        first=asked.first,
        days=DAYS,
        time_zone=asked.clocks.main,
        **common,
    )
    if moving is not None:
        found = _without(found, moving)
    later = None
    if found.empty:
        midnight = dt.datetime.combine(asked.first, dt.time(), ZoneInfo(asked.clocks.main))
        since = max(context.now(), midnight.astimezone(dt.UTC))
        later = next(iter(next_free(*where, since=since, count=1, **common)), None)
    known = next((p for p in asked.narrowed(calendar).public_people if p.id == usual), None)
    shown = _shown(found, asked.day)
    return Picker(calendar, asked, found, shown, later, _address(asked), known, offered)


def _without(found: SlotPage, moving: VisitView) -> SlotPage:
    """The present time with the present specialist is no time to move to."""

    def others(slot: Slot) -> bool:
        same = (moving.specialist_id,) == slot.specialist_ids
        return slot.starts_at != moving.starts_at or not same

    days = (DaySlots(one.day, tuple(filter(others, one.slots))) for one in found.days)
    return SlotPage(tuple(days), found.time_zone, found.mark)


def nearest(
    calendar: CalendarView,
    asked: Asked,
    wanted: dt.datetime,
    moving: VisitView | None = None,
    count: int = FIRST_TIMES,
) -> list[Slot]:
    """The free times nearest to one that is gone, earlier ones too, in order."""
    since = max(context.now(), wanted - dt.timedelta(days=1))
    where = _where(asked.narrowed(calendar))
    some: list[Slot] = []
    # Enough in a short stretch are the nearest: all others are farther than its end.
    for days in NEAR_DAYS:
        some = next_free(*where, since=since, within_days=days, count=500, **_common(asked, moving))
        if len(some) >= count:
            break
    closest = sorted(some, key=lambda slot: abs(slot.starts_at - wanted))[:count]
    return sorted(closest, key=lambda slot: slot.starts_at)


def _where(calendar: CalendarView) -> tuple[Any, ...]:
    if not calendar.public_people:
        raise NotFound("calendar_not_found")
    return context.session(), context.redis(), context.org_id(), calendar, asker()


def _common(asked: Asked, moving: VisitView | None) -> dict[str, Any]:
    return {
        "specialist_id": asked.person.id if asked.person else None,
        "ignoring": moving.id if moving else None,
    }


def _address(asked: Asked) -> Address:
    today = asked.clocks.local(context.now()).date()

    def address(
        *,
        first: dt.date | None = None,
        day: dt.date | None = None,
        specialist: str | None = None,
        zone: str | None = None,
        place: str | None = None,
        add: str | None = None,
    ) -> str:
        """The same page, with what is given in place of what is asked now; relative, since a page holds dozens."""
        slug = specialist or (
            asked.person.slug if asked.person else ANYONE if asked.anyone else None
        )
        keeps_day = first is None and day is None
        values = {
            "from": None if (first or asked.first) == today else first or asked.first,
            "day": (asked.day if keeps_day else day),
            "specialist": slug,
            "zone": zone or asked.zone,
            "at": place or asked.place,
            "add": asked.add if add is None else add,
        }
        said = {name: str(value) for name, value in values.items() if value not in (None, "")}
        return "?" + "&".join(f"{name}={_quoted(text)}" for name, text in said.items())

    return address


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """A page holds dozens of addresses of the same few dates, people and places."""
    return quote_plus(text)


def _shown(found: SlotPage, wanted: dt.date | None) -> DaySlots | None:
    """The day asked for while it has free times, else the first that has."""
    free = [one for one in found.days if one.slots]
    return next((one for one in free if one.day == wanted), next(iter(free), None))


def _part_label(part: int) -> str:
    return (gettext("Night"), gettext("Morning"), gettext("Afternoon"), gettext("Evening"))[part]


def _short(date: dt.date) -> str:
    return date_words(date, "d MMM")


def minutes_if(slot: Slot | None) -> int:
    """For the digest: 0 where there is no slot."""
    return minutes(slot.starts_at) if slot else 0


def options(view: Picker, slots: Iterable[Slot]) -> Sequence[dict[str, Any]]:
    """Slots as one-tap choices."""
    return [view.option(slot) for slot in slots]
