"""From a visit's change to what lies in the patient's mailbox and phone."""

from __future__ import annotations

import base64
import datetime as dt
import uuid

import pytest
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, cancel, confirm, move, restore
from app.appointments.actions.changes import GRACE, announce
from app.appointments.actions.moving import NewTime
from app.appointments.models import Appointment
from app.consents.actions import grant
from app.integrations.models import SandboxMessage
from app.kernel.access.actor import Actor, system
from app.kernel.tenancy.scope import Scope, enter
from app.messaging.models import Delivery
from app.messaging.queries import history
from app.people.models import Patient
from app.scheduling.queries import calendar_view
from tests.appointments.test_calendar_file import component, lines_of
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("NTF-01", "NTF-02", "BOK-03")
MOVED_TO = dt.datetime(2027, 3, 4, 12, 0, tzinfo=dt.UTC)


class Desk:
    """What happens at the desk, each with the clock of the test, and what Petra gets of it."""

    def __init__(
        self,
        session: Session,
        redis: Redis,
        scene: Scene,
        cast: Cast,
        clock: FrozenClock,
        drain: DrainOutbox,
    ) -> None:
        self.session, self.redis, self.scene, self.cast = session, redis, scene, cast
        self.clock, self.drain = clock, drain
        self.actor: Actor = staff_actor(cast.ramona)
        self.read = 0

    @property
    def now(self) -> dt.datetime:
        enter(self.session, Scope(org_id=self.scene.org_id))
        return self.clock.now()

    def book(self, actor: Actor | None = None) -> uuid.UUID:
        now = self.now
        assert self.cast.petra.patient_id is not None
        calendar = calendar_view(
            self.session, self.scene.org_id, calendar_id=self.scene.calendar_id
        )
        wish = Wish(self.scene.first_free, None, "phone", "Europe/Bucharest")
        who = actor or self.actor
        patient_id = self.cast.petra.patient_id
        return book(self.session, self.redis, who, calendar, wish, patient_id, now=now).id

    def move(self, visit: uuid.UUID, starts_at: dt.datetime) -> None:
        now = self.now
        move(self.session, self.redis, self.actor, visit, NewTime(starts_at), now=now)

    def cancel(self, visit: uuid.UUID) -> None:
        cancel(self.session, self.actor, visit, reason="ill", now=self.now)

    def restore(self, visit: uuid.UUID) -> None:
        restore(self.session, self.redis, self.actor, visit, now=self.now)

    def grace_passes(self) -> list[SandboxMessage]:
        """What arrives after the undo grace has run out."""
        self.clock.advance(seconds=GRACE.total_seconds() + 1)
        return self.mail()

    def mail(self) -> list[SandboxMessage]:
        """What arrived since the last look, oldest first."""
        self.drain()
        enter(self.session, Scope(org_id=self.scene.org_id))
        found = list(self.session.scalars(select(SandboxMessage).order_by(SandboxMessage.id)))
        fresh, self.read = found[self.read :], len(found)
        return fresh


@pytest.fixture
def desk(
    session: Session,
    redis: Redis,
    scene: Scene,
    cast: Cast,
    clock: FrozenClock,
    drain_outbox: DrainOutbox,
) -> Desk:
    enter(session, Scope(org_id=scene.org_id))
    session.execute(
        update(Patient)
        .where(Patient.id == cast.petra.patient_id)
        .values(email="petra@example.test", phone="+40722123456", locale="ro")
    )
    return Desk(session, redis, scene, cast, clock, drain_outbox)


@pytest.fixture
def texts_allowed(desk: Desk) -> None:
    assert desk.cast.petra.patient_id is not None
    grant(
        desk.session,
        system(desk.scene.org_id),
        patient_id=desk.cast.petra.patient_id,
        purpose="sms_appointments",
        source="booking",
        now=NOW,
    )


def calendar_of(message: SandboxMessage) -> dict[str, str]:
    """UID, SEQUENCE, METHOD and start of the attached file."""
    (file,) = [one for one in message.attachments if one["mime"] == "text/calendar"]
    lines = lines_of(base64.b64decode(file["content"]))
    event = component(lines, "VEVENT")
    return {
        "method": component(lines, "VCALENDAR")["METHOD"][2],
        "uid": event["UID"][2],
        "sequence": event["SEQUENCE"][2],
        "start": event["DTSTART"][2],
    }


