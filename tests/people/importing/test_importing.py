"""An import from the file to the cards and back: nothing before it is started, nothing twice, nothing invented."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.consents.models import Consent
from app.kernel.access.actor import Actor
from app.kernel.audit.models import AuditEvent
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import Scope, enter
from app.lib.csv_reading import read_sheet
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.people.actions import Contact, add_guest, add_patient, change_contact
from app.people.importing import actions, working
from app.people.importing.jobs import forget
from app.people.importing.models import ImportRow, PatientImport
from app.people.importing.queries import counts, one_import, rows_to_correct
from app.people.models import Patient, PatientProfile
from tests.factories.cast import Cast, staff_actor
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("BYD-09")
HEADER = "Nume;Telefon;Email;Data nașterii;CNP"
ANA = "Ana Pop;0722000001;ana@x.ro;14.03.1985;"
ION = "Ion Rus;0722000002;;;"


@pytest.fixture
def owner(session: Session, cast: Cast) -> Actor:
    actor = staff_actor(cast.ramona)
    enter(session, Scope(org_id=actor.clinic))
    return actor


def brought(session: Session, actor: Actor, *lines: str, lenient: bool = False) -> uuid.UUID:
    """A file, uploaded and looked at."""
    raw = "\n".join([HEADER, *lines]).encode()
    sheet = read_sheet(raw, max_rows=actions.MAX_ROWS)
    import_id = actions.begin(session, actor, "pacienti.csv", raw, sheet, now=NOW)
    mapping = one_import(session, actor.clinic, import_id).mapping
    actions.look(session, actor, import_id, mapping, lenient=lenient, now=NOW)
    return import_id


def run(
    session: Session, actor: Actor, import_id: uuid.UUID, drain: DrainOutbox, known: str = "leave"
) -> PatientImport:
    actions.start(session, actor, import_id, known=known, now=NOW)
    drain()
    return seen(session, actor, import_id)


def seen(session: Session, actor: Actor, import_id: uuid.UUID) -> PatientImport:
    enter(session, Scope(org_id=actor.clinic))
    found = one_import(session, actor.clinic, import_id)
    session.refresh(found)
    return found


def card(session: Session, name: str) -> Patient:
    return session.scalars(
        select(Patient).where(Patient.name == name, Patient.deleted_at.is_(None))
    ).one()


def many(session: Session, what: type[Patient | Consent | OutboxEvent]) -> int:
    return session.scalar(select(func.count()).select_from(what)) or 0


def test_nothing_is_written_before_the_import_is_started(session: Session, owner: Actor) -> None:
    before = many(session, Patient)
    import_id = brought(session, owner, ANA, ION, "Ana  POP;0722000001;;;", ";0722000009;;;")
    assert counts(session, owner.clinic, import_id) == {"new": 2, "double": 1, "invalid": 1}
    assert many(session, Patient) == before
    rows = session.scalars(select(ImportRow).order_by(ImportRow.line)).all()
    assert [(row.line, row.verdict, row.double_of) for row in rows] == [
        (2, "new", None),
        (3, "new", None),
        (4, "double", 2),
        (5, "invalid", None),
    ]


def test_cards_profiles_and_numbers_and_no_consent(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    consents = many(session, Consent)
    import_id = brought(session, owner, ANA, ION)
    found = run(session, owner, import_id, drain_outbox)
    assert (found.state, found.tally) == ("done", {"added": 2})
    ana, ion = card(session, "Ana Pop"), card(session, "Ion Rus")
    assert (ana.phone, ana.email, ana.onboarded_at) == ("+40722000001", "ana@x.ro", NOW)
    assert ion.number == (ana.number or 0) + 1
    profile = session.get(PatientProfile, ana.profile_id)
    assert profile is not None
    assert profile.birth_date == dt.date(1985, 3, 14)
    assert many(session, Consent) == consents
    trail = session.scalars(
        select(AuditEvent.action).where(AuditEvent.actor_human_id == owner.human_id)
    )
    assert {"patients.import", "patients.import_card"} <= set(trail)


def test_cells_are_sealed_and_a_personal_number_is_kept_sealed(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    import_id = brought(session, owner, "Ana Pop;;;;1850314400010", "Eva Pop;;;;2850314400011")
    kept = counts(session, owner.clinic, import_id)
    assert kept.get("invalid", 0) + kept.get("new", 0) == 2
    raw = (
        session.connection()
        .exec_driver_sql("SELECT cells FROM patient_import_rows")
        .scalars()
        .all()
    )
    assert all(b"Pop" not in bytes(one) for one in raw)


def test_who_is_known_is_left_completed_or_added_as_decided(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    ids = [
        add_patient(session, owner, Contact(name, None, phone), NOW)
        for name, phone in (
            ("Ana Pop", "+40722000001"),
            ("Ion Rus", "+40722000002"),
            ("Eva Dan", "+40722000003"),
        )
    ]
    import_id = brought(
        session,
        owner,
        ANA,
        "Ion Rus;0722000002;ion@x.ro;;",
        "Eva Dan;0722000003;eva@x.ro;1.2.1990;",
    )
    assert counts(session, owner.clinic, import_id) == {"known": 3}
    actions.decide(session, owner, import_id, {2: "add", 4: "leave", 3: "nonsense", 99: "add"})
    found = run(session, owner, import_id, drain_outbox, known="fill")
    assert found.tally == {"added": 1, "filled": 1, "left": 1}
    cards = [session.get_one(Patient, (owner.clinic, one)) for one in ids]
    assert [one.email for one in cards] == [None, "ion@x.ro", None]
    assert len(session.scalars(select(Patient).where(Patient.name == "Ana Pop")).all()) == 2


def test_a_wrong_cell_stops_its_row_unless_it_shall_be_left_out(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    strict = brought(session, owner, "Ana Pop;021 300 4000;ana@x.ro;;")
    assert counts(session, owner.clinic, strict) == {"invalid": 1}
    lenient = brought(session, owner, "Ana Pop;021 300 4000;ana@x.ro;;", lenient=True)
    assert counts(session, owner.clinic, lenient) == {"new": 1}
    assert len(rows_to_correct(session, owner.clinic, lenient)) == 1
    run(session, owner, lenient, drain_outbox)
    assert card(session, "Ana Pop").phone is None


def test_who_came_meanwhile_is_not_added_again(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    import_id = brought(session, owner, ANA, ION)
    add_guest(session, owner, Contact("Pop Ana", "ana@x.ro", "+40722000001"), NOW)
    assert run(session, owner, import_id, drain_outbox).tally == {"added": 1, "left": 1}


def test_the_same_file_again_adds_nobody(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    run(session, owner, brought(session, owner, ANA, ION, "Only Name;;;;"), drain_outbox)
    again = brought(session, owner, ANA, ION, "Only Name;;;;")
    assert counts(session, owner.clinic, again) == {"known": 3}


def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(
    session: Session,
    owner: Actor,
    drain_outbox: DrainOutbox,
    test_sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
    clock: FrozenClock,
) -> None:
    monkeypatch.setattr(working, "BATCH_ROWS", 2)
    import_id = brought(session, owner, *(f"Ana Pop{n};07220000{n:02d};;;" for n in range(7)))
    actions.start(session, owner, import_id, known="leave", now=NOW)
    session.commit()
    with test_sessions() as killed:
        enter(killed, Scope(org_id=owner.clinic))
        working.bring_in(killed, owner.clinic, import_id, NOW)
        killed.rollback()
    with test_sessions() as woken_twice:
        enter(woken_twice, Scope(org_id=owner.clinic))
        working.bring_in(woken_twice, owner.clinic, import_id, NOW)
        woken_twice.commit()
    drain_outbox()
    found = seen(session, owner, import_id)
    assert (found.state, found.tally) == ("done", {"added": 7})
    numbers = session.scalars(select(Patient.number).where(Patient.name.like("Ana Pop%"))).all()
    assert len(set(numbers)) == 7


def test_an_import_that_stands_still_can_be_woken(session: Session, owner: Actor) -> None:
    import_id = brought(session, owner, ANA)
    actions.start(session, owner, import_id, known="leave", now=NOW)
    with pytest.raises(Conflict):
        actions.go_on(session, owner, import_id, now=NOW)
    events = many(session, OutboxEvent)
    actions.go_on(session, owner, import_id, now=NOW + actions.STALLED)
    assert many(session, OutboxEvent) == events + 1


def test_a_large_file_is_looked_at_by_the_worker(
    session: Session, owner: Actor, drain_outbox: DrainOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 1)
    import_id = brought(session, owner, ANA, ION)
    assert one_import(session, owner.clinic, import_id).state == "checking"
    drain_outbox()
    assert seen(session, owner, import_id).state == "checked"
    assert counts(session, owner.clinic, import_id) == {"new": 2}


def test_taken_back_as_far_as_nothing_was_built(
    session: Session, owner: Actor, cast: Cast, drain_outbox: DrainOutbox
) -> None:
    eva = add_patient(session, owner, Contact("Eva Dan", None, "+40722000003"), NOW)
    import_id = brought(
        session, owner, ANA, ION, "Dan Ilie;0722000004;;;", "Eva Dan;0722000003;eva@x.ro;2.2.1990;"
    )
    run(session, owner, import_id, drain_outbox, known="fill")
    ion, ana = card(session, "Ion Rus"), card(session, "Ana Pop")
    change_contact(session, owner, ion.id, Contact("Ion Rus", "new@x.ro", ion.phone), NOW)
    session.add(
        ImportRow(org_id=owner.clinic, import_id=import_id, line=99, cells="[]", match_id=ana.id)
    )
    merged = card(session, "Dan Ilie")
    actions.take_back(session, owner, import_id, now=NOW)
    drain_outbox()
    found = seen(session, owner, import_id)
    assert found.state == "undone"
    assert (found.tally["undone"], found.tally["kept"]) == (3, 1)
    gone = session.get_one(Patient, (owner.clinic, merged.id), populate_existing=True)
    profile = session.get_one(PatientProfile, gone.profile_id, populate_existing=True)
    assert (gone.name, gone.phone, gone.number, profile.name) == ("–", None, None, "–")
    assert gone.deleted_at is not None
    assert card(session, "Ion Rus").deleted_at is None
    card_of_eva = session.get_one(Patient, (owner.clinic, eva), populate_existing=True)
    assert card_of_eva.email is None
    assert "eva@x.ro" not in card_of_eva.search_text
    with pytest.raises(Conflict):
        actions.take_back(session, owner, import_id, now=NOW)


def test_after_thirty_days_it_stays_and_what_the_file_said_is_forgotten(
    session: Session, owner: Actor, drain_outbox: DrainOutbox
) -> None:
    import_id = brought(session, owner, ANA)
    unused = brought(session, owner, ION)
    run(session, owner, import_id, drain_outbox)
    assert forget(session, NOW + dt.timedelta(days=6)) == 0
    assert forget(session, NOW + dt.timedelta(days=8)) == 1
    assert one_import(session, owner.clinic, unused).state == "discarded"
    later = NOW + dt.timedelta(days=31)
    with pytest.raises(Expired):
        actions.take_back(session, owner, import_id, now=later)
    assert forget(session, later) == 1
    assert counts(session, owner.clinic, import_id) == {}
    assert card(session, "Ana Pop").deleted_at is None


def test_steps_out_of_turn_are_refused(session: Session, owner: Actor) -> None:
    import_id = brought(session, owner, ANA)
    with pytest.raises(Invalid):
        actions.start(session, owner, import_id, known="nonsense", now=NOW)
    with pytest.raises(NotFound):
        actions.start(session, owner, uuid.uuid4(), known="leave", now=NOW)
    actions.start(session, owner, import_id, known="leave", now=NOW)
    for step in (
        lambda: actions.start(session, owner, import_id, known="leave", now=NOW),
        lambda: actions.decide(session, owner, import_id, {2: "add"}),
        lambda: actions.discard(session, owner, import_id, now=NOW),
        lambda: actions.take_back(session, owner, import_id, now=NOW),
    ):
        with pytest.raises(Conflict):
            step()


def test_a_file_that_only_names_its_columns(session: Session, owner: Actor) -> None:
    sheet = read_sheet(HEADER.encode(), max_rows=9)
    with pytest.raises(Invalid):
        actions.begin(session, owner, "a.csv", b"x", sheet, now=NOW)
