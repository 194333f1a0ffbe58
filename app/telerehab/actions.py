"""Starting a pose session and taking in what was measured (TLM-02, TLM-04, TLM-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import asdict, dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.consents import queries as consents
from app.kernel import capabilities, live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.capabilities import Capability
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from app.lib.ids import uuid7
from app.people.persons import cards_of
from app.telerehab import flags
from app.telerehab.flags import TOKEN_LIFE
from app.telerehab.models import Exercise, PoseRepMetrics, PoseSession, PoseSessionMetrics
from app.telerehab.states import ENDED, MACHINE, STARTED
from app.telerehab.tokens import TelemetryKeys, mint
from telemetry.contract import (
    SCOPE_POSE,
    PoseFigures,
    RepRow,
    SessionClaims,
    SessionResult,
    Tracking,
    replay_key,
    view_key,
)

BIOMETRIC = "biometric_capture"
NEEDED = (Capability.TELEREHAB, Capability.CAMERA_MEASUREMENT)
SIDES = ("left", "right", "both", "auto")
MAX_TARGET = 500


@dataclass(frozen=True, slots=True)
class Prescription:
    """What the patient shall do in this set."""

    exercise_id: uuid.UUID
    target_reps: int
    side: str | None = None


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session that may send frames now, with the token that says so."""

    session_id: uuid.UUID
    token: str
    expires_at: dt.datetime


def start(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    prescription: Prescription,
    keys: TelemetryKeys,
    *,
    now: dt.datetime,
) -> StartedSession:
    """Open a pose session for a patient.

    Raises Refused `capability_off` / `capability_paused` / `consent_missing` / `staff_never_measure` (KRN-14), NotFound
    for an exercise that is not tracked, Invalid for an impossible target, Unavailable `telemetry_flag` when the consent
    flag cannot be set: without it the telemetry process takes nothing.
    """
    _demand_allowed(session, actor, patient_id)
    exercise = _tracked(session, prescription)
    claims = _claims(actor.clinic, patient_id, exercise, prescription, now)
    session_id, expires_at = uuid.UUID(claims.session_id), now + TOKEN_LIFE
    session.execute(
        insert(PoseSession).values(
            org_id=actor.clinic,
            id=session_id,
            patient_id=patient_id,
            exercise_id=exercise.id,
            started_by=actor.human_id,
            state=STARTED,
            side=prescription.side,
            target_reps=prescription.target_reps,
            token_id=uuid.UUID(claims.token_id),
            started_at=now,
            expires_at=expires_at,
            created_at=now,
        )
    )
    record(
        session,
        actor,
        "telerehab.start",
        "pose_session",
        session_id,
        at=now,
        after={"patient_id": str(patient_id), "exercise": exercise.slug},
    )
    flags.allow(actor.clinic, session_id)
    live.tell(session, actor.clinic, live.SESSIONS)
    return StartedSession(session_id, mint(claims, keys), expires_at)


def _demand_allowed(session: Session, actor: Actor, patient_id: uuid.UUID) -> None:
    """Raises Refused where nobody may measure this patient here now."""
    if actor.on_behalf_of is not None:
        raise Refused("staff_never_measure")
    for capability in NEEDED:
        capabilities.demand(session, actor.clinic, capability)
    _demand_consent(session, actor.clinic, patient_id)


def _claims(
    org_id: uuid.UUID,
    patient_id: uuid.UUID,
    exercise: Exercise,
    prescription: Prescription,
    now: dt.datetime,
) -> SessionClaims:
    """What a new session's token says; session and token are named here."""
    return SessionClaims(
        principal_id=str(patient_id),
        organization_id=str(org_id),
        session_id=str(uuid7()),
        scopes=(SCOPE_POSE,),
        tracking=Tracking(
            exercise.tracking or "",
            side=prescription.side,
            target_reps=prescription.target_reps,
        ),
        issued_at=int(now.timestamp()),
        expires_at=int((now + TOKEN_LIFE).timestamp()),
        token_id=str(uuid7()),
    )


