"""The clinic, its services, its people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.web.api.fields import Given, Text, Zone


class Place(Given):
    """A location of the clinic."""

    id: str
    name: str
    address: str
    city: str
    phone: str | None
    time_zone: Zone


class ConsentAsked(Given):
    """A consent that a booking asks for. Show the text, and send back purpose and version when it is given."""

    purpose: Literal["sms_appointments"]
    version: int
    text: Text
    required: bool


class Clinic(Given):
    """The clinic."""

    name: str
    tagline: Text
    email: str | None
    phone: str | None
    website: str | None
    country: str = Field(description="ISO 3166-1 alpha-2; the default country of phone numbers.")
    currency: str = Field(description="ISO 4217")
    time_zone: Zone
    languages: list[str]
    locations: list[Place]
    consents: list[ConsentAsked]
    booking_page: str


class Price(Given):
    """An amount in the smallest unit of its currency."""

    minor: int
    currency: str


class AddonOffered(Given):
    """Something that can be added. `addon` names it in other operations; price and minutes are of one."""

    addon: str
    name: Text
    price: Price
    extra_min: int = Field(description="How many minutes longer the visit lasts with it.")
    most: int = Field(description="At most so many on one visit.")


class BookableCalendar(Given):
    """A way to book a service. `calendar` names it in every other operation."""

    calendar: str
    name: Text
    service: Text
    kind: str
    description: Text
    modality: Literal["in_person", "video"]
    duration_min: int
    places: int = Field(description="How many can come at once; 1 unless it is a class.")
    price: Price
    notice_min: int = Field(description="Bookable until so many minutes before the start.")
    change_notice_min: int = Field(
        description="Cancelled or moved until so many minutes before the start."
    )
    specialists: list[str]
    locations: list[str]
    addons: list[AddonOffered]
    booking_page: str


class Calendars(Given):
    """What can be booked."""

    calendars: list[BookableCalendar]


class Colleague(Given):
    """Somebody who can be booked. `specialist` names them in other operations."""

    specialist: str
    name: str
    title: str
    location: str | None
    calendars: list[str]


class Colleagues(Given):
    """Who can be booked."""

    specialists: list[Colleague]
