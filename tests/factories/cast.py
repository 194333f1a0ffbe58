"""The cast that tests know by name: clinic A with its people, clinic B with a stranger, the operator.

Clinic A (Movimento): Olga owns, Ramona receives, Stefan is a physiotherapist, Petra is a patient, Carmen cares for
Petra's child David. Clinic B (Altius): Bogdan owns and knows nobody of clinic A. Oana is the operator's staff.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.kernel import crypto, flags
from app.kernel.access.actor import STAFF, Actor
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.flags.models import FeatureFlag
from app.kernel.identity.humans import create_human
from app.kernel.identity.passwords import hash_password
from app.kernel.tenancy.models import Location, Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped
from app.lib.ids import uuid7
from app.people.models import Caregiver, Patient, PatientProfile, Specialist
from tests.support.app import NOW
from tests.support.databases import DatabaseUrls

PASSWORD = "a calm river 47"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Clinic:
    """A clinic with its location."""

    id: uuid.UUID
    slug: str
    location_id: uuid.UUID


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; `patient_id` and `specialist_id` where they are one."""

    human_id: uuid.UUID
    email: str
    clinic: Clinic | None
    role: str | None = None
    patient_id: uuid.UUID | None = None
    profile_id: uuid.UUID | None = None
    specialist_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Cast:
    """Everybody by name."""

    clinic: Clinic
    other_clinic: Clinic
    olga: Person
    ramona: Person
    stefan: Person
    petra: Person
    carmen: Person
    david: Person
    bogdan: Person
    oana: Person


RECEPTION_LACKS = (
    "appointments.overbook",
    "appointments.waive",
    "audit.",
    "catalog.manage",
    "charts.",
    "events.",
    "patients.import",
    "roles.",
    "schedule.manage",
    "schedule.own",
    "settings.",
    "specialists.",
    "telerehab.",
)
SPECIALIST_LACKS = (
    "appointments.overbook",
    "appointments.waive",
    "audit.",
    "catalog.manage",
    "events.",
    "patients.import",
    "reception.",
    "roles.",
    "schedule.manage",
    "settings.",
    "specialists.",
)


@pytest.fixture
def cast(session: Session, operator: Person) -> Cast:
    """The cast, made for this test."""
    clinic, other = _clinic(session, "movimento"), _clinic(session, "altius")
    made = Cast(
        clinic=clinic,
        other_clinic=other,
        olga=_staff(session, clinic, "Olga Popescu", "owner", ()),
        ramona=_staff(session, clinic, "Ramona Ene", "reception", RECEPTION_LACKS),
        stefan=_specialist(session, clinic, "Ștefan Marin"),
        petra=_patient(session, clinic, "Petra Țânțar"),
        carmen=_caregiver(session, clinic, "Carmen Dinu", david := _child(session, clinic)),
        david=david,
        bogdan=_staff(session, other, "Bogdan Ilie", "owner", ()),
        oana=operator,
    )
    session.commit()
    return made


def staff_actor(person: Person, *, without: Sequence[str] = ()) -> Actor:
    """An actor with every permission but those with the given beginnings."""
    assert person.clinic is not None
    return Actor(
        kind=STAFF,
        org_id=person.clinic.id,
        human_id=person.human_id,
        permissions=frozenset(_permissions(without)),
        specialist_id=person.specialist_id,
    )


def _permissions(without: Sequence[str]) -> list[str]:
    return [one.code for one in all_permissions() if not one.code.startswith(tuple(without))]


def _clinic(session: Session, slug: str) -> Clinic:
    org_id, location_id = uuid7(), uuid7()
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(
            insert(Organization).values(
                id=org_id, slug=slug, name=slug.capitalize(), activated_at=NOW
            )
        )
        session.execute(
            insert(FeatureFlag),
            [
                {
                    "org_id": org_id,
                    "id": uuid7(),
                    "flag": one.code,
                    "enabled": True,
                    "changed_at": NOW,
                }
                for one in flags.known()
            ],
        )
    with scoped(session, Scope(org_id=org_id)):
        session.execute(
            insert(Location).values(
                org_id=org_id,
                id=location_id,
                name="Centru",
                city="București",
                time_zone="Europe/Bucharest",
            )
        )
    return Clinic(org_id, slug, location_id)


