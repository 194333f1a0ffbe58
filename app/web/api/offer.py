"""What a clinic offers: itself, calendars, people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from flask import url_for

from app.appointments.queries.addons import fitting
from app.catalog.addon_rules import Addon
from app.catalog.addons import addons_by_service
from app.consents.models import ConsentPurposeVersion
from app.consents.queries import current_version
from app.kernel.tenancy.queries import open_locations
from app.scheduling.queries import PublicCalendar, public_calendars
from app.web.api.addons import offer_of
from app.web.api.operations import operation
from app.web.api.shapes.offer import (
    BookableCalendar,
    Calendars,
    Clinic,
    Colleague,
    Colleagues,
    ConsentAsked,
    Place,
    Price,
)
from app.web.http import context
from app.web.http.locale import LANGUAGES, localised

TEXTS: Final = "sms_appointments"


def texts_consent() -> ConsentPurposeVersion | None:
    """The consent to text messages as the clinic published it last."""
    return current_version(context.session(), context.org_id(), TEXTS)


def texts_required() -> bool:
    """Consent to texts comes before the booking (003), unless the clinic settled otherwise."""
    return bool(context.clinic().settings.get("booking_texts_required", True))


def absolute(endpoint: str, **values: Any) -> str:
    """The whole address of a page of this clinic."""
    return context.settings().base_url + url_for(endpoint, **values)


@operation("GET", "", summary="The clinic", tag="Offer", answer=Clinic)
def clinic() -> Clinic:
    """Name, how to reach it, where it is, and the consents that a booking asks for."""
    here = context.clinic()
    return Clinic(
        name=here.name,
        tagline=localised(here.tagline),
        email=here.email,
        phone=here.phone,
        website=here.website,
        country=here.country,
        currency=here.currency,
        time_zone=here.time_zone,
        languages=list(LANGUAGES),
        locations=_places(),
        consents=_consents(),
        booking_page=absolute("booking.clinic_page"),
    )


@operation("GET", "/calendars", summary="What can be booked", tag="Offer", answer=Calendars)
def calendars() -> Calendars:
    """Every calendar that the public can book, in the clinic's order."""
    offered = public_calendars(context.session(), context.org_id())
    services = {one.view.service_id for one in offered}
    addons = addons_by_service(context.session(), context.org_id(), [*services], online=True)
    return Calendars(
        calendars=[_calendar(one, addons.get(one.view.service_id, [])) for one in offered]
    )


@operation("GET", "/specialists", summary="Who can be booked", tag="Offer", answer=Colleagues)
def specialists() -> Colleagues:
    """Everybody who can be booked, with their calendars."""
    offered = [one.view for one in public_calendars(context.session(), context.org_id())]
    people = {person.id: person for view in offered for person in view.public_people}
    return Colleagues(
        specialists=[
            Colleague(
                specialist=person.slug,
                name=person.name,
                title=person.title,
                location=str(person.location_id) if person.location_id else None,
                calendars=[
                    view.slug
                    for view in offered
                    if any(one.id == person.id for one in view.public_people)
                ],
            )
            for person in sorted(people.values(), key=lambda one: one.name)
        ]
    )


def _places() -> list[Place]:
    return [
        Place(
            id=str(one.id),
            name=one.name,
            address=one.address,
            city=one.city,
            phone=one.phone,
            time_zone=one.time_zone,
        )
        for one in open_locations(context.session(), context.org_id())
    ]


def _consents() -> list[ConsentAsked]:
    asked = texts_consent()
    if asked is None:
        return []
    return [
        ConsentAsked(
            purpose=TEXTS,
            version=asked.version,
            text=localised(asked.texts),
            required=texts_required(),
        )
    ]


def _calendar(one: PublicCalendar, addons: Iterable[Addon]) -> BookableCalendar:
    view = one.view
    people = view.public_people
    return BookableCalendar(
        calendar=view.slug,
        name=localised(view.title),
        service=localised(view.service_names),
        kind=one.kind,
        description=localised(one.descriptions),
        modality="video" if view.modality == "video" else "in_person",
        duration_min=view.offer.duration_min,
        places=view.offer.capacity,
        price=Price(minor=view.price_minor, currency=view.currency),
        notice_min=view.offer.min_notice_min,
        change_notice_min=view.cancel_notice_min,
        specialists=[person.slug for person in people],
        locations=sorted({str(one.location_id) for one in people if one.location_id}),
        addons=[offer_of(each, view.currency) for each in fitting(addons, view)],
        booking_page=absolute("booking.slots", calendar=view.slug),
    )
