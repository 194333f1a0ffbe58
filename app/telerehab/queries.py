"""Reading exercises, sessions and measurements."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from app.lib.errors import NotFound
from app.people.models import Patient
from app.telerehab.models import Exercise, PoseRepMetrics, PoseSession, PoseSessionMetrics


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list: what was done and, once measured, the newest figures."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient_name: str
    exercise_names: dict[str, str]
    state: str
    side: str | None
    target_reps: int
    started_at: dt.datetime
    ended_at: dt.datetime | None
    metrics_id: uuid.UUID | None
    algorithm_version: str | None
    reps: int | None
    partial_reps: int | None
    rom_deg: float | None
    coverage: float | None
    confidence: float | None
    view: str | None
    warnings: list[str] | None
    curve: dict[str, Any] | None
    tracked_s: float | None
    replay_view_key: str | None


def tracked_exercises(session: Session) -> list[Exercise]:
    """Published exercises that the camera can follow, by short name."""
    return list(
        session.scalars(
            select(Exercise)
            .where(Exercise.status == "published", Exercise.tracking.is_not(None))
            .order_by(Exercise.slug)
        )
    )


def exercise_by_slug(session: Session, slug: str) -> Exercise:
    """A published exercise. Raises NotFound."""
    found = session.scalars(
        select(Exercise).where(Exercise.slug == slug, Exercise.status == "published")
    ).one_or_none()
    if found is None:
        raise NotFound("exercise_not_found")
    return found


def _sessions() -> Select[Any]:
    # Measurements are never rewritten: a newer version stands beside the older, and lists show the newest.
    newest = (
        select(
            PoseSessionMetrics.org_id,
            PoseSessionMetrics.session_id,
            func.max(PoseSessionMetrics.created_at).label("created_at"),
        )
        .group_by(PoseSessionMetrics.org_id, PoseSessionMetrics.session_id)
        .subquery()
    )
    chosen: Select[Any] = (
        select(
            PoseSession.id,
            PoseSession.patient_id,
            Patient.name,
            Exercise.names,
            PoseSession.state,
            PoseSession.side,
            PoseSession.target_reps,
            PoseSession.started_at,
            PoseSession.ended_at,
            PoseSessionMetrics.id,
            PoseSessionMetrics.algorithm_version,
            PoseSessionMetrics.reps,
            PoseSessionMetrics.partial_reps,
            PoseSessionMetrics.rom_deg,
            PoseSessionMetrics.coverage,
            PoseSessionMetrics.confidence,
            PoseSessionMetrics.view,
            PoseSessionMetrics.warnings,
            PoseSessionMetrics.curve,
            PoseSessionMetrics.tracked_s,
            PoseSessionMetrics.replay_view_key,
        )
        .join(Exercise, Exercise.id == PoseSession.exercise_id)
        .join(
            Patient,
            and_(Patient.org_id == PoseSession.org_id, Patient.id == PoseSession.patient_id),
        )
        .outerjoin(
            newest,
            and_(newest.c.org_id == PoseSession.org_id, newest.c.session_id == PoseSession.id),
        )
        .outerjoin(
            PoseSessionMetrics,
            and_(
                PoseSessionMetrics.org_id == newest.c.org_id,
                PoseSessionMetrics.session_id == newest.c.session_id,
                PoseSessionMetrics.created_at == newest.c.created_at,
            ),
        )
    )
    return chosen


def session_row(session: Session, org_id: uuid.UUID, session_id: uuid.UUID) -> SessionRow:
    """One session with its newest figures. Raises NotFound."""
    row = session.execute(
        _sessions().where(PoseSession.org_id == org_id, PoseSession.id == session_id)
    ).first()
    if row is None:
        raise NotFound("pose_session_not_found")
    return SessionRow(*row)


def list_sessions(
    session: Session,
    org_id: uuid.UUID,
    *,
    patient_ids: Sequence[uuid.UUID] | None = None,
    limit: int = 25,
    offset: int = 0,
) -> list[SessionRow]:
    """Sessions of the clinic or of some patients, newest first."""
    query = _sessions().where(PoseSession.org_id == org_id)
    if patient_ids is not None:
        query = query.where(PoseSession.patient_id.in_(patient_ids))
    rows = session.execute(
        query.order_by(PoseSession.started_at.desc(), PoseSession.id).limit(limit).offset(offset)
    )
    return [SessionRow(*row) for row in rows]


def rep_rows(session: Session, org_id: uuid.UUID, metrics_id: uuid.UUID) -> list[PoseRepMetrics]:
    """The repetitions of one measurement, in order."""
    return list(
        session.scalars(
            select(PoseRepMetrics)
            .where(PoseRepMetrics.org_id == org_id, PoseRepMetrics.metrics_id == metrics_id)
            .order_by(PoseRepMetrics.number)
        )
    )
