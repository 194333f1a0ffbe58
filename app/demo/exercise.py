"""Exercise sessions of the demo: real recordings, measured by the telemetry code, written back as after any session."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from zoneinfo import ZoneInfo

import jwt
from sqlalchemy import select

from app.demo.world import TIME_ZONE, World
from app.kernel.access.actor import SERVICE, Actor
from app.telerehab import actions, library
from app.telerehab.actions import Prescription
from app.telerehab.models import Exercise
from app.telerehab.tokens import TelemetryKeys
from config import ROOT, Settings
from telemetry.contract import SessionResult

# Exercise, recording, days ago, seconds of the recording: she does a little more each time.
SESSIONS = (
    ("squat", "squat.npz", 19, 9.0),
    ("shoulder-flexion", "shoulder_flexion.npz", 17, 8.0),
    ("squat", "squat.npz", 14, 14.0),
    ("shoulder-flexion", "shoulder_flexion.npz", 10, 12.0),
    ("squat", "squat.npz", 6, 20.0),
    ("shoulder-flexion", "shoulder_flexion.npz", 3, None),
    ("squat", "squat.npz", 1, None),
)
TARGET = 8


def exercise(world: World, settings: Settings, patient: Actor, patient_id: uuid.UUID) -> None:
    """Sessions of a patient over the last weeks."""
    library.ensure(world.session)
    keys = TelemetryKeys(settings.telemetry_token_secret, settings.telemetry_service_secret)
    lines, moments = [], []
    for slug, recording, days_ago, seconds in SESSIONS:
        started_at = _evening(world, days_ago)
        started = actions.start(
            world.session,
            patient,
            patient_id,
            Prescription(_exercise_id(world, slug), TARGET),
            keys,
            now=started_at,
        )
        claims = jwt.decode(started.token, options={"verify_signature": False})
        file = ROOT / "telemetry" / "demo" / recording
        lines.append(json.dumps({"claims": claims, "file": str(file), "seconds": seconds}))
        moments.append(started_at + dt.timedelta(minutes=2))
    service = Actor(kind=SERVICE, org_id=world.org_id)
    for body, moment in zip(_measured(lines, settings.storage), moments, strict=True):
        result = SessionResult.from_json(json.loads(body))
        actions.record_result(world.session, service, result, now=moment)


def _evening(world: World, days_ago: int) -> dt.datetime:
    """After work, never at the same minute: when people do their exercises."""
    day = world.today - dt.timedelta(days=days_ago)
    clock = dt.time(18, (days_ago * 17) % 60)
    return dt.datetime.combine(day, clock, ZoneInfo(TIME_ZONE)).astimezone(dt.UTC)


def _exercise_id(world: World, slug: str) -> uuid.UUID:
    return world.session.scalars(select(Exercise.id).where(Exercise.slug == slug)).one()


def _measured(lines: list[str], storage: str) -> list[str]:
    """The telemetry code runs in a process of its own: this one must not load numpy."""
    with tempfile.TemporaryDirectory() as folder:
        sessions = Path(folder, "sessions.jsonl")
        sessions.write_text("\n".join(lines), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "telemetry",
            "measure",
            str(sessions),
            "--storage",
            storage,
        ]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
        )
    return done.stdout.splitlines()
