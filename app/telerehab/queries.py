"""Reading exercises, sessions and measurements."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest
from app.lib.text import search_tokens
from app.people.models import Patient
from app.telerehab.models import Exercise, PoseRepMetrics, PoseSession, PoseSessionMetrics

SORTABLE = ("started_at", "patient")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list: what was done and, once measured, the newest figures."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient_name: str
    exercise_slug: str
    exercise_names: dict[str, str]
    state: str
    side: str | None
    target_reps: int
    started_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None
    metrics_id: uuid.UUID | None
    reps: int | None
    partial_reps: int | None
    rom_deg: float | None
    rom_trusted: bool | None
    warnings: list[str] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that one version of the algorithm measured in a session; degrees, seconds, shares from 0 to 1."""

    id: uuid.UUID
    algorithm_version: str
    measured_at: dt.datetime
    reps: int
    partial_reps: int
    rom_deg: float | None
    coverage: float
    confidence: float
    view: str
    warnings: list[str]
    curve: dict[str, Any]
    tracked_s: float
    transport: dict[str, Any]
    replay_view_key: str | None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list shows; `patients` is the only ones whom the reader may see, None for the whole clinic."""

    words: str = ""
    patient_id: uuid.UUID | None = None
    exercise: str = ""
    state: str = ""
    patients: Select[Any] | None = None


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
            PoseSessionMetrics.id,
            PoseSessionMetrics.reps,
            PoseSessionMetrics.partial_reps,
            PoseSessionMetrics.rom_deg,
            PoseSessionMetrics.curve["rom_trusted"].as_boolean().label("rom_trusted"),
            PoseSessionMetrics.warnings,
        )
        .where(
            PoseSessionMetrics.org_id == PoseSession.org_id,
            PoseSessionMetrics.session_id == PoseSession.id,
        )
        .order_by(PoseSessionMetrics.created_at.desc(), PoseSessionMetrics.id.desc())
        .limit(1)
        .lateral()
    )
    chosen: Select[Any] = (
        select(
            PoseSession.id,
            PoseSession.patient_id,
            Patient.name,
            Exercise.slug,
            Exercise.names,
            PoseSession.state,
            PoseSession.side,
            PoseSession.target_reps,
            PoseSession.started_at,
            PoseSession.expires_at,
            PoseSession.ended_at,
            *newest.c,
        )
        .join(Exercise, Exercise.id == PoseSession.exercise_id)
        .join(Patient, _of_patient())
        .outerjoin(newest, true())
    )
    return chosen


def _of_patient() -> Any:
    return and_(Patient.org_id == PoseSession.org_id, Patient.id == PoseSession.patient_id)


def session_row(session: Session, org_id: uuid.UUID, session_id: uuid.UUID) -> SessionRow:
    """One session with its newest figures. Raises NotFound."""
    row = session.execute(
        _sessions().where(PoseSession.org_id == org_id, PoseSession.id == session_id)
    ).first()
    if row is None:
        raise NotFound("pose_session_not_found")
    return SessionRow(*row)


def patient_sessions(
    session: Session,
    org_id: uuid.UUID,
    patient_id: uuid.UUID,
    *,
    exercise: str = "",
    limit: int = 20,
) -> list[SessionRow]:
    """The patient's sessions, newest first; of one exercise where its slug is given."""
    query = _sessions().where(PoseSession.org_id == org_id, PoseSession.patient_id == patient_id)
    if exercise:
        query = query.where(Exercise.slug == exercise)
    rows = session.execute(
        query.order_by(PoseSession.started_at.desc(), PoseSession.id.desc()).limit(limit)
    )
    return [SessionRow(*row) for row in rows]


def find_sessions(
    session: Session, org_id: uuid.UUID, wanted: SessionFilter, request: PageRequest
) -> Page[SessionRow]:
    """A page of the clinic's sessions, in the asked order."""
    conditions = _conditions(org_id, wanted)
    total = session.scalar(
        select(func.count())
        .select_from(PoseSession)
        .join(Exercise, Exercise.id == PoseSession.exercise_id)
        .join(Patient, _of_patient())
        .where(*conditions)
    )
    rows = session.execute(
        _sessions()
        .where(*conditions)
        .order_by(*_order(request), PoseSession.id.desc())
        .limit(request.size)
        .offset(request.offset)
    )
    return Page([SessionRow(*row) for row in rows], total or 0, request)


def _conditions(org_id: uuid.UUID, wanted: SessionFilter) -> list[Any]:
    conditions: list[Any] = [PoseSession.org_id == org_id]
    conditions += [
        Patient.search_text.contains(token, autoescape=True)
        for token in search_tokens(wanted.words)
    ]
    if wanted.patient_id is not None:
        conditions.append(PoseSession.patient_id == wanted.patient_id)
    if wanted.exercise:
        conditions.append(Exercise.slug == wanted.exercise)
    if wanted.state:
        conditions.append(PoseSession.state == wanted.state)
    if wanted.patients is not None:
        conditions.append(PoseSession.patient_id.in_(wanted.patients))
    return conditions


def _order(request: PageRequest) -> list[Any]:
    columns: dict[str, InstrumentedAttribute[Any]] = {
        "started_at": PoseSession.started_at,
        "patient": Patient.search_name,
    }
    return [
        columns[key.name].desc() if key.descending else columns[key.name] for key in request.sort
    ]


def figures_of(
    session: Session, org_id: uuid.UUID, metrics_id: uuid.UUID
) -> tuple[Figures, Sequence[PoseRepMetrics]]:
    """One measurement with its repetitions in order. Raises NotFound."""
    found = session.get(PoseSessionMetrics, (org_id, metrics_id))
    if found is None:
        raise NotFound("pose_session_not_found")
    figures = Figures(
        id=found.id,
        algorithm_version=found.algorithm_version,
        measured_at=found.created_at,
        reps=found.reps,
        partial_reps=found.partial_reps,
        rom_deg=found.rom_deg,
        coverage=found.coverage,
        confidence=found.confidence,
        view=found.view,
        warnings=found.warnings,
        curve=found.curve,
        tracked_s=found.tracked_s,
        transport=found.transport,
        replay_view_key=found.replay_view_key,
    )
    return figures, rep_rows(session, org_id, metrics_id)


def rep_rows(session: Session, org_id: uuid.UUID, metrics_id: uuid.UUID) -> list[PoseRepMetrics]:
    """The repetitions of one measurement, in order."""
    return list(
        session.scalars(
            select(PoseRepMetrics)
            .where(PoseRepMetrics.org_id == org_id, PoseRepMetrics.metrics_id == metrics_id)
            .order_by(PoseRepMetrics.number)
        )
    )
