"""Free times and holds."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from app.web.api.fields import Day, Given, HoldToken, Identifier, Moment, Slug, Taken, Zone
from app.web.api.shapes.addons import InQuery, Wishes
from app.web.api.shapes.offer import Price

MOST_DAYS = 31


class Range(Taken):
    """Which times are asked for."""

    first: Day = Field(alias="from", description="The first date, on the clock of `time_zone`.")
    last: Day | None = Field(
        None, alias="to", description=f"The last date; at most {MOST_DAYS} days, 7 unless said."
    )
    time_zone: Zone | None = Field(None, description="The clinic's zone unless said.")
    specialist: Slug | None = None
    location: Identifier | None = None
    addons: InQuery | None = Field(
        None, description="Times long enough with these: `id` or `id*quantity`, with commas."
    )


class Start(Given):
    """A start that can be booked now."""

    starts_at: dt.datetime
    specialists: list[str] = Field(description="Who is free then.")
    places: int | None = Field(description="Places left, where the calendar is one of classes.")


class FreeDay(Given):
    """The starts of one date."""

    date: dt.date
    starts: list[Start]


class Availability(Given):
    """Free times, date by date."""

    calendar: str
    time_zone: Zone
    duration_min: int = Field(description="Of the visit with what is added.")
    price: Price = Field(description="Of the visit with what is added.")
    days: list[FreeDay]


class HoldWish(Taken):
    """A time to be kept while the rest of the booking is asked for."""

    calendar: Slug
    starts_at: Moment
    specialist: Slug | None = Field(None, description="Only this one; else whoever is free.")
    location: Identifier | None = None
    addons: Wishes = Field(default_factory=list)


class Held(Given):
    """A kept time. Only who has the token can book, extend or release it."""

    token: HoldToken
    calendar: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    specialist: str
    expires_at: dt.datetime | None = Field(
        description="Null where nothing could be kept; booking works all the same."
    )
    price: Price = Field(description="Of the visit with what is added.")
    extendable_until: dt.datetime
