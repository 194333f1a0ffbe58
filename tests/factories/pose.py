"""A clinic whose patient may be measured, a recording's result, and the service's signature under it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from sqlalchemy.orm import Session

from app.consents.actions import PORTAL, grant, publish_version
from app.kernel.access.actor import PATIENT, Actor, system
from app.kernel.capabilities import Capability
from app.kernel.capabilities import actions as capabilities
from app.kernel.tenancy.scope import Scope, scoped
from app.telerehab import library
from app.telerehab.actions import BIOMETRIC, NEEDED
from telemetry.aggregate.finalise import pose_figures
from telemetry.aggregate.recording import recording_from_frames
from telemetry.contract import (
    ALGORITHM,
    BODY_HASH_CLAIM,
    END_COMPLETED,
    SERVICE_AUDIENCE,
    SERVICE_ISSUER,
    SERVICE_SUBJECT,
    PoseFigures,
    PoseStream,
    SessionResult,
    Tracking,
    replay_key,
    view_key,
)
from telemetry.recording_file import load_recording

ROOT = Path(__file__).resolve().parents[2]
SQUAT = ROOT / "telemetry" / "demo" / "squat.npz"
SHOULDER = ROOT / "telemetry" / "demo" / "shoulder_flexion.npz"
SERVICE_SECRET = "test-" + "u" * 40


def make_ready(
    session: Session,
    org_id: uuid.UUID,
    patient_id: uuid.UUID,
    human_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Library, capabilities and consent, all that a measured session needs."""
    library.ensure(session)
    switch_on(session, org_id, now, *NEEDED)
    with scoped(session, Scope(org_id=org_id)):
        texts = {"ro": "Sunt de acord cu măsurarea.", "en": "I agree to be measured."}
        publish_version(session, system(org_id), purpose=BIOMETRIC, texts=texts, now=now)
    consent(session, org_id, patient_id, human_id, now)


def switch_on(session: Session, org_id: uuid.UUID, now: dt.datetime, *wanted: Capability) -> None:
    """Clear capabilities for the platform and grant them to the clinic."""
    for capability in wanted:
        capabilities.clear(session, system(None), capability, basis="a test's basis", now=now)
        capabilities.grant(session, system(None), org_id, capability, granted=True, now=now)


def consent(
    session: Session,
    org_id: uuid.UUID,
    patient_id: uuid.UUID,
    human_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """The patient agrees to being measured."""
    with scoped(session, Scope(org_id=org_id)):
        actor = Actor(kind=PATIENT, org_id=org_id, human_id=human_id)
        grant(session, actor, patient_id=patient_id, purpose=BIOMETRIC, source=PORTAL, now=now)


@lru_cache
def figures_of(recording: Path, exercise: str, target: int = 10) -> PoseFigures:
    """What the aggregation gives for a recording, asked directly."""
    file = load_recording(recording)
    frames = recording_from_frames(file.times_ms, file.image, file.world, file.width, file.height)
    return pose_figures(frames, Tracking(exercise, target_reps=target))


def result_of(
    org_id: uuid.UUID,
    patient_id: uuid.UUID,
    session_id: uuid.UUID,
    figures: PoseFigures,
    **changes: Any,
) -> SessionResult:
    """A result as the telemetry process would post it."""
    own = (str(org_id), str(session_id))
    stream = PoseStream(
        batches=26,
        dropped_batches=0,
        duplicate_batches=0,
        conflicting_batches=0,
        frames=260,
        width=1920,
        height=1080,
        mirrored=False,
        rear_camera=False,
        world=True,
        tracker="recording",
        replay_key=replay_key(*own),
        replay_bytes=1,
        view_key=view_key(*own),
        view_bytes=1,
    )
    result = SessionResult(
        session_id=own[1],
        organization_id=own[0],
        principal_id=str(patient_id),
        ended_reason=END_COMPLETED,
        pose=figures,
        stream=stream,
    )
    return replace(result, **changes)


def body_of(result: SessionResult) -> bytes:
    """The bytes that are posted."""
    return json.dumps(result.to_json(), sort_keys=True).encode()


def signature(
    body: bytes, now: dt.datetime, *, secret: str = SERVICE_SECRET, **changes: Any
) -> str:
    """The Authorization header of the telemetry process for exactly this body."""
    at = int(now.timestamp())
    claims = {
        "iss": SERVICE_ISSUER,
        "aud": SERVICE_AUDIENCE,
        "sub": SERVICE_SUBJECT,
        "iat": at,
        "exp": at + 60,
        BODY_HASH_CLAIM: hashlib.sha256(body).hexdigest(),
        **changes,
    }
    return "Bearer " + jwt.encode(claims, secret, algorithm=ALGORITHM)
