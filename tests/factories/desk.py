"""What tests of the desk start from: a visit that stands in the scene's calendar, and who is at the desk."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from redis import Redis
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book
from app.appointments.models import Appointment
from app.kernel.access.actor import STAFF, Actor, Origin
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.identity import signing_in
from app.kernel.identity.humans import create_human
from app.kernel.identity.models import Human
from app.kernel.identity.signing_in import PASSWORD_TOTP, Attempt
from app.kernel.tenancy.models import Location
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from app.lib.text import fold
from app.people.models import Patient
from app.scheduling.actions import add_room
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient
from tests.support.queries import Counted


@dataclass(frozen=True)
class Booked:
    """A visit as it was booked; plain values, since a refused request rolls rows of the session back."""

    id: uuid.UUID
    org_id: uuid.UUID
    patient_id: uuid.UUID
    reference: str
    starts_at: dt.datetime
    ends_at: dt.datetime


def book_for(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    at: dt.datetime | None = None,
    patient_id: uuid.UUID | None = None,
    note: str = "",
) -> Booked:
    """A visit of Petra (or another) booked by the reception and committed; by default at the first free time."""
    with scoped(session, Scope(org_id=scene.org_id)):
        calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
        wish = Wish(
            at or scene.first_free, scene.specialist_id, "phone", "Europe/Bucharest", note=note
        )
        patient = patient_id or cast.petra.patient_id
        assert patient is not None
        made = book(session, redis, staff_actor(cast.ramona), calendar, wish, patient, now=NOW)
        booked = Booked(
            made.id, made.org_id, made.patient_id, made.reference, made.starts_at, made.ends_at
        )
        session.commit()
    return booked


def add_people(session: Session, org_id: uuid.UUID, names: list[str]) -> list[uuid.UUID]:
    """Patients of the clinic with these names and mobile numbers in a row, committed."""
    ids = [uuid7() for _ in names]
    with scoped(session, Scope(org_id=org_id)):
        session.execute(
            insert(Patient),
            [
                {
                    "org_id": org_id,
                    "id": id_,
                    "number": 1000 + place,
                    "name": name,
                    "search_name": fold(name),
                    "search_text": f"{fold(name)} 407{place:08} 07{place:08}",
                    "phone": f"+407{place:08}",
                    "onboarded_at": NOW,
                    "created_at": NOW,
                }
                for place, (id_, name) in enumerate(zip(ids, names, strict=True))
            ],
        )
        session.commit()
    return ids


def reload(session: Session, visit: Booked) -> Appointment:
    """The visit as the database holds it now."""
    with scoped(session, Scope(org_id=visit.org_id)):
        return session.get_one(Appointment, (visit.org_id, visit.id), populate_existing=True)


def reception(
    app: Flask, session: Session, org_id: uuid.UUID, now: dt.datetime
) -> tuple[Actor, str]:
    """A receptionist with every permission, and the cookie of a browser in which they are signed in; committed."""
    human_id, role_id = (
        create_human(session, email="r@example.com", name="Ramona Ene", now=now),
        uuid7(),
    )
    codes = [one.code for one in all_permissions()]
    with scoped(session, Scope(org_id=org_id, human_id=human_id)):
        session.execute(insert(Role).values(org_id=org_id, id=role_id, code="desk", name="Desk"))
        granted = [
            {"org_id": org_id, "id": uuid7(), "role_id": role_id, "permission": code}
            for code in codes
        ]
        session.execute(insert(RolePermission), granted)
        member = {"org_id": org_id, "id": uuid7(), "human_id": human_id, "role_id": role_id}
        session.execute(insert(Membership).values(member))
        human = session.get_one(Human, human_id)
        tried = Attempt(org_id, Origin(), now)
        opened = signing_in.open_session(session, human, PASSWORD_TOTP, tried)
        login = f"{opened.id}:{human_id}"
        session.commit()
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    actor = Actor(STAFF, org_id, human_id, permissions=frozenset(codes))
    return actor, str(serializer.dumps({"_user_id": login, "_fresh": True}))


def english(browser: BrowserClient) -> BrowserClient:
    """The browser of somebody who reads English, whatever the account says."""
    browser.set_cookie("lang", "en")
    return browser


def asked_for(counted: Counted) -> list[str]:
    """The statements that ask for rows or write them, without those that only set the scope."""
    return [
        one
        for one in counted.statements
        if "set_config" not in one and not one.startswith("SET LOCAL ROLE")
    ]


def room_of(session: Session, scene: Scene, cast: Cast, visit: Booked) -> uuid.UUID:
    """A room at the specialist's location; the visit is in it."""
    with scoped(session, Scope(org_id=scene.org_id)):
        location = session.scalars(select(Location.id)).first()
        assert location is not None
        room_id = add_room(
            session, staff_actor(cast.ramona), location, "Cabinet 2", kind="room", now=NOW
        )
        session.execute(
            update(Appointment).where(Appointment.id == visit.id).values(room_id=room_id)
        )
        session.commit()
    return room_id
