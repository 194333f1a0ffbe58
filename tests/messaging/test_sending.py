"""From a queued delivery to the sandbox: asked once, looked at again before it leaves, tried again when it falters."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.consents.actions import grant, publish_version, withdraw
from app.consents.models import Consent
from app.integrations import resolve
from app.integrations.catalog import build_registry
from app.integrations.email.port import EMAIL, OutgoingEmail, Receipt
from app.integrations.errors import ProviderError
from app.integrations.models import ProviderChoice, SandboxMessage
from app.integrations.registry import Surroundings
from app.integrations.sms.port import SMS, OutgoingSms, SmsReceipt, SmsState
from app.kernel.access.actor import system
from app.kernel.access.models import ElevatedAccess
from app.kernel.outbox import emit
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, enter, scoped
from app.lib.errors import Conflict, NotFound, Refused
from app.lib.ids import uuid7
from app.messaging import subjects, wordings
from app.messaging.actions import enqueue, resend
from app.messaging.models import Delivery
from app.messaging.queries import history
from app.messaging.rules.retries import MAX_ATTEMPTS
from tests.factories.cast import Cast, staff_actor
from tests.messaging.test_words import VISIT
from tests.support.app import NOW
from tests.support.clock import FrozenClock
from tests.support.outbox import DrainOutbox

pytestmark = pytest.mark.proves("NTF-01", "NTF-02")
PHONE = "+40722123456"


class Faltering:
    """A provider that does what a test tells it, and remembers how it was asked."""

    name = "faltering"

    def __init__(self) -> None:
        self.faults: list[ProviderError | None] = []
        self.asked: list[tuple[str, bool]] = []

    def send(
        self, message: OutgoingEmail | OutgoingSms, idempotency_key: str, *, retry: bool = False
    ) -> Any:
        self.asked.append((idempotency_key, retry))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        if isinstance(message, OutgoingSms):
            return SmsReceipt(self.name, "reference-1", SmsState.SENT)
        return Receipt(self.name, "reference-1")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, cast: Cast, session: Session) -> Faltering:
    """The provider of clinic A for both kinds, chosen as a clinic chooses: by a row."""
    made = Faltering()
    registry = build_registry(resolve.platform_defaults(None, "http://127.0.0.1"))

    def build(settings: Any, surroundings: Surroundings) -> Faltering:
        assert settings == {"account": "clinic-a"}
        return made

    for kind in (EMAIL, SMS):
        registry.register(kind, "faltering", build)
        with scoped(session, Scope(org_id=cast.clinic.id)):
            session.execute(
                insert(ProviderChoice).values(
                    org_id=cast.clinic.id,
                    id=uuid7(),
                    kind=kind.name,
                    name="faltering",
                    settings=json.dumps({"account": "clinic-a"}),
                )
            )
    monkeypatch.setattr(resolve._Installed, "registry", registry)
    return made


@pytest.fixture
def in_clinic(session: Session, cast: Cast) -> Session:
    enter(session, Scope(org_id=cast.clinic.id))
    return session


def ask(session: Session, cast: Cast, channel: str = "email", **changes: Any) -> uuid.UUID | None:
    enter(session, Scope(org_id=cast.clinic.id))
    wanted = {
        "template": "booking_confirmed",
        "channel": channel,
        "recipient": "petra@example.test" if channel == "email" else PHONE,
        "locale": "ro",
        "context": VISIT,
        "subject_type": "test_subject",
        "subject_id": uuid7(),
        "patient_id": cast.petra.patient_id,
        "idempotency_key": f"test:{channel}",
        "now": NOW,
    }
    return enqueue(session, cast.clinic.id, **{**wanted, **changes})


def asked(session: Session, cast: Cast, channel: str = "email", **changes: Any) -> uuid.UUID:
    delivery_id = ask(session, cast, channel, **changes)
    assert delivery_id is not None
    return delivery_id


def stored(session: Session, cast: Cast, delivery_id: uuid.UUID) -> Delivery:
    enter(session, Scope(org_id=cast.clinic.id))
    return session.get_one(Delivery, (cast.clinic.id, delivery_id), populate_existing=True)


def sandbox(session: Session, cast: Cast) -> list[SandboxMessage]:
    enter(session, Scope(org_id=cast.clinic.id))
    return list(session.scalars(select(SandboxMessage).order_by(SandboxMessage.kind)))


def consent(session: Session, cast: Cast) -> None:
    """Petra has agreed to texts about her visits."""
    actor = system(cast.clinic.id)
    enter(session, Scope(org_id=cast.clinic.id))
    publish_version(
        session, actor, purpose="sms_appointments", texts={"en": "Text me.", "ro": "Da."}, now=NOW
    )
    assert cast.petra.patient_id is not None
    grant(
        session,
        actor,
        patient_id=cast.petra.patient_id,
        purpose="sms_appointments",
        source="booking",
        now=NOW,
    )


def temporary(**options: Any) -> ProviderError:
    return ProviderError("busy", permanent=False, **options)


class TestSandbox:
    """The whole way with no account anywhere."""

    def test_a_mail_is_recorded_whole(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        calendar = {"filename": "a.ics", "method": "REQUEST", "content": "BEGIN:VCALENDAR\r\n"}
        delivery_id = asked(session, cast, context={**VISIT, "calendar": calendar})
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.provider, delivery.sent_at) == ("sent", "sandbox", NOW)
        assert delivery.provider_reference is not None
        (message,) = sandbox(session, cast)
        assert (message.kind, message.recipient) == ("email", "petra@example.test")
        assert "Kinetoterapie" in message.subject
        assert "14:30" in message.body
        html, file = message.attachments
        assert html["mime"] == "text/html"
        assert (file["filename"], file["bytes"]) == ("a.ics", 17)

    def test_a_text_is_plain_and_short(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        consent(session, cast)
        asked(session, cast, "sms")
        drain_outbox()
        (message,) = sandbox(session, cast)
        assert message.recipient == PHONE
        assert message.body.isascii()
        assert len(message.body) <= 160

    def test_the_same_key_asks_once(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        asked(session, cast)
        assert ask(session, cast) is None
        drain_outbox()
        assert len(sandbox(session, cast)) == 1

    def test_clinics_do_not_share_keys_nor_messages(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        asked(session, cast)
        other = cast.other_clinic.id
        enter(session, Scope(org_id=other))
        wanted = {"subject_type": "test_subject", "subject_id": uuid7(), "now": NOW}
        added = enqueue(
            session,
            other,
            template="booking_confirmed",
            channel="email",
            recipient="x@example.test",
            locale="en",
            context=VISIT,
            idempotency_key="test:email",
            **wanted,
        )
        assert added is not None
        drain_outbox()
        assert [one.recipient for one in sandbox(session, cast)] == ["petra@example.test"]

    def test_nothing_leaves_when_the_change_was_rolled_back(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        asked(session, cast)
        session.rollback()
        assert drain_outbox() == 0
        assert sandbox(session, cast) == []

    def test_an_unknown_message_is_a_mistake_of_the_programmer(
        self, in_clinic: Session, cast: Cast
    ) -> None:
        with pytest.raises(ValueError, match="no message"):
            ask(in_clinic, cast, template="greetings")
        with pytest.raises(ValueError, match="no message"):
            ask(in_clinic, cast, "sms", template="sign_in_link")


class TestLastLook:
    """What is asked before a message leaves."""

    def test_a_message_about_an_older_version_is_superseded(
        self,
        session: Session,
        cast: Cast,
        drain_outbox: DrainOutbox,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        versions: dict[uuid.UUID, int] = {}
        monkeypatch.setattr(subjects, "_registered", dict(subjects._registered))
        subjects.register("versioned", lambda session, org_id, one: versions.get(one))
        now_at_two, gone = uuid7(), uuid7()
        versions[now_at_two] = 2
        ids = [
            asked(
                session,
                cast,
                subject_type="versioned",
                subject_id=subject,
                subject_version=version,
                idempotency_key=f"test:{number}",
            )
            for number, (subject, version) in enumerate(
                [(now_at_two, 1), (now_at_two, 2), (gone, 1)]
            )
        ]
        drain_outbox()
        states = [stored(session, cast, one).state for one in ids]
        assert states == ["superseded", "sent", "superseded"]
        assert len(sandbox(session, cast)) == 1

    def test_no_text_without_consent(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        delivery_id = asked(session, cast, "sms")
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.error_code) == ("suppressed", "no_consent")
        assert sandbox(session, cast) == []

    def test_consent_withdrawn_while_the_text_waited(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        consent(session, cast)
        delivery_id = asked(session, cast, "sms")
        granted = session.scalars(select(Consent)).one()
        actor = system(cast.clinic.id)
        withdraw(session, actor, patient_id=granted.patient_id, purpose=granted.purpose, now=NOW)
        drain_outbox()
        assert stored(session, cast, delivery_id).state == "suppressed"

    def test_a_reminder_waits_for_the_morning_and_a_confirmation_does_not(
        self,
        session: Session,
        cast: Cast,
        drain_outbox: DrainOutbox,
        clock: FrozenClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        consent(session, cast)
        night = dt.datetime(2027, 3, 3, 20, 30, tzinfo=dt.UTC)  # 22:30 in Bucharest
        clock.set(night)
        at_once = asked(session, cast, "sms", now=night)
        drain_outbox()
        assert stored(session, cast, at_once).state == "sent"
        reminder = wordings.Wording("booking_confirmed", waits_for_morning=True)
        monkeypatch.setitem(wordings.WORDINGS, "booking_confirmed", reminder)
        waiting = asked(session, cast, "sms", now=night, idempotency_key="test:reminder")
        drain_outbox()
        delivery = stored(session, cast, waiting)
        assert (delivery.state, delivery.attempts) == ("queued", 0)
        clock.set(dt.datetime(2027, 3, 4, 5, 59, tzinfo=dt.UTC))
        drain_outbox()
        assert stored(session, cast, waiting).state == "queued"
        clock.set(dt.datetime(2027, 3, 4, 6, 0, tzinfo=dt.UTC))
        drain_outbox()
        assert stored(session, cast, waiting).state == "sent"


class TestFailures:
    """A provider that falters or refuses."""

    def test_it_is_tried_again_later_and_says_so(
        self,
        session: Session,
        cast: Cast,
        drain_outbox: DrainOutbox,
        clock: FrozenClock,
        provider: Faltering,
    ) -> None:
        consent(session, cast)
        provider.faults = [temporary(retry_after=120.0)]
        delivery_id = asked(session, cast, "sms")
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.attempts, delivery.error_code) == ("queued", 1, "busy")
        clock.advance(seconds=119)
        drain_outbox()
        assert len(provider.asked) == 1
        clock.advance(seconds=1)
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.error_code) == ("sent", None)
        assert (delivery.provider, delivery.provider_reference) == ("faltering", "reference-1")
        assert provider.asked == [("test:sms", False), ("test:sms", True)]

    def test_a_refusal_is_final(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox, provider: Faltering
    ) -> None:
        provider.faults = [ProviderError("bad_address", permanent=True)]
        delivery_id = asked(session, cast)
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.error_code) == ("failed", "bad_address")
        assert drain_outbox() == 0

    def test_it_gives_up_after_its_attempts(
        self,
        session: Session,
        cast: Cast,
        drain_outbox: DrainOutbox,
        clock: FrozenClock,
        provider: Faltering,
    ) -> None:
        provider.faults = [temporary() for _ in range(MAX_ATTEMPTS + 3)]
        delivery_id = asked(session, cast)
        for _ in range(MAX_ATTEMPTS + 3):
            drain_outbox()
            clock.advance(hours=1)
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.attempts) == ("failed", MAX_ATTEMPTS)
        assert len(provider.asked) == MAX_ATTEMPTS

    def test_a_worker_killed_after_sending_says_so_to_the_provider(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox, provider: Faltering
    ) -> None:
        """The claim of the killed worker was committed, what it did in the database was not."""
        consent(session, cast)
        asked(session, cast, "sms")
        session.flush()
        event = session.scalars(
            select(OutboxEvent).where(OutboxEvent.name == "delivery.queued")
        ).one()
        event.attempts, event.leased_until = 1, NOW - dt.timedelta(seconds=1)
        drain_outbox()
        assert provider.asked == [("test:sms", True)]

    def test_a_clinics_broken_choice_never_falls_back_to_the_platform(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        enter(session, Scope(org_id=cast.clinic.id))
        session.execute(
            insert(ProviderChoice).values(
                org_id=cast.clinic.id, id=uuid7(), kind="email", name="smtp", settings="{}"
            )
        )
        delivery_id = asked(session, cast)
        drain_outbox()
        delivery = stored(session, cast, delivery_id)
        assert (delivery.state, delivery.error_code) == ("failed", "setting sender")
        assert sandbox(session, cast) == []


class TestSecrets:
    """A one-time link waits sealed and is forgotten."""

    def test_the_link_reaches_its_reader_and_stays_nowhere_else(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        link = "https://clinic.example/sign-in/secret-token"
        delivery_id = asked(
            session,
            cast,
            template="sign_in_link",
            context={"name": "Petra", "minutes": 15},
            sealed={"link": link},
        )
        session.flush()
        assert "secret-token" not in json.dumps(stored(session, cast, delivery_id).context)
        drain_outbox()
        assert stored(session, cast, delivery_id).context == {"name": "Petra", "minutes": 15}
        (message,) = sandbox(session, cast)
        assert link in message.body


class TestResend:
    """Sending once more, by hand."""

    def test_a_sent_message_goes_out_again_as_one_of_its_own(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        subject = uuid7()
        first = asked(session, cast, subject_id=subject)
        drain_outbox()
        enter(session, Scope(org_id=cast.clinic.id))
        actor = staff_actor(cast.olga)
        second = resend(session, actor, first, now=NOW)
        with pytest.raises(Conflict, match="delivery_waiting"):
            resend(session, actor, first, now=NOW)
        drain_outbox()
        enter(session, Scope(org_id=cast.clinic.id))
        third = resend(session, actor, second, now=NOW)
        drain_outbox()
        enter(session, Scope(org_id=cast.clinic.id))
        rows = history(session, cast.clinic.id, "test_subject", subject)
        assert {row.id for row in rows} == {first, second, third}
        assert {row.state for row in rows} == {"sent"}
        assert len(sandbox(session, cast)) == 3

    def test_who_may_not_and_what_cannot(
        self, session: Session, cast: Cast, drain_outbox: DrainOutbox
    ) -> None:
        first = asked(session, cast)
        link = asked(
            session,
            cast,
            template="sign_in_link",
            context={"name": "Petra", "minutes": 15},
            sealed={"link": "https://clinic.example/x"},
            idempotency_key="test:link",
        )
        drain_outbox()
        enter(session, Scope(org_id=cast.clinic.id))
        with pytest.raises(Refused):
            resend(session, staff_actor(cast.olga, without=("messages.",)), first, now=NOW)
        with pytest.raises(Conflict, match="delivery_not_repeatable"):
            resend(session, staff_actor(cast.olga), link, now=NOW)
        enter(session, Scope(org_id=cast.other_clinic.id))
        with pytest.raises(NotFound):
            resend(session, staff_actor(cast.bogdan), first, now=NOW)


@pytest.mark.proves("KRN-13")
def test_every_owner_hears_of_elevated_access(
    session: Session, cast: Cast, drain_outbox: DrainOutbox
) -> None:
    access_id = uuid7()
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(
            insert(ElevatedAccess).values(
                org_id=cast.clinic.id,
                id=access_id,
                human_id=cast.oana.human_id,
                case_kind="support",
                reason="Ticket 4711: hours are wrong",
                opened_at=NOW,
                expires_at=NOW + dt.timedelta(hours=1),
            )
        )
    enter(session, Scope(org_id=cast.clinic.id))
    emit(session, cast.clinic.id, "access.elevated", {"elevated_id": access_id}, at=NOW)
    drain_outbox()
    (message,) = sandbox(session, cast)
    assert message.recipient == cast.olga.email
    assert "Ticket 4711" in message.body
