"""Bookings and the waiting list."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from app.web.api.fields import (
    Day,
    Given,
    HoldToken,
    Identifier,
    Moment,
    Slug,
    Taken,
    Text,
    VisitToken,
    Zone,
)
from app.web.api.shapes.addons import BookedAddon, Wishes
from app.web.api.shapes.offer import Price

LONGEST_NOTE, LONGEST_REASON = 2000, 500
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DayPart = Literal["morning", "afternoon", "evening"]


class Who(Taken):
    """How to reach the person."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Ana Pop"])]
    email: Annotated[str, Field(min_length=3, max_length=254, examples=["ana@example.com"])]
    phone: Annotated[str, Field(min_length=3, max_length=40, examples=["0722 123 456"])] = Field(
        description="A mobile number, in the national form of `country` or with its country code."
    )
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(
        None, description="ISO 3166-1 alpha-2; the clinic's unless said."
    )


class Consent(Taken):
    """A consent that the person gave to the text of exactly this version."""

    purpose: Literal["sms_appointments"]
    version: Annotated[int, Field(ge=1, le=100_000)]


class BookingWish(Taken):
    """A booking. With a hold, calendar, time and add-ons must be those of the hold."""

    calendar: Slug
    starts_at: Moment
    specialist: Slug | None = None
    location: Identifier | None = None
    hold: HoldToken | None = None
    addons: Wishes | None = Field(None, description="Those of the hold unless said, else none.")
    contact: Who
    consents: Annotated[list[Consent], Field(max_length=5)] = Field(default_factory=list)
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    time_zone: Zone | None = Field(None, description="The person's; the clinic's unless said.")


class Links(Given):
    """Pages of the booking for the person."""

    page: str
    calendar_file: str


class Where(Given):
    """Where the visit takes place."""

    name: str
    address: str
    city: str
    phone: str | None


class Booking(Given):
    """A booking. It carries nothing of the person, so a token that got about tells little."""

    token: VisitToken
    reference: str
    state: str
    version: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    time_zone: Zone
    service: Text
    modality: Literal["in_person", "video"]
    specialist: str
    location: Where | None
    price: Price = Field(description="Of the visit with what is added.")
    addons: list[BookedAddon]
    may_change: bool = Field(description="Whether it can be cancelled or moved here now.")
    may_change_until: dt.datetime = Field(description="Until when that is free of charge.")
    cancel_costs: Price | None = Field(description="What cancelling costs now; null for nothing.")
    move_costs: Price | None = Field(description="What moving costs now; null for nothing.")
    links: Links


Cost = Annotated[
    int | None,
    Field(
        ge=0,
        description="Where it costs something: the amount in minor units that the person was told.",
    ),
]


class Cancellation(Taken):
    """Why, if the person wishes to say."""

    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""
    accepted_cost: Cost = None


class Move(Taken):
    """Another time for a booking, at the same place."""

    starts_at: Moment
    specialist: Slug | None = Field(
        None, description="Only this one; else the present one if free, else whoever is."
    )
    version: Annotated[int, Field(ge=0)] | None = Field(
        None, description="The version that the person saw; refused if it has changed since."
    )
    accepted_cost: Cost = None


class WaitingWish(Taken):
    """Which times a person waits for. Whoever is on the list already keeps the place and changes the wish."""

    calendar: Slug
    contact: Who
    consents: Annotated[list[Consent], Field(max_length=5)] = Field(default_factory=list)
    specialist: Slug | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    weekdays: Annotated[list[Weekday], Field(max_length=7)] = Field(
        default_factory=list, description="Every day unless said."
    )
    parts: Annotated[list[DayPart], Field(max_length=3)] = Field(
        default_factory=list, description="At any time of day unless said."
    )
    time_zone: Zone | None = None


class Waiting(Given):
    """A place on the waiting list: its page shows it, and offers when there are any."""

    page: str
