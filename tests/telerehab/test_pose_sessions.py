"""Starting, ending, withdrawing and taking in results, without a telemetry process."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import jwt
import pytest
import redis as redis_library
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.consents.actions import grant, withdraw, withdraw_all_medical
from app.kernel.access.actor import PATIENT, SERVICE, STAFF, Actor, system
from app.kernel.capabilities import Capability
from app.kernel.capabilities import actions as capabilities
from app.kernel.redis import connect
from app.kernel.tenancy.scope import Scope, enter
from app.lib.errors import Invalid, NotFound, Refused, Unavailable
from app.people.actions import Contact, add_guest
from app.people.merging.actions import merge, undo_merge
from app.telerehab import actions, flags, queries
from app.telerehab.actions import BIOMETRIC, Prescription, StartedSession
from app.telerehab.models import PoseRepMetrics, PoseSession, PoseSessionMetrics
from app.telerehab.tokens import TelemetryKeys
from telemetry.contract import END_WITHDRAWN, SessionClaims, consent_key
from tests.factories.cast import Cast, staff_actor
from tests.factories.pose import SHOULDER, SQUAT, figures_of, make_ready, result_of
from tests.support.app import NOW
from tests.support.outbox import DrainOutbox

KEYS = TelemetryKeys("test-" + "t" * 40, "test-" + "u" * 40)
LATER = NOW + dt.timedelta(minutes=3)


class Clinic:
    """Petra in front of the camera."""

    def __init__(self, session: Session, cast: Cast) -> None:
        assert cast.petra.patient_id is not None
        self.session = session
        self.org_id = cast.clinic.id
        self.patient_id = cast.petra.patient_id
        make_ready(session, self.org_id, self.patient_id, cast.petra.human_id, NOW)
        session.commit()
        enter(session, Scope(org_id=self.org_id))
        self.patient = Actor(kind=PATIENT, org_id=self.org_id, human_id=cast.petra.human_id)
        self.service = Actor(kind=SERVICE, org_id=self.org_id)
        self.squat = queries.exercise_by_slug(session, "squat").id

    def start(self, actor: Actor | None = None, target: int = 10) -> StartedSession:
        prescription = Prescription(self.squat, target)
        return actions.start(
            self.session, actor or self.patient, self.patient_id, prescription, KEYS, now=NOW
        )

    def state(self, session_id: uuid.UUID) -> str:
        return str(
            self.session.scalar(select(PoseSession.state).where(PoseSession.id == session_id))
        )

    def flag(self, redis: redis_library.Redis, session_id: uuid.UUID) -> object:
        return redis.get(consent_key(str(self.org_id), str(session_id)))


@pytest.fixture
def clinic(session: Session, cast: Cast, redis: redis_library.Redis) -> Clinic:
    return Clinic(session, cast)


@pytest.mark.proves("TLM-02")
def test_a_start_gives_a_token_for_this_session_and_sets_its_flag(
    clinic: Clinic, redis: redis_library.Redis
) -> None:
    started = clinic.start()
    payload = jwt.decode(
        started.token, KEYS.token_secret, algorithms=["HS256"], audience="telemetry",
        options={"verify_exp": False, "verify_iat": False},
    )  # fmt: skip
    claims = SessionClaims.from_json(payload)
    assert claims.session_id == str(started.session_id)
    assert claims.organization_id == str(clinic.org_id)
    assert claims.principal_id == str(clinic.patient_id)
    assert claims.tracking is not None
    assert (claims.tracking.exercise, claims.tracking.target_reps) == ("squat", 10)
    assert claims.expires_at == int((NOW + dt.timedelta(hours=1)).timestamp())
    assert clinic.flag(redis, started.session_id) == "pose"
    lives = redis.ttl(consent_key(str(clinic.org_id), str(started.session_id)))
    assert lives > dt.timedelta(days=2).total_seconds()


@pytest.mark.proves("CAP-01", "TLM-02")
@pytest.mark.parametrize("capability", actions.NEEDED)
def test_without_a_capability_nothing_starts(clinic: Clinic, capability: Capability) -> None:
    operator = system(None)
    capabilities.grant(clinic.session, operator, clinic.org_id, capability, granted=False, now=NOW)
    with pytest.raises(Refused, match="capability_off"):
        clinic.start()


@pytest.mark.proves("CNS-04", "TLM-02")
def test_without_consent_nothing_starts(clinic: Clinic) -> None:
    withdraw(
        clinic.session, clinic.patient, patient_id=clinic.patient_id, purpose=BIOMETRIC, now=NOW
    )
    with pytest.raises(Refused, match="consent_missing"):
        clinic.start()


@pytest.mark.proves("KRN-14")
def test_staff_acting_for_a_patient_never_measures(clinic: Clinic, cast: Cast) -> None:
    acting = Actor(
        kind=STAFF,
        org_id=clinic.org_id,
        human_id=cast.ramona.human_id,
        on_behalf_of=clinic.patient_id,
    )
    with pytest.raises(Refused, match="staff_never_measure"):
        clinic.start(acting)


@pytest.mark.parametrize("target", [0, -1, 501])
def test_an_impossible_target_is_refused(clinic: Clinic, target: int) -> None:
    with pytest.raises(Invalid):
        clinic.start(target=target)


def test_without_redis_nothing_starts(clinic: Clinic, redis: redis_library.Redis) -> None:
    flags.install(connect("redis://127.0.0.1:1/0"))
    try:
        with pytest.raises(Unavailable, match="telemetry_flag"):
            clinic.start()
    finally:
        flags.install(redis)


@pytest.mark.proves("CNS-03", "TLM-02")
def test_withdrawing_stops_every_open_session_in_the_same_transaction(
    clinic: Clinic, redis: redis_library.Redis
) -> None:
    first, second = clinic.start(), clinic.start()
    actions.end(clinic.session, clinic.patient, clinic.patient_id, second.session_id, now=LATER)
    withdraw(
        clinic.session, clinic.patient, patient_id=clinic.patient_id, purpose=BIOMETRIC, now=LATER
    )
    assert clinic.flag(redis, first.session_id) == "withdrawn"
    assert clinic.flag(redis, second.session_id) == "withdrawn"


@pytest.mark.proves("CNS-06")
def test_the_one_button_for_all_medical_consents_stops_the_camera_too(
    clinic: Clinic, redis: redis_library.Redis
) -> None:
    started = clinic.start()
    withdraw_all_medical(clinic.session, clinic.patient, patient_id=clinic.patient_id, now=LATER)
    assert clinic.flag(redis, started.session_id) == "withdrawn"


@pytest.mark.proves("CNS-03")
def test_with_redis_away_the_withdrawal_counts_and_the_flag_follows(
    clinic: Clinic, redis: redis_library.Redis, drain_outbox: DrainOutbox
) -> None:
    started = clinic.start()
    flags.install(connect("redis://127.0.0.1:1/0"))
    try:
        withdraw(
            clinic.session,
            clinic.patient,
            patient_id=clinic.patient_id,
            purpose=BIOMETRIC,
            now=NOW,
        )
    finally:
        flags.install(redis)
    assert clinic.flag(redis, started.session_id) == "pose"
    drain_outbox()
    assert clinic.flag(redis, started.session_id) == "withdrawn"


def second_card(clinic: Clinic, cast: Cast) -> uuid.UUID:
    """Another card of Petra's, typed in at the desk."""
    contact = Contact("Petra Pop", "+40722000999", None)
    return add_guest(clinic.session, staff_actor(cast.ramona), contact, NOW)


