"""A patient's card: age, family, what is due, planned and waited for; correcting it beside others who do the same."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.appointments.models import Course, VisitCharge
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Caregiver, Patient, PatientProfile
from tests.factories.cast import Cast
from tests.factories.desk import asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

DESK = "/movimento/console"
PATIENTS = f"{DESK}/patients"


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return signed_in(cast.ramona)


def card(**changes: str) -> dict[str, str]:
    return {"name": "Ilinca Dan", "phone": "0733 222 111", "email": "", "locale": "ro"} | changes


def sent_from(page: TestResponse, fields: dict[str, str]) -> dict[str, str]:
    """The fields with the mark of the page on which they were typed."""
    mark = page.text.split('name="seen" type="hidden" value="')[1].split('"')[0]
    return {**fields, "seen": mark}


def words(page: TestResponse) -> str:
    return " ".join(page.text.replace("\xa0", " ").split())


def named(session: Session, scene: Scene, name: str) -> int:
    with scoped(session, Scope(org_id=scene.org_id)):
        return len(session.scalars(select(Patient.id).where(Patient.name == name)).all())


def _profile_of(session: Session, scene: Scene, patient_id: uuid.UUID | None) -> Any:
    with scoped(session, Scope(org_id=scene.org_id)):
        return session.execute(
            select(PatientProfile.birth_date, PatientProfile.human_id)
            .join(Patient, Patient.profile_id == PatientProfile.id)
            .where(Patient.id == patient_id)
        ).one()


def test_a_date_of_birth_is_shown_with_the_age_and_corrected(
    session: Session, desk: BrowserClient, scene: Scene
) -> None:
    made = desk.post(f"{PATIENTS}/new", data=card(birth_date="1980-03-04"))
    address = made.headers["Location"]
    assert "4 Mar 1980 · 46 years" in words(desk.get(address))
    fields = sent_from(desk.get(f"{address}/edit"), card(birth_date="1980-03-03"))
    assert desk.post(f"{address}/edit", data=fields).status_code == 303
    assert "3 Mar 1980 · 47 years" in words(desk.get(address))
    refused = sent_from(desk.get(f"{address}/edit"), card(birth_date="2999-01-01"))
    assert "cannot be right" in desk.post(f"{address}/edit", data=refused).text
    with scoped(session, Scope(org_id=scene.org_id)):
        told = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "patients.change_contact")
        ).one()
    assert (told.before["birth_date"], told.after["birth_date"]) == ("1980-03-04", "1980-03-03")


@pytest.mark.proves("CNS-05")
def test_who_signs_in_keeps_the_own_date_of_birth(
    session: Session, desk: BrowserClient, cast: Cast, scene: Scene
) -> None:
    patient = cast.petra.patient_id
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(
            update(PatientProfile)
            .where(PatientProfile.id == cast.petra.profile_id)
            .values(birth_date=dt.date(1990, 5, 6))
        )
        session.commit()
    assert _profile_of(session, scene, patient).human_id == cast.petra.human_id
    assert "1990" not in desk.get(f"{PATIENTS}/{patient}").text
    edit = desk.get(f"{PATIENTS}/{patient}/edit")
    assert "birth_date" not in edit.text
    fields = sent_from(edit, card(name="Petra Țânțar", birth_date="1970-01-01"))
    assert desk.post(f"{PATIENTS}/{patient}/edit", data=fields).status_code == 303
    assert _profile_of(session, scene, patient).birth_date == dt.date(1990, 5, 6)


def test_a_card_that_changed_meanwhile_is_not_overwritten_unseen(
    session: Session, desk: BrowserClient, cast: Cast, scene: Scene
) -> None:
    """Two tabs on one card: the second is told, keeps what was typed, and may then say it again."""
    address = f"{PATIENTS}/{cast.petra.patient_id}/edit"
    first, second = desk.get(address), desk.get(address)
    assert desk.post(address, data=sent_from(first, card(name="Petra Unu"))).status_code == 303
    late = desk.post(address, data=sent_from(second, card(name="Petra Doi")))
    assert late.status_code == 409
    assert "Somebody else changed this meanwhile" in late.text
    assert 'value="Petra Doi"' in late.text
    assert named(session, scene, "Petra Doi") == 0
    assert desk.post(address, data=sent_from(late, card(name="Petra Doi"))).status_code == 303
    assert named(session, scene, "Petra Doi") == 1


@pytest.mark.proves("KRN-02")
def test_a_child_is_reached_through_who_cares_for_it(
    session: Session, desk: BrowserClient, cast: Cast, scene: Scene, redis: Redis
) -> None:
    """Petra cares for a child who has neither phone nor e-mail: both cards and the child's visit say so."""
    with scoped(session, Scope(org_id=scene.org_id)):
        session.add(
            Caregiver(
                human_id=cast.petra.human_id, profile_id=cast.david.profile_id, relation="guardian"
            )
        )
        session.commit()
    child = words(desk.get(f"{PATIENTS}/{cast.david.patient_id}"))
    assert "Cared for by" in child
    assert "Petra Țânțar</a>, guardian" in child
    assert "0722 000 111" in child
    adult = desk.get(f"{PATIENTS}/{cast.petra.patient_id}").text
    assert "Cares for" in adult
    assert str(cast.david.patient_id) in adult
    visit = book_for(session, redis, scene, cast, patient_id=cast.david.patient_id)
    panel = desk.get(f"{DESK}/visits/{visit.id}").text
    assert "Cared for by" in panel
    assert panel.count(f"mailto:{cast.petra.email}") <= 1, "as theirs who care, not as the child's"
    assert "No phone and no e-mail" not in panel


def test_the_card_says_what_is_due_planned_and_waited_for(
    session: Session,
    desk: BrowserClient,
    cast: Cast,
    scene: Scene,
    redis: Redis,
    count_queries: CountQueries,
) -> None:
    patient = cast.petra.patient_id
    visit = book_for(session, redis, scene, cast)
    with scoped(session, Scope(org_id=scene.org_id)):
        course = Course(
            org_id=scene.org_id, patient_id=patient, calendar_id=scene.calendar_id, planned=8
        )
        session.add_all(
            [
                course,
                VisitCharge(
                    org_id=scene.org_id,
                    appointment_id=visit.id,
                    version=1,
                    what="no_show",
                    amount_minor=5000,
                    currency="RON",
                    session_lost=False,
                    starts_at=visit.starts_at,
                    price_minor=20000,
                    terms={},
                ),
            ]
        )
        session.commit()
    wish = {"calendar": str(scene.calendar_id), "specialist": "", "weekdays": ["0"], "parts": ["2"]}
    desk.post(f"{PATIENTS}/{patient}/wait", data=wish)
    with count_queries() as asked:
        text = words(desk.get(f"{PATIENTS}/{patient}"))
    assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))
    assert "Still due" in text
    assert "RON 50.00" in text
    assert "Course of 8 visits" in text
    assert f"/courses/{course.id}" in text
    assert "Waits for" in text


def test_forms_of_a_patient_are_not_those_of_a_namesake(
    session: Session, desk: BrowserClient, cast: Cast, scene: Scene
) -> None:
    text = desk.get(f"{PATIENTS}/{cast.petra.patient_id}").text
    assert f"/forms?patient={cast.petra.patient_id}" in text
    assert desk.get(f"{DESK}/forms?patient={cast.petra.patient_id}").status_code == 200
    assert desk.get(f"{DESK}/forms?patient=nobody").status_code == 404
