"""Arriving in a clinic: what one statement enters and reads, and that it reads nothing of anybody else (KRN-01)."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import create_engine, event, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.kernel.access.models import Membership, Role
from app.kernel.db.handle import driver_url
from app.kernel.identity.models import Human, LoginSession
from app.kernel.identity.signing_in import IDLE_LIFE, PASSWORD_TOTP, SESSION_LIFE
from app.kernel.tenancy.models import Organization
from app.kernel.tenancy.scope import NOBODY, PLATFORM_ROLE, Scope, enter, scope_of, scoped
from app.lib.ids import uuid7
from app.people.arriving import arrive
from app.people.models import Patient
from tests.factories.cast import Cast, Person
from tests.support.app import NOW
from tests.support.databases import DatabaseUrls

pytestmark = pytest.mark.proves("KRN-01", "SEC-01")


def _login(session: Session, person: Person) -> tuple[uuid.UUID, uuid.UUID]:
    """A login that the person has just opened, as a cookie names it."""
    opened = uuid7()
    with scoped(session, Scope(human_id=person.human_id)):
        session.execute(
            insert(LoginSession).values(
                id=opened,
                human_id=person.human_id,
                method=PASSWORD_TOTP,
                created_at=NOW,
                last_seen_at=NOW,
                expires_at=NOW + SESSION_LIFE,
            )
        )
    return opened, person.human_id


def _where(session: Session) -> tuple[str, str, str]:
    """The scope as the database has it."""
    row = session.execute(
        text(
            "SELECT current_setting('app.org_id', true), current_setting('app.human_id', true), current_user"
        )
    ).one()
    return row[0] or "", row[1] or "", row[2]


def _patients(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_staff_arrive_with_what_they_may_do(session: Session, cast: Cast):
    clinic, here = arrive(session, cast.clinic.slug, _login(session, cast.stefan), NOW)
    assert clinic is not None
    assert here is not None
    assert here.access is not None
    assert (clinic.id, clinic.slug) == (cast.clinic.id, cast.clinic.slug)
    assert here.human.email == cast.stefan.email
    assert here.access.role_code == "specialist"
    assert "appointments.view" in here.access.permissions
    assert here.specialist_id == cast.stefan.specialist_id
    assert [place.id for place in here.locations] == [cast.clinic.location_id]
    assert not here.support_inside


def test_the_clinic_is_what_its_row_says(session: Session, cast: Cast):
    clinic, _ = arrive(session, cast.clinic.slug, None, NOW)
    assert clinic is not None
    row = session.get_one(Organization, cast.clinic.id)
    names = list(type(clinic).__slots__)
    assert [getattr(clinic, name) for name in names] == [getattr(row, name) for name in names]


def test_a_change_shows_at_the_next_arrival(session: Session, cast: Cast):
    named = _login(session, cast.ramona)
    _, before = arrive(session, cast.clinic.slug, named, NOW)
    other = select(Role.id).where(Role.code == "specialist").scalar_subquery()
    session.execute(
        update(Membership)
        .where(Membership.human_id == cast.ramona.human_id)
        .values(role_id=other)
        .execution_options(synchronize_session=False)
    )
    session.execute(update(Organization).values(name="Renamed"))
    clinic, after = arrive(session, cast.clinic.slug, named, NOW)
    assert before is not None
    assert after is not None
    assert before.access is not None
    assert after.access is not None
    assert (before.access.role_code, after.access.role_code) == ("reception", "specialist")
    assert clinic is not None
    assert clinic.name == "Renamed"


def test_the_scope_is_entered_from_any_other(session: Session, cast: Cast):
    named = _login(session, cast.olga)
    for before in (NOBODY, Scope(org_id=cast.other_clinic.id), Scope(role=PLATFORM_ROLE)):
        enter(session, before)
        arrive(session, cast.clinic.slug, named, NOW)
        assert scope_of(session) == Scope(org_id=cast.clinic.id, human_id=cast.olga.human_id)
        expected = (str(cast.clinic.id), str(cast.olga.human_id), "restartix_app")
        assert _where(session) == expected
        assert _patients(session) == 2


def test_nobody_signed_in_sees_the_clinic_and_no_person(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.other_clinic.id, human_id=cast.bogdan.human_id))
    clinic, here = arrive(session, cast.clinic.slug, None, NOW)
    assert (clinic is not None, here) == (True, None)
    assert scope_of(session) == Scope(org_id=cast.clinic.id)
    assert _where(session) == (str(cast.clinic.id), "", "restartix_app")


def test_no_such_clinic_shows_nothing(session: Session, cast: Cast):
    enter(session, Scope(org_id=cast.clinic.id))
    assert arrive(session, "nobody-here", None, NOW) == (None, None)
    assert scope_of(session) == NOBODY
    assert _where(session)[:2] == ("", "")
    assert _patients(session) == 0


def test_a_draft_does_not_exist(session: Session, cast: Cast):
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(
            update(Organization).where(Organization.id == cast.clinic.id).values(activated_at=None)
        )
    named = _login(session, cast.olga)
    assert arrive(session, cast.clinic.slug, named, NOW) == (None, None)
    assert _where(session)[0] == ""


def test_staff_of_another_clinic_are_nothing_here(session: Session, cast: Cast):
    clinic, here = arrive(session, cast.clinic.slug, _login(session, cast.bogdan), NOW)
    assert clinic is not None
    assert here is not None
    assert here.human.id == cast.bogdan.human_id
    assert (here.access, here.specialist_id, here.locations) == (None, None, ())


def test_somebody_elses_login_is_none(session: Session, cast: Cast):
    """A cookie that names the login of one person and another person is forged or broken."""
    login, _ = _login(session, cast.olga)
    _, here = arrive(session, cast.clinic.slug, (login, cast.stefan.human_id), NOW)
    assert here is None
    assert scope_of(session) == Scope(org_id=cast.clinic.id)


@pytest.mark.parametrize("end", ["ended", "expired", "idle", "disabled", "unknown"])
def test_a_login_that_ended_leaves_the_clinic_alone(session: Session, cast: Cast, end: str):
    login, human = _login(session, cast.olga)
    changes: dict[str, dict[str, dt.datetime]] = {
        "ended": {"ended_at": NOW},
        "expired": {"expires_at": NOW},
        "idle": {"last_seen_at": NOW - IDLE_LIFE},
    }
    with scoped(session, Scope(human_id=human)):
        if end in changes:
            session.execute(
                update(LoginSession).where(LoginSession.id == login).values(**changes[end])
            )
        elif end == "disabled":
            session.execute(update(Human).where(Human.id == human).values(disabled_at=NOW))
    named = (uuid7() if end == "unknown" else login, human)
    clinic, here = arrive(session, cast.clinic.slug, named, NOW)
    assert (clinic is not None, here) == (True, None)
    assert scope_of(session) == Scope(org_id=cast.clinic.id)
    assert _where(session) == (str(cast.clinic.id), "", "restartix_app")


def test_whoever_left_the_clinic_works_there_no_more(session: Session, cast: Cast):
    named = _login(session, cast.ramona)
    with scoped(session, Scope(org_id=cast.clinic.id)):
        session.execute(
            update(Membership)
            .where(Membership.human_id == cast.ramona.human_id)
            .values(deactivated_at=NOW)
        )
    _, here = arrive(session, cast.clinic.slug, named, NOW)
    assert here is not None
    assert (here.access, here.locations) == (None, ())


def test_a_login_in_use_is_noted_once_a_minute(session: Session, cast: Cast):
    named = _login(session, cast.olga)
    seen = []
    for seconds in (30, 90):
        arrive(session, cast.clinic.slug, named, NOW + dt.timedelta(seconds=seconds))
        seen.append(
            session.scalar(select(LoginSession.last_seen_at).where(LoginSession.id == named[0]))
        )
    assert seen == [NOW, NOW + dt.timedelta(seconds=90)]


def test_arriving_is_the_first_statement_and_the_only_one(database_urls: DatabaseUrls):
    engine = create_engine(driver_url(database_urls.app))
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with Session(engine) as own:
        arrive(own, "nobody-here", None, NOW)
    engine.dispose()
    own_words = [one for one in asked if "arrive(" in one or "set_config" in one]
    assert own_words == asked[-1:]
