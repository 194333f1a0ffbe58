"""Building a demo clinic: the clinic itself, its people, its offer."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from dataclasses import dataclass, field, replace

from redis import Redis
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.catalog.actions import add_service, qualify
from app.catalog.addons import add_addon
from app.consents.actions import publish_version
from app.demo.cast import ADDONS, PASSWORD, TOTP_SECRET, ClinicPart, SpecialistPart, StaffPart
from app.forms.actions import create_default_templates
from app.kernel.access.actions import add_member
from app.kernel.access.actor import STAFF, SYSTEM, Actor
from app.kernel.access.permissions import all_permissions
from app.kernel.capabilities import Capability
from app.kernel.capabilities import actions as capabilities
from app.kernel.flags.actions import switch
from app.kernel.identity.humans import set_password
from app.kernel.identity.models import Human
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.tenancy.actions import activate_clinic, create_clinic
from app.kernel.tenancy.models import Location, Organization
from app.kernel.tenancy.scope import scope_of, scoped
from app.lib.ids import uuid7
from app.people.specialists.actions import SpecialistCard, connect, name_specialty
from app.scheduling.actions import (
    CalendarDraft,
    WeeklyWindow,
    add_calendar,
    add_room,
    open_specialist,
    set_weekly_hours,
)
from app.scheduling.flags import SELF_SERVICE
from app.scheduling.queries import CalendarView, calendar_view

TIME_ZONE = "Europe/Bucharest"


@dataclass
class World:
    """A demo clinic while it is being built."""

    session: Session
    redis: Redis
    blobs: ClinicStorage
    part: ClinicPart
    org_id: uuid.UUID
    today: dt.date
    now: dt.datetime
    dice: random.Random
    desk: Actor
    humans: dict[str, uuid.UUID] = field(default_factory=dict)
    locations: list[uuid.UUID] = field(default_factory=list)
    specialists: dict[str, uuid.UUID] = field(default_factory=dict)
    calendars: dict[str, CalendarView] = field(default_factory=dict)

    def actor(self, email: str) -> Actor:
        """A member of the staff, acting with every permission of the desk."""
        return replace(self.desk, human_id=self.humans[email])


def open_clinic(
    session: Session, operator: Actor, part: ClinicPart, opened_at: dt.datetime
) -> tuple[uuid.UUID, uuid.UUID, dict[str, uuid.UUID]]:
    """Create and activate a clinic as the operator does; gives its id, owner and roles."""
    owner = part.staff[0]
    opened = create_clinic(
        session,
        operator,
        slug=part.slug,
        name=part.name,
        owner_name=owner.name,
        owner_email=owner.email,
        city=part.locations[0][2],
        time_zone=TIME_ZONE,
        locale="ro",
        now=opened_at,
    )
    activate_clinic(session, operator, opened.org_id, now=opened_at)
    for code in part.capabilities:
        capabilities.grant(
            session, operator, opened.org_id, Capability(code), granted=True, now=opened_at
        )
    switch(session, operator, opened.org_id, SELF_SERVICE, enabled=True, now=opened_at)
    return opened.org_id, opened.owner_id, opened.role_ids


def furnish(world: World, owner_id: uuid.UUID, role_ids: dict[str, uuid.UUID]) -> None:
    """Card, locations, team, specialists, services, calendars, consent texts and forms."""
    world.humans[world.part.staff[0].email] = owner_id
    _card(world)
    _locations(world)
    _team(world, role_ids)
    _specialists(world, role_ids["specialist"])
    _offer(world)
    create_default_templates(world.session, world.desk, world.now)
    publish_version(
        world.session,
        world.desk,
        purpose="sms_appointments",
        texts={
            "ro": "Sunt de acord să primesc SMS-uri despre programările mele.",
            "en": "I agree to receive text messages about my appointments.",
        },
        now=world.now,
    )


def _card(world: World) -> None:
    part = world.part
    world.session.execute(
        update(Organization)
        .where(Organization.id == world.org_id)
        .values(
            tagline=part.tagline,
            phone=part.phone,
            email=part.email,
            accent=part.accent,
            settings={"demo": True},
        )
    )


def _locations(world: World) -> None:
    existing = list(
        world.session.scalars(select(Location.id).where(Location.org_id == world.org_id))
    )
    for place, (name, address, city) in enumerate(world.part.locations):
        values = {
            "name": name,
            "address": address,
            "city": city,
            "phone": world.part.phone,
            "position": place,
        }
        if place < len(existing):
            world.session.execute(
                update(Location)
                .where(Location.org_id == world.org_id, Location.id == existing[place])
                .values(**values)
            )
            location_id = existing[place]
        else:
            location_id = uuid7()
            world.session.execute(
                insert(Location).values(
                    org_id=world.org_id, id=location_id, time_zone=TIME_ZONE, **values
                )
            )
        world.locations.append(location_id)
        for room in world.part.rooms[place]:
            add_room(world.session, world.desk, location_id, room, now=world.now)


def _team(world: World, role_ids: dict[str, uuid.UUID]) -> None:
    for one in world.part.staff[1:]:
        _member(world, one, role_ids[one.role])
    for human_id in world.humans.values():
        _open_account(world.session, human_id, world.now)


def _member(world: World, one: StaffPart, role_id: uuid.UUID) -> uuid.UUID:
    world.humans[one.email] = add_member(
        world.session,
        world.desk,
        email=one.email,
        name=one.name,
        role_id=role_id,
        locale="ro",
        now=world.now,
    )
    return world.humans[one.email]


def _open_account(session: Session, human_id: uuid.UUID, now: dt.datetime) -> None:
    """The known password and second factor of a demo account."""
    set_password(session, human_id, PASSWORD)
    with scoped(session, replace(scope_of(session), human_id=human_id)):
        session.execute(
            update(Human)
            .where(Human.id == human_id)
            .values(totp_secret=TOTP_SECRET, totp_confirmed_at=now)
        )


def _specialists(world: World, role_id: uuid.UUID) -> None:
    for color, one in enumerate(world.part.specialists):
        human_id = world.humans.get(one.email)
        if human_id is None:
            human_id = _member(world, StaffPart(one.name, one.email, "specialist"), role_id)
            _open_account(world.session, human_id, world.now)
        world.specialists[one.slug] = _specialist(world, one, color, human_id)


def _specialist(world: World, one: SpecialistPart, color: int, human_id: uuid.UUID) -> uuid.UUID:
    card = SpecialistCard(
        name=one.name,
        title=one.title,
        bio=one.bio,
        email=one.email,
        time_zone=TIME_ZONE,
        location_id=world.locations[one.location],
        color=color,
        specialty_ids=frozenset(
            name_specialty(world.session, world.desk, name, "ro", now=world.now)
            for name in one.specialties
        ),
    )
    specialist_id = open_specialist(world.session, world.desk, card, now=world.now)
    connect(world.session, world.desk, specialist_id, human_id, now=world.now)
    windows = [
        WeeklyWindow(day, int(start * 60), int(end * 60))
        for day, day_windows in one.hours.items()
        for start, end in day_windows
    ]
    set_weekly_hours(world.session, world.desk, specialist_id, windows, world.now)
    return specialist_id


def _offer(world: World) -> None:
    for draft, slugs in world.part.services:
        service_id = add_service(world.session, world.desk, draft, now=world.now)
        ids = tuple(world.specialists[slug] for slug in slugs)
        qualify(world.session, world.desk, service_id, ids, now=world.now)
        for addon in ADDONS.get(draft.slug, ()):
            add_addon(world.session, world.desk, service_id, addon, now=world.now)
        calendar_id = add_calendar(
            world.session,
            world.desk,
            CalendarDraft(
                slug=draft.slug,
                service_id=service_id,
                specialist_ids=ids,
                modality="video" if draft.kind == "telerehab" else "in_person",
            ),
            now=world.now,
        )
        world.calendars[draft.slug] = calendar_view(
            world.session, world.org_id, calendar_id=calendar_id
        )


def desk_actor(org_id: uuid.UUID, kind: str = STAFF) -> Actor:
    """Somebody at the desk who may do everything."""
    return Actor(
        kind=kind,
        org_id=org_id,
        permissions=frozenset(one.code for one in all_permissions()),
    )


def operator_actor() -> Actor:
    """The operator, before anybody has signed in."""
    return Actor(kind=SYSTEM, org_id=None)