def say_no(clinic: Clinic, cast: Cast, card: uuid.UUID, at: dt.datetime) -> None:
    """A grant on the card, withdrawn at that moment."""
    desk = staff_actor(cast.ramona)
    session = clinic.session
    grant(session, desk, patient_id=card, purpose=BIOMETRIC, source="staff", now=NOW)
    withdraw(session, desk, patient_id=card, purpose=BIOMETRIC, now=at)


@pytest.mark.proves("BYD-09", "CNS-03", "TLM-02")
def test_a_merge_with_a_card_that_said_no_stops_the_camera_at_once(
    clinic: Clinic, cast: Cast, redis: redis_library.Redis
) -> None:
    other = second_card(clinic, cast)
    started = clinic.start()
    say_no(clinic, cast, other, LATER)
    assert clinic.flag(redis, started.session_id) == "pose"
    merge(clinic.session, staff_actor(cast.ramona), clinic.patient_id, other, {}, now=LATER)
    assert clinic.flag(redis, started.session_id) == "withdrawn"


@pytest.mark.proves("BYD-09", "TLM-02")
def test_a_merge_under_which_the_consent_still_holds_stops_nothing(
    clinic: Clinic, cast: Cast, redis: redis_library.Redis
) -> None:
    other = second_card(clinic, cast)
    started = clinic.start()
    merge(clinic.session, staff_actor(cast.ramona), clinic.patient_id, other, {}, now=LATER)
    assert clinic.flag(redis, started.session_id) == "pose"