def _human(session: Session, name: str, *, staff: bool) -> tuple[uuid.UUID, str]:
    email = f"{name.split()[0].lower().replace('ș', 's')}@example.com"
    human_id = create_human(
        session,
        email=email,
        name=name,
        now=NOW,
        password=PASSWORD,
        totp_secret=TOTP_SECRET if staff else None,
    )
    return human_id, email


def _staff(
    session: Session, clinic: Clinic, name: str, role: str, without: Sequence[str]
) -> Person:
    human_id, email = _human(session, name, staff=True)
    role_id = uuid7()
    with scoped(session, Scope(org_id=clinic.id)):
        session.execute(
            insert(Role).values(org_id=clinic.id, id=role_id, code=role, name=role.capitalize())
        )
        granted = [
            {"org_id": clinic.id, "id": uuid7(), "role_id": role_id, "permission": code}
            for code in _permissions(without)
        ]
        session.execute(insert(RolePermission), granted)
        session.execute(
            insert(Membership).values(
                org_id=clinic.id, id=uuid7(), human_id=human_id, role_id=role_id
            )
        )
    return Person(human_id, email, clinic, role)


def _specialist(session: Session, clinic: Clinic, name: str) -> Person:
    person = _staff(session, clinic, name, "specialist", SPECIALIST_LACKS)
    specialist_id = uuid7()
    with scoped(session, Scope(org_id=clinic.id)):
        session.execute(
            insert(Specialist).values(
                org_id=clinic.id,
                id=specialist_id,
                human_id=person.human_id,
                slug="stefan-marin",
                name=name,
                time_zone="Europe/Bucharest",
                location_id=clinic.location_id,
            )
        )
    return Person(person.human_id, person.email, clinic, person.role, specialist_id=specialist_id)


def _patient(
    session: Session, clinic: Clinic, name: str, human: tuple[uuid.UUID, str] | None = None
) -> Person:
    human_id, email = human or _human(session, name, staff=False)
    return _card(session, clinic, name, human_id, email)


def _child(session: Session, clinic: Clinic) -> Person:
    return _card(session, clinic, "David Dinu", None, "")


def _card(
    session: Session, clinic: Clinic, name: str, human_id: uuid.UUID | None, email: str
) -> Person:
    profile_id, patient_id = uuid7(), uuid7()
    folded = name.lower().replace("ț", "t").replace("â", "a")
    with scoped(session, Scope(org_id=clinic.id)):
        session.execute(
            insert(PatientProfile).values(
                id=profile_id, human_id=human_id, name=name, created_at=NOW
            )
        )
        session.execute(
            insert(Patient).values(
                org_id=clinic.id,
                id=patient_id,
                profile_id=profile_id,
                name=name,
                search_name=folded,
                search_text=f"{folded} {email}",
                email=email or None,
                phone="+40722000111" if email else None,
                onboarded_at=NOW - dt.timedelta(days=30),
            )
        )
    return Person(
        human_id or uuid.UUID(int=0), email, clinic, patient_id=patient_id, profile_id=profile_id
    )


def _caregiver(session: Session, clinic: Clinic, name: str, child: Person) -> Person:
    human_id, email = _human(session, name, staff=False)
    with scoped(session, Scope(org_id=clinic.id, human_id=human_id)):
        session.execute(
            insert(Caregiver).values(
                id=uuid7(),
                human_id=human_id,
                profile_id=child.profile_id,
                relation="parent",
                created_at=NOW,
            )
        )
    return Person(human_id, email, clinic)


@pytest.fixture(scope="session")
def operator(app: Flask, database_urls: DatabaseUrls) -> Person:
    """Oana of the operator's staff, named by the owner of the tables as `flask platform add` does.

    Committed for the whole test process, because the application role cannot make such a row.
    """
    human_id, email = uuid7(), "oana@restartix.test"
    secret = crypto.ring().encrypt(TOTP_SECRET, "humans.totp_secret")
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute(
            "INSERT INTO humans (id, email, name, password_hash, totp_secret, totp_confirmed_at, "
            "is_platform_staff) VALUES (%s, %s, 'Oana Radu', %s, %s, %s, true)",
            [human_id, email, hash_password(PASSWORD), secret, NOW],
        )
    return Person(human_id, email, None, "operator")


def act(session: Session, person: Person) -> None:
    """Enter the scope that a request of this person would have."""
    enter(
        session, Scope(org_id=person.clinic.id if person.clinic else None, human_id=person.human_id)
    )