def test_a_guests_booking_is_confirmed_at_once_by_mail_and_text(
    desk: Desk, texts_allowed: None
) -> None:
    visit = desk.book(desk.scene.guest)
    mail, text = sorted(desk.mail(), key=lambda one: one.kind)
    assert mail.recipient == "petra@example.test"
    assert "Kinetoterapie" in mail.subject
    assert "12:00" in mail.body
    assert calendar_of(mail) == {
        "method": "REQUEST",
        "uid": f"{visit}@restartix",
        "sequence": "0",
        "start": "20270303T120000",
    }
    assert (text.kind, text.recipient) == ("sms", "+40722123456")
    assert "Stefan Marin" in text.body


def test_without_consent_there_is_only_the_mail(desk: Desk) -> None:
    desk.book(desk.scene.guest)
    assert [one.kind for one in desk.mail()] == ["email"]


@pytest.mark.proves("BYD-05")
def test_what_staff_do_is_told_after_the_grace(desk: Desk) -> None:
    desk.book()
    assert desk.mail() == []
    assert len(desk.grace_passes()) == 1


def test_a_visit_through_its_life(desk: Desk) -> None:
    """Booked, moved, cancelled, restored: one entry in the calendar, its sequence rising."""
    visit = desk.book()
    (booked,) = desk.grace_passes()
    desk.move(visit, MOVED_TO)
    (moved,) = desk.grace_passes()
    desk.cancel(visit)
    (cancelled,) = desk.grace_passes()
    desk.restore(visit)
    (restored,) = desk.grace_passes()
    files = [calendar_of(one) for one in (booked, moved, cancelled, restored)]
    assert {one["uid"] for one in files} == {f"{visit}@restartix"}
    assert [one["method"] for one in files] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST"]
    assert [one["sequence"] for one in files] == ["0", "1", "2", "3"]
    assert files[1]["start"] == "20270304T140000"
    assert "14:00" in moved.body
    rows = history(desk.session, desk.scene.org_id, "appointment", visit)
    templates = [row.template for row in reversed(rows)]
    assert templates == [
        "booking_confirmed",
        "booking_moved",
        "booking_cancelled",
        "booking_confirmed",
    ]


@pytest.mark.proves("BYD-05")
def test_what_is_taken_back_within_the_grace_was_never_said(desk: Desk) -> None:
    visit = desk.book()
    desk.grace_passes()
    desk.cancel(visit)
    desk.restore(visit)
    assert desk.grace_passes() == []
    desk.move(visit, MOVED_TO)
    desk.move(visit, desk.scene.first_free)
    assert desk.grace_passes() == []


@pytest.mark.proves("BYD-05")
def test_moved_before_the_booking_was_told_is_simply_booked(desk: Desk) -> None:
    visit = desk.book()
    desk.move(visit, MOVED_TO)
    (only,) = desk.grace_passes()
    assert "14:00" in only.body
    templates = desk.session.scalars(select(Delivery.template))
    assert list(templates) == ["booking_confirmed"]


@pytest.mark.proves("BYD-05")
def test_a_booking_by_mistake_is_never_told(desk: Desk) -> None:
    visit = desk.book()
    desk.cancel(visit)
    assert desk.grace_passes() == []


def test_nothing_is_told_of_a_visit_after_its_cancellation(desk: Desk) -> None:
    """The confirmation waits in the queue when the visit is cancelled: it is superseded, the cancellation leaves."""
    visit = desk.book()
    desk.grace_passes()
    desk.move(visit, MOVED_TO)
    desk.clock.advance(seconds=GRACE.total_seconds() + 1)
    desk.cancel(visit)
    (only,) = desk.grace_passes()
    assert calendar_of(only)["method"] == "CANCEL"


def test_a_step_that_nobody_is_told_of_does_not_hold_up_the_confirmation(desk: Desk) -> None:
    visit = desk.book()
    confirm(desk.session, desk.actor, visit, now=desk.now)
    (only,) = desk.grace_passes()
    assert calendar_of(only)["sequence"] == "1"


def test_an_event_heard_twice_tells_once(desk: Desk, session: Session) -> None:
    visit = desk.book(desk.scene.guest)
    desk.mail()
    enter(session, Scope(org_id=desk.scene.org_id))
    again = session.get_one(Appointment, (desk.scene.org_id, visit))
    announce(session, desk.scene.guest, again, "appointment.booked", now=desk.now)
    assert desk.mail() == []


@pytest.mark.proves("KRN-10")
def test_a_reader_in_another_zone_sees_both_clocks(desk: Desk, session: Session) -> None:
    session.execute(
        update(Patient)
        .where(Patient.id == desk.cast.petra.patient_id)
        .values(time_zone="Europe/London", locale="en")
    )
    desk.book(desk.scene.guest)
    (mail,) = desk.mail()
    assert "12:00–12:45 (Bucharest time; 3 Mar 2027, 10:00 in London)" in mail.body