@pytest.mark.proves("BYD-09", "CNS-03")
def test_cards_that_part_again_stop_a_session_that_stood_on_the_others_grant(
    clinic: Clinic, cast: Cast, redis: redis_library.Redis
) -> None:
    """Withdrawn on Petra's own card, granted later on the other one: allowed while they are one card."""
    desk, other = staff_actor(cast.ramona), second_card(clinic, cast)
    withdraw(
        clinic.session, clinic.patient, patient_id=clinic.patient_id, purpose=BIOMETRIC, now=NOW
    )
    later = LATER + dt.timedelta(minutes=1)
    grant(clinic.session, desk, patient_id=other, purpose=BIOMETRIC, source="staff", now=later)
    merged = merge(clinic.session, desk, clinic.patient_id, other, {}, now=later)
    started = clinic.start()
    undo_merge(clinic.session, desk, merged, now=later)
    assert clinic.flag(redis, started.session_id) == "withdrawn"


@pytest.mark.proves("BYD-09", "TLM-04")
def test_what_was_measured_while_cards_were_merged_is_kept(clinic: Clinic, cast: Cast) -> None:
    """The token names the card of the start, the session stands on the kept one."""
    started, other = clinic.start(), second_card(clinic, cast)
    clinic.session.execute(
        update(PoseSession).where(PoseSession.id == started.session_id).values(patient_id=other)
    )
    figures = figures_of(SQUAT, "squat")
    result = result_of(clinic.org_id, clinic.patient_id, started.session_id, figures)
    with pytest.raises(NotFound):
        actions.record_result(clinic.session, clinic.service, result, now=LATER)
    merge(clinic.session, staff_actor(cast.ramona), clinic.patient_id, other, {}, now=LATER)
    result = result_of(clinic.org_id, other, started.session_id, figures)
    assert actions.record_result(clinic.session, clinic.service, result, now=LATER)


