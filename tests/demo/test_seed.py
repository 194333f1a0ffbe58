"""The demo: two clinics, every state present, nobody told of the past, quick enough to wait for."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.states import IN_PROGRESS, STATES
from app.demo.cast import CLINICS, MARIA
from app.demo.logins import lines
from app.demo.seed import is_seeded, seed
from app.forms.models import FormInstance
from app.kernel.audit.models import AuditEvent
from app.kernel.outbox.models import OutboxEvent
from app.kernel.tenancy.scope import NOBODY, Scope, enter
from app.people.models import Patient
from app.telerehab.models import PoseSessionMetrics

# A Wednesday, 11:40 in Bucharest: the desk is in the middle of its day.
MOMENT = dt.datetime(2027, 3, 3, 9, 40, tzinfo=dt.UTC)


@pytest.mark.proves("KRN-01", "APT-01", "FRM-03", "TLM-05", "CAP-01")
def test_the_demo_opens_two_living_clinics(app: Flask, session: Session, redis: Redis) -> None:
    started = time.process_time()
    seed(session, redis, app.extensions["blobs"], app.config["SETTINGS"], MOMENT)
    spent = time.process_time() - started
    assert is_seeded(session)
    assert spent < 20
    for part in CLINICS:
        enter(session, NOBODY)
        org_id = session.execute(
            text("SELECT clinic_by_slug(:slug)"), {"slug": part.slug}
        ).scalar_one()
        enter(session, Scope(org_id=org_id))
        _lives(session, org_id, all_states=part is CLINICS[0])


def _lives(session: Session, org_id: object, *, all_states: bool) -> None:
    states = dict(
        session.execute(select(Appointment.state, func.count()).group_by(Appointment.state)).all()
    )
    assert states["done"] > 30
    if all_states:
        assert set(states) >= set(STATES) - {IN_PROGRESS}
        assert session.scalar(select(func.count()).select_from(FormInstance)) >= 4
        assert session.scalar(select(func.count()).select_from(PoseSessionMetrics)) == 7
        maria = session.scalars(select(Patient).where(Patient.email == MARIA[1])).one()
        assert maria.onboarded_at is not None
    oldest = session.scalar(select(func.min(Appointment.starts_at)))
    assert oldest < MOMENT - dt.timedelta(days=60)
    assert session.scalar(select(func.count()).select_from(AuditEvent)) > 100
    waiting = session.scalar(
        select(func.count())
        .select_from(OutboxEvent)
        .where(
            OutboxEvent.done_at.is_(None), OutboxEvent.available_at < MOMENT - dt.timedelta(hours=1)
        )
    )
    assert waiting == 0


def test_the_logins_name_every_surface() -> None:
    told = "\n".join(lines("http://127.0.0.1:8000"))
    for word in (
        "/movimento/",
        "/console/",
        "/portal/",
        "/kiosk/",
        "/platform/",
        "elena@movimento.demo",
    ):
        assert word in told
