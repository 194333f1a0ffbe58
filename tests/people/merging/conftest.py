"""Cards with rows of every table that follows them, and their state as a merge must find and leave it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from app.people.actions import Contact, add_guest, add_patient
from app.people.models import Patient, PatientProfile
from app.tables import metadata
from tests.factories.cast import Cast, staff_actor
from tests.factories.rows import RowMaker
from tests.support.app import NOW

FOLLOWING = ("appointments", "courses", "pose_sessions", "form_instances", "waiting_entries")
STAYING = ("consents",)


@dataclass
class Drawer:
    """A drawer of cards of clinic A, by number."""

    session: Session
    actor: Actor
    rows: RowMaker
    cards: list[uuid.UUID] = field(default_factory=list)

    @property
    def org_id(self) -> uuid.UUID:
        return self.actor.clinic

    def add(
        self,
        name: str = "Ana Pop",
        phone: str | None = "+40722000001",
        email: str | None = None,
        *,
        known: bool = False,
    ) -> uuid.UUID:
        """A card; `known` ones have a number and a profile."""
        make = add_patient if known else add_guest
        with scoped(self.session, Scope(org_id=self.org_id)):
            made = make(self.session, self.actor, Contact(name, email, phone), NOW)
        self.cards.append(made)
        return made

    def fill(self, patient_id: uuid.UUID, tables: tuple[str, ...] = FOLLOWING + STAYING) -> None:
        """A row of each table for a card."""
        for name in tables:
            self.rows.add(metadata.tables[name], patient_id=patient_id)

    def give_login(self, patient_id: uuid.UUID, human_id: uuid.UUID) -> None:
        with scoped(self.session, Scope(org_id=self.org_id)):
            profile = self.session.scalar(
                select(Patient.profile_id).where(Patient.id == patient_id)
            )
            self.session.execute(
                update(PatientProfile).where(PatientProfile.id == profile).values(human_id=human_id)
            )

    def give_profile(self, patient_id: uuid.UUID, human_id: uuid.UUID) -> None:
        """As a guest who claimed a card has one."""
        profile_id = uuid7()
        with scoped(self.session, Scope(org_id=self.org_id)):
            self.session.execute(
                insert(PatientProfile).values(id=profile_id, human_id=human_id, name="A guest")
            )
            self.session.execute(
                update(Patient).where(Patient.id == patient_id).values(profile_id=profile_id)
            )

    def whose(self, name: str) -> dict[uuid.UUID, uuid.UUID]:
        """Each row of a table, and on which card it stands."""
        table = metadata.tables[name]
        with scoped(self.session, Scope(org_id=self.org_id)):
            found = self.session.execute(
                select(table.c.id, table.c.patient_id).where(table.c.patient_id.in_(self.cards))
            )
            return {row.id: row.patient_id for row in found}

    def state(self) -> dict[str, Any]:
        """Everything that a merge could touch."""
        table = metadata.tables["patients"]
        with scoped(self.session, Scope(org_id=self.org_id)):
            rows = self.session.execute(select(table).where(table.c.id.in_(self.cards)))
            cards = {row.id: dict(row._mapping) for row in rows}
        return {"cards": cards, **{name: self.whose(name) for name in FOLLOWING + STAYING}}


@pytest.fixture
def drawer(session: Session, cast: Cast) -> Drawer:
    return Drawer(
        session,
        staff_actor(cast.ramona),
        RowMaker(session, cast.clinic.id, cast.ramona.human_id),
    )