@pytest.mark.proves("TLM-04", "TLM-05")
@pytest.mark.parametrize(("recording", "exercise"), [(SQUAT, "squat"), (SHOULDER, "squat")])
def test_a_result_is_kept_as_it_was_computed(
    clinic: Clinic, recording: object, exercise: str
) -> None:
    started = clinic.start()
    figures = figures_of(recording, exercise)  # type: ignore[arg-type]
    result = result_of(clinic.org_id, clinic.patient_id, started.session_id, figures)
    assert actions.record_result(clinic.session, clinic.service, result, now=LATER)
    kept = clinic.session.scalars(select(PoseSessionMetrics)).one()
    assert (kept.reps, kept.partial_reps, kept.rom_deg) == (
        figures.reps,
        figures.partial_reps,
        figures.rom_deg,
    )
    assert (kept.coverage, kept.confidence, kept.view) == (
        figures.coverage,
        figures.confidence,
        figures.view,
    )
    assert tuple(kept.warnings) == figures.warnings
    assert kept.curve["rom_trusted"] is figures.rom_trusted
    reps = queries.rep_rows(clinic.session, clinic.org_id, kept.id)
    assert [(one.start_s, one.peak_s, one.end_s, one.rom_deg, one.side) for one in reps] == [
        (row.start_s, row.peak_s, row.end_s, row.rom_deg, row.side) for row in figures.rep_rows
    ]
    assert [one.partial for one in reps] == [not row.complete for row in figures.rep_rows]
    assert clinic.state(started.session_id) == "measured"


@pytest.mark.proves("TLM-04")
def test_the_same_result_again_changes_nothing_and_a_newer_version_stands_beside_it(
    clinic: Clinic,
) -> None:
    started = clinic.start()
    figures = figures_of(SQUAT, "squat")
    result = result_of(clinic.org_id, clinic.patient_id, started.session_id, figures)
    take = actions.record_result
    assert take(clinic.session, clinic.service, result, now=LATER)
    assert not take(clinic.session, clinic.service, result, now=LATER)
    newer = replace(result, pose=replace(figures, algorithm_version="pose-9.0.0", reps=8))
    later = LATER + dt.timedelta(days=1)
    assert take(clinic.session, clinic.service, newer, now=later)
    count = select(func.count()).select_from(PoseSessionMetrics)
    assert clinic.session.scalar(count) == 2
    rows = clinic.session.scalar(select(func.count()).select_from(PoseRepMetrics))
    assert rows == 2 * len(figures.rep_rows)
    assert queries.session_row(clinic.session, clinic.org_id, started.session_id).reps == 8


def test_a_session_of_which_nothing_was_kept_is_abandoned(clinic: Clinic) -> None:
    started = clinic.start()
    figures = figures_of(SQUAT, "squat")
    result = result_of(
        clinic.org_id,
        clinic.patient_id,
        started.session_id,
        figures,
        pose=None,
        stream=None,
        ended_reason=END_WITHDRAWN,
    )
    assert actions.record_result(clinic.session, clinic.service, result, now=LATER)
    assert clinic.state(started.session_id) == "abandoned"
    assert not actions.record_result(clinic.session, clinic.service, result, now=LATER)


def test_a_result_names_its_own_patient_and_its_own_files(clinic: Clinic, cast: Cast) -> None:
    started = clinic.start()
    figures = figures_of(SQUAT, "squat")
    result = result_of(clinic.org_id, clinic.patient_id, started.session_id, figures)
    assert result.stream is not None
    take = actions.record_result
    with pytest.raises(NotFound):
        take(
            clinic.session,
            clinic.service,
            replace(result, principal_id=str(cast.david.patient_id)),
            now=LATER,
        )
    for key in ("view_key", "replay_key"):
        foreign = f"{cast.other_clinic.id}/{started.session_id}/view-v1.bin.gz"
        stream = replace(result.stream, **{key: foreign})
        with pytest.raises(Invalid):
            take(clinic.session, clinic.service, replace(result, stream=stream), now=LATER)
    assert clinic.state(started.session_id) == "started"


def test_ending_is_the_patients_own_and_may_be_said_twice(clinic: Clinic, cast: Cast) -> None:
    started = clinic.start()
    assert cast.david.patient_id is not None
    with pytest.raises(NotFound):
        actions.end(
            clinic.session, clinic.patient, cast.david.patient_id, started.session_id, now=LATER
        )
    for _ in range(2):
        actions.end(
            clinic.session, clinic.patient, clinic.patient_id, started.session_id, now=LATER
        )
    assert clinic.state(started.session_id) == "ended"