def _tracked(session: Session, prescription: Prescription) -> Exercise:
    if not 1 <= prescription.target_reps <= MAX_TARGET:
        raise Invalid.one("target_reps", "out_of_range", min=1, max=MAX_TARGET)
    if prescription.side is not None and prescription.side not in SIDES:
        raise Invalid.one("side", "unknown_choice")
    exercise = session.scalars(
        select(Exercise).where(
            Exercise.id == prescription.exercise_id,
            Exercise.status == "published",
            Exercise.tracking.is_not(None),
        )
    ).one_or_none()
    if exercise is None:
        raise NotFound("exercise_not_found")
    return exercise


def _demand_consent(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> None:
    """As consents.demand, and locked: a withdrawal at the same moment comes wholly before or wholly after the start."""
    if not consents.live_grants(session, org_id, patient_id, BIOMETRIC):
        raise Refused("consent_missing", purpose=BIOMETRIC)


def end(
    session: Session,
    actor: Actor,
    patient_id: uuid.UUID,
    session_id: uuid.UUID,
    *,
    now: dt.datetime,
) -> None:
    """The patient is done; the measurement follows. Ending twice is no error. Raises NotFound for another patient's."""
    row = _load(session, actor, session_id)
    if row.patient_id != patient_id:
        raise NotFound("pose_session_not_found")
    if row.state != STARTED:
        return
    _move(session, actor, row, "end", now=now, ended_at=now)


def withdraw_flags(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> int:
    """A patient withdrew the biometric consent: every open session stops being taken, at once.

    Raises Unavailable when Redis does not answer, so that the caller tries again.
    """
    open_sessions = session.scalars(
        select(PoseSession.id).where(
            PoseSession.org_id == org_id,
            PoseSession.patient_id.in_(cards_of(org_id, [patient_id])),
            PoseSession.state.in_((STARTED, ENDED)),
        )
    ).all()
    for session_id in open_sessions:
        flags.withdraw(org_id, session_id)
    return len(open_sessions)


def withdraw_where_lapsed(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> int:
    """Two cards became one, or one became two, and no grant holds for this one now: as if it had been withdrawn.

    Gives how many open sessions stop. Raises Unavailable when Redis does not answer.
    """
    if consents.has(session, org_id, patient_id, BIOMETRIC):
        return 0
    return withdraw_flags(session, org_id, patient_id)


def record_result(
    session: Session, actor: Actor, result: SessionResult, *, now: dt.datetime
) -> bool:
    """Take in what the telemetry process measured; False when this version was taken in before.

    Idempotent on session and algorithm version; a row is never rewritten (TLM-04). Raises NotFound for a session of
    another clinic or person, Invalid where a replay lies elsewhere than in this session's folder.
    """
    row = _load(session, actor, _session_id(result))
    _demand_same_person(session, row, result.principal_id)
    _check_places(result)
    if result.pose is None or result.stream is None:
        return _abandon(session, actor, row, now)
    metrics_id = _insert_metrics(session, actor.clinic, row.id, result, now)
    if metrics_id is None:
        return False
    _insert_reps(session, actor.clinic, metrics_id, result.pose.rep_rows, now)
    if row.state in (STARTED, ENDED):
        _move(session, actor, row, "measure", now=now, ended_at=row.ended_at or now)
    emit(
        session,
        actor.clinic,
        "pose_session.measured",
        {"session_id": row.id, "patient_id": row.patient_id},
        at=now,
    )
    return True


def _demand_same_person(session: Session, row: PoseSession, principal_id: str) -> None:
    """The token names the card of the start; a card merged meanwhile is another card of the same person (BYD-09)."""
    if str(row.patient_id) == principal_id:
        return
    cards = session.scalars(cards_of(row.org_id, [row.patient_id]))
    if principal_id not in {str(one) for one in cards}:
        raise NotFound("pose_session_not_found")


def _session_id(result: SessionResult) -> uuid.UUID:
    try:
        return uuid.UUID(result.session_id)
    except ValueError:
        raise NotFound("pose_session_not_found") from None


def _check_places(result: SessionResult) -> None:
    """A replay is read later by its key, so the key may name nothing but this session's own."""
    stream = result.stream
    if stream is None:
        return
    own = (result.organization_id, result.session_id)
    for name, key, expected in (
        ("replay_key", stream.replay_key, replay_key(*own)),
        ("view_key", stream.view_key, view_key(*own)),
    ):
        if key not in (None, expected):
            raise Invalid.one(name, "foreign_key")


def _abandon(session: Session, actor: Actor, row: PoseSession, now: dt.datetime) -> bool:
    if row.state not in (STARTED, ENDED):
        return False
    _move(session, actor, row, "abandon", now=now, ended_at=row.ended_at or now)
    return True


def _insert_metrics(
    session: Session,
    org_id: uuid.UUID,
    session_id: uuid.UUID,
    result: SessionResult,
    now: dt.datetime,
) -> uuid.UUID | None:
    pose, stream = result.pose, result.stream
    if pose is None or stream is None:
        return None
    return session.execute(
        upsert(PoseSessionMetrics)
        .values(
            org_id=org_id,
            id=uuid7(),
            session_id=session_id,
            algorithm_version=pose.algorithm_version,
            reps=pose.reps,
            partial_reps=pose.partial_reps,
            rom_deg=pose.rom_deg,
            coverage=pose.coverage,
            confidence=pose.confidence,
            view=pose.view,
            warnings=list(pose.warnings),
            curve=_curve(pose),
            tracked_s=pose.seconds_tracked,
            transport={**asdict(stream), "ended_reason": result.ended_reason},
            replay_key=stream.replay_key,
            replay_view_key=stream.view_key,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["org_id", "session_id", "algorithm_version"])
        .returning(PoseSessionMetrics.id)
    ).scalar_one_or_none()


def _curve(pose: PoseFigures) -> dict[str, object]:
    """The joint angle for display, with what the reader needs to judge it."""
    return {
        "angle": pose.angle,
        "rom_trusted": pose.rom_trusted,
        "best_rom_deg": pose.best_rom_deg,
        "first_rom_deg": pose.first_rom_deg,
        "last_rom_deg": pose.last_rom_deg,
        "completion": pose.completion,
        "completion_raw": pose.completion_raw,
        "side_swapped": pose.side_swapped,
        "plane_weight": pose.plane_weight,
        "peaks_deg": [row.peak_deg for row in pose.rep_rows],
        "curves": [asdict(curve) for curve in pose.curves],
    }


def _insert_reps(
    session: Session,
    org_id: uuid.UUID,
    metrics_id: uuid.UUID,
    rows: tuple[RepRow, ...],
    now: dt.datetime,
) -> None:
    if not rows:
        return
    session.execute(
        insert(PoseRepMetrics),
        [
            {
                "org_id": org_id,
                "id": uuid7(),
                "metrics_id": metrics_id,
                "number": number,
                "side": row.side,
                "start_s": row.start_s,
                "peak_s": row.peak_s,
                "end_s": row.end_s,
                "rom_deg": row.rom_deg,
                "partial": not row.complete,
                "created_at": now,
            }
            for number, row in enumerate(rows, start=1)
        ],
    )


def _load(session: Session, actor: Actor, session_id: uuid.UUID) -> PoseSession:
    row = session.get(
        PoseSession, (actor.clinic, session_id), with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound("pose_session_not_found")
    return row


def _move(
    session: Session,
    actor: Actor,
    row: PoseSession,
    verb: str,
    *,
    now: dt.datetime,
    ended_at: dt.datetime,
) -> None:
    before = row.state
    target = MACHINE.move(before, verb, (actor.kind,))
    moved = session.execute(
        update(PoseSession)
        .where(
            PoseSession.org_id == row.org_id,
            PoseSession.id == row.id,
            PoseSession.state == before,
        )
        .values(state=target, ended_at=ended_at)
        .returning(PoseSession.id)
    ).one_or_none()
    if moved is None:
        raise Conflict("pose_session_changed")
    record(
        session,
        actor,
        f"telerehab.{verb}",
        "pose_session",
        row.id,
        at=now,
        before={"state": before},
        after={"state": target},
    )
    live.tell(session, row.org_id, live.SESSIONS)
