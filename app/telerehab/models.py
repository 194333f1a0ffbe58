"""Exercises, pose sessions and what was measured in them (EXR-01, TLM-02, TLM-04, TLM-05)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, ClinicRow, DataClass, clinic_fk, column
from app.kernel.db.base import PLATFORM
from app.lib.ids import uuid7


class Exercise(Base):
    """An exercise of the platform's library, with what the tracker must know about it.

    `tracking` is a name of the telemetry process' exercise table; empty means not tracked.
    """

    __tablename__ = "exercises"
    __tenancy__ = PLATFORM
    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("status IN ('draft', 'published', 'archived')", name="status"),
        CheckConstraint("kind IN ('repetitions', 'duration')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    slug: Mapped[str] = column(DataClass.PUBLIC)
    kind: Mapped[str] = column(DataClass.PUBLIC, server_default="repetitions")
    status: Mapped[str] = column(DataClass.PUBLIC, server_default="draft")
    names: Mapped[dict[str, Any]] = column(DataClass.PUBLIC)
    instructions: Mapped[dict[str, Any]] = column(DataClass.PUBLIC, server_default=text("'{}'"))
    tracking: Mapped[str | None] = column(DataClass.PUBLIC)
    camera_view: Mapped[str | None] = column(DataClass.PUBLIC)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class PoseSession(Base, ClinicRow):
    """One set of one exercise in front of the patient's camera, from token to result."""

    __tablename__ = "pose_sessions"
    __table_args__ = (
        clinic_fk("patients", "patient_id"),
        CheckConstraint("state IN ('started', 'ended', 'measured', 'abandoned')", name="state"),
        CheckConstraint("target_reps BETWEEN 1 AND 500", name="target_reps"),
        Index(None, "org_id", "patient_id", "started_at"),
        Index(None, "org_id", "started_at"),
    )

    patient_id: Mapped[uuid.UUID]
    exercise_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exercises.id"))
    started_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("humans.id"))
    state: Mapped[str] = column(DataClass.OPERATIONAL, server_default="started")
    side: Mapped[str | None] = column(DataClass.CLINICAL)
    target_reps: Mapped[int] = column(DataClass.CLINICAL)
    token_id: Mapped[uuid.UUID]
    started_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class PoseSessionMetrics(Base, ClinicRow):
    """What one version of the algorithm measured in a session. Informational; never rewritten (TLM-04).

    Angles in degrees, times in seconds from the session's start.
    """

    __tablename__ = "pose_session_metrics"
    __table_args__ = (
        clinic_fk("pose_sessions", "session_id"),
        UniqueConstraint("org_id", "session_id", "algorithm_version"),
        CheckConstraint("reps >= 0 AND partial_reps >= 0", name="reps"),
        CheckConstraint("coverage BETWEEN 0 AND 1 AND confidence BETWEEN 0 AND 1", name="quality"),
    )

    session_id: Mapped[uuid.UUID]
    algorithm_version: Mapped[str] = column(DataClass.OPERATIONAL)
    reps: Mapped[int] = column(DataClass.CLINICAL)
    partial_reps: Mapped[int] = column(DataClass.CLINICAL)
    rom_deg: Mapped[float | None] = column(DataClass.CLINICAL)
    coverage: Mapped[float] = column(DataClass.CLINICAL)
    confidence: Mapped[float] = column(DataClass.CLINICAL)
    view: Mapped[str] = column(DataClass.CLINICAL)
    warnings: Mapped[list[Any]] = column(DataClass.CLINICAL)
    curve: Mapped[dict[str, Any]] = column(DataClass.CLINICAL)
    tracked_s: Mapped[float] = column(DataClass.CLINICAL)
    transport: Mapped[dict[str, Any]] = column(DataClass.OPERATIONAL)
    replay_key: Mapped[str | None] = column(DataClass.OPERATIONAL)
    replay_view_key: Mapped[str | None] = column(DataClass.OPERATIONAL)


class PoseRepMetrics(Base, ClinicRow):
    """One repetition as measured; seconds from the session's start, degrees."""

    __tablename__ = "pose_rep_metrics"
    __table_args__ = (
        clinic_fk("pose_session_metrics", "metrics_id"),
        UniqueConstraint("org_id", "metrics_id", "number"),
    )

    metrics_id: Mapped[uuid.UUID]
    number: Mapped[int] = column(DataClass.CLINICAL)
    side: Mapped[str | None] = column(DataClass.CLINICAL)
    start_s: Mapped[float] = column(DataClass.CLINICAL)
    peak_s: Mapped[float] = column(DataClass.CLINICAL)
    end_s: Mapped[float] = column(DataClass.CLINICAL)
    rom_deg: Mapped[float] = column(DataClass.CLINICAL)
    partial: Mapped[bool] = column(DataClass.CLINICAL, server_default=text("false"))
