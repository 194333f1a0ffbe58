"""The write-back of the telemetry process: only what it signed, only where it belongs, any number of times."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
import redis as redis_library
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.kernel.access.actor import PATIENT, Actor
from app.kernel.tenancy.scope import Scope, enter
from app.telerehab import actions, queries
from app.telerehab.actions import Prescription
from app.telerehab.models import PoseSession, PoseSessionMetrics
from app.telerehab.tokens import TelemetryKeys
from telemetry.contract import RESULTS_PATH, SessionResult
from tests.factories.cast import Cast
from tests.factories.pose import SQUAT, body_of, figures_of, make_ready, result_of, signature
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient
from tests.support.clock import FrozenClock

KEYS = TelemetryKeys("test-" + "t" * 40, "test-" + "u" * 40)
Post = Callable[..., TestResponse]


@pytest.fixture
def result(session: Session, cast: Cast, redis: redis_library.Redis) -> SessionResult:
    """Of an open session of Petra's."""
    patient_id = cast.petra.patient_id
    assert patient_id is not None
    make_ready(session, cast.clinic.id, patient_id, cast.petra.human_id, NOW)
    enter(session, Scope(org_id=cast.clinic.id))
    started = actions.start(
        session,
        Actor(kind=PATIENT, org_id=cast.clinic.id, human_id=cast.petra.human_id),
        patient_id,
        Prescription(queries.exercise_by_slug(session, "squat").id, 10),
        KEYS,
        now=NOW,
    )
    session.commit()
    figures = figures_of(SQUAT, "squat")
    return result_of(cast.clinic.id, patient_id, started.session_id, figures)


@pytest.fixture
def post(client: BrowserClient) -> Post:
    """Post a body as the telemetry process does: no cookie, no CSRF token, its signature."""

    def send(body: bytes, authorization: str | None = None) -> TestResponse:
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": authorization or signature(body, NOW)}
        return client.post(RESULTS_PATH, data=body, headers=headers, forget_csrf=True)

    return send


def measured(session: Session, org_id: uuid.UUID) -> int:
    enter(session, Scope(org_id=org_id))
    return session.scalar(select(func.count()).select_from(PoseSessionMetrics)) or 0


@pytest.mark.proves("TLM-03", "TLM-04")
def test_a_result_is_taken_in_once(
    post: Post, session: Session, cast: Cast, result: SessionResult
) -> None:
    body = body_of(result)
    assert post(body).status_code == 204
    again = post(body)
    assert (again.status_code, again.get_json()) == (200, {"taken": "before"})
    assert measured(session, cast.clinic.id) == 1
    assert session.scalars(select(PoseSession.state)).one() == "measured"


@pytest.mark.proves("TLM-02")
def test_only_the_telemetry_process_writes_back(
    post: Post, session: Session, cast: Cast, result: SessionResult
) -> None:
    body = body_of(result)
    other = body.replace(b'"reps": 9', b'"reps": 99')
    assert other != body
    refused = {
        "nothing": "Bearer ",
        "no scheme": signature(body, NOW).removeprefix("Bearer "),
        "another secret": signature(body, NOW, secret="x" * 40),
        "our own secret": signature(body, NOW, secret=KEYS.token_secret),
        "another audience": signature(body, NOW, aud="telemetry"),
        "another issuer": signature(body, NOW, iss="restartix"),
        "another subject": signature(body, NOW, sub="service:other"),
        "expired": signature(body, NOW - dt.timedelta(hours=1)),
        "another body": signature(other, NOW),
    }
    for name, authorization in refused.items():
        answer = post(body, authorization)
        assert answer.status_code == 403, name
        assert answer.get_json()["error"]["code"] == "write_back_refused"
    assert measured(session, cast.clinic.id) == 0


def test_a_signature_from_before_does_not_fit_later(
    post: Post, result: SessionResult, clock: FrozenClock
) -> None:
    body = body_of(result)
    kept = signature(body, NOW)
    clock.set(NOW + dt.timedelta(minutes=10))
    assert post(body, kept).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[]", 422), (b"{}", 422), (b"null", 422)],
)
def test_what_is_no_result_is_refused_by_name(post: Post, body: bytes, status: int) -> None:
    answer = post(body)
    assert answer.status_code == status
    assert answer.get_json()["error"]["code"] in ("http_400", "contract")


def test_a_field_out_of_range_is_named(post: Post, result: SessionResult) -> None:
    told = json.loads(body_of(result))
    told["pose"]["coverage"] = 2
    answer = post(json.dumps(told).encode())
    assert answer.status_code == 422
    assert "coverage" in answer.get_json()["error"]["message"]


@pytest.mark.proves("KRN-01", "TLM-03")
def test_a_session_is_only_found_in_its_own_clinic(
    post: Post, session: Session, cast: Cast, result: SessionResult
) -> None:
    for changed in (
        {"organization_id": str(cast.other_clinic.id)},
        {"organization_id": str(uuid.uuid4())},
        {"organization_id": "clinic-a"},
        {"session_id": str(uuid.uuid4())},
        {"session_id": "s1"},
        {"principal_id": str(cast.david.patient_id)},
    ):
        body = body_of(replace(result, **changed))
        assert post(body).status_code == 404, changed
    assert measured(session, cast.clinic.id) == 0
    assert measured(session, cast.other_clinic.id) == 0


def test_a_replay_elsewhere_is_refused(post: Post, cast: Cast, result: SessionResult) -> None:
    assert result.stream is not None
    foreign = f"{cast.other_clinic.id}/{result.session_id}/view-v1.bin.gz"
    moved = replace(result, stream=replace(result.stream, view_key=foreign))
    assert post(body_of(moved)).status_code == 422


def test_a_body_beyond_all_measure_is_not_read(post: Post) -> None:
    assert post(b" " * (8 * 1024 * 1024 + 1)).status_code == 413
