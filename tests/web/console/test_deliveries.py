"""The messages of a visit at the desk: history, once more, and who may."""

from __future__ import annotations

import uuid

import pytest
from redis import Redis
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.appointments.actions import Wish, book, cancel
from app.kernel.access.models import Role, RolePermission
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, enter
from app.messaging.models import Delivery
from app.messaging.permissions import RESEND
from app.people.models import Patient
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast, staff_actor
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("NTF-01")


@pytest.fixture
def visit(
    session: Session, redis: Redis, scene: Scene, cast: Cast, drain_outbox: DrainOutbox
) -> uuid.UUID:
    """A visit of Petra that was confirmed to her by mail."""
    enter(session, Scope(org_id=scene.org_id))
    patient_id = cast.petra.patient_id
    assert patient_id is not None
    session.execute(
        update(Patient).where(Patient.id == patient_id).values(email="petra@example.test")
    )
    calendar = calendar_view(session, scene.org_id, calendar_id=scene.calendar_id)
    wish = Wish(scene.first_free, None, "online", "Europe/Bucharest")
    visit_id = book(session, redis, scene.guest, calendar, wish, patient_id, now=NOW).id
    drain_outbox()
    return visit_id


def deliveries(session: Session, cast: Cast) -> list[Delivery]:
    enter(session, Scope(org_id=cast.clinic.id))
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def pages(session: Session, cast: Cast, visit: uuid.UUID) -> tuple[str, str]:
    """Where the history is read, and where the first message is sent again."""
    base = "/movimento/console"
    first = deliveries(session, cast)[0].id
    return f"{base}/appointments/{visit}/messages", f"{base}/deliveries/{first}/resend"


def test_a_message_is_sent_again(
    signed_in: SignIn, session: Session, cast: Cast, visit: uuid.UUID, drain_outbox: DrainOutbox
) -> None:
    history, resend = pages(session, cast, visit)
    ramona = signed_in(cast.ramona)
    assert "petra@example.test" in ramona.get(history).text
    assert resend in ramona.fragment(history).text
    response = ramona.post(resend)
    assert (response.status_code, response.headers["Location"]) == (303, history)
    assert ramona.post(resend).status_code == 409, "it is on its way already"
    drain_outbox()
    assert [one.state for one in deliveries(session, cast)] == ["sent", "sent"]
    actions = session.scalars(select(AuditEvent.action)).all()
    assert actions.count("message.resent") == 1


def test_what_is_no_longer_true_is_not_sent_again(
    signed_in: SignIn, session: Session, cast: Cast, visit: uuid.UUID
) -> None:
    history, resend = pages(session, cast, visit)
    cancel(session, staff_actor(cast.ramona), visit, reason="ill", now=NOW)
    session.commit()
    ramona = signed_in(cast.ramona)
    assert resend not in ramona.get(history).text
    assert ramona.post(resend).status_code == 409


def test_who_may(
    client: BrowserClient, signed_in: SignIn, session: Session, cast: Cast, visit: uuid.UUID
) -> None:
    history, resend = pages(session, cast, visit)
    assert client.get(history).status_code in (302, 303)
    stranger = signed_in(cast.bogdan)
    assert stranger.get(history).status_code == 404
    assert stranger.post(resend).status_code == 404
    assert stranger.get(history.replace("movimento", "altius")).status_code == 404
    enter(session, Scope(org_id=cast.clinic.id))
    session.execute(delete(RolePermission).where(RolePermission.permission == RESEND.code))
    session.commit()
    ramona = signed_in(cast.ramona)
    assert resend not in ramona.get(history).text
    assert ramona.post(resend).status_code == 403
    assert len(deliveries(session, cast)) == 1


@pytest.mark.proves("KRN-04")
def test_own_patients_only(
    signed_in: SignIn, session: Session, cast: Cast, visit: uuid.UUID
) -> None:
    """Ramona treats nobody, so a role limited to own patients shows her nothing; Stefan treats Petra."""
    history, resend = pages(session, cast, visit)
    session.execute(update(Role).values(own_patients_only=True))
    session.commit()
    assert signed_in(cast.stefan).get(history).status_code == 200
    ramona = signed_in(cast.ramona)
    assert ramona.get(history).status_code == 404
    assert ramona.post(resend).status_code == 404


def test_unknown_messages_do_not_exist(signed_in: SignIn, cast: Cast) -> None:
    olga = signed_in(cast.olga)
    nobody = uuid.uuid4()
    assert olga.get(f"/movimento/console/appointments/{nobody}/messages").status_code == 404
    assert olga.post(f"/movimento/console/deliveries/{nobody}/resend").status_code == 404
