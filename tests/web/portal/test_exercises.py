"""Exercises of the portal: instructions, what is missing, and the calls of a client that sends frames."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import redis as redis_library
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.consents.actions import withdraw
from app.kernel.access.actor import PATIENT, SERVICE, Actor, system
from app.kernel.capabilities import Capability
from app.kernel.capabilities import actions as capabilities
from app.kernel.tenancy.scope import Scope, scoped
from app.telerehab.actions import BIOMETRIC, record_result
from app.telerehab.models import PoseSession
from telemetry.contract import consent_key
from tests.factories.cast import Cast
from tests.factories.pose import SHOULDER, figures_of, make_ready, result_of
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

JSON = {"Accept": "application/json"}
START = "/movimento/portal/exercises/squat/sessions"


@pytest.fixture
def petra(
    session: Session, cast: Cast, signed_in: SignIn, redis: redis_library.Redis
) -> BrowserClient:
    """Petra, who may be measured."""
    assert cast.petra.patient_id is not None
    make_ready(session, cast.clinic.id, cast.petra.patient_id, cast.petra.human_id, NOW)
    return signed_in(cast.petra)


def start(client: BrowserClient, **body: object) -> TestResponse:
    return client.post(START, json=body, headers=JSON)


def text(response: TestResponse) -> str:
    return response.get_data(as_text=True)


@pytest.mark.proves("EXR-01", "PRT-01")
def test_the_list_leads_to_instructions_and_safety(petra: BrowserClient) -> None:
    page = petra.get("/movimento/portal/exercises")
    assert page.status_code == 200
    assert "/movimento/portal/exercises/sit-to-stand" in text(page)
    petra.set_cookie("lang", "ro")
    one = text(petra.get("/movimento/portal/exercises/squat"))
    assert "Genuflexiune" in one
    assert "Opriți-vă dacă apare o durere nouă" in one


@pytest.mark.proves("CNS-04")
def test_a_missing_consent_is_said_and_nothing_starts(
    petra: BrowserClient, session: Session, cast: Cast
) -> None:
    assert "Your consent to measuring is missing" not in text(
        petra.get("/movimento/portal/exercises")
    )
    assert cast.petra.patient_id is not None
    with scoped(session, Scope(org_id=cast.clinic.id)):
        actor = Actor(kind=PATIENT, org_id=cast.clinic.id, human_id=cast.petra.human_id)
        withdraw(session, actor, patient_id=cast.petra.patient_id, purpose=BIOMETRIC, now=NOW)
    assert "Your consent to measuring is missing" in text(petra.get("/movimento/portal/exercises"))
    refused = start(petra)
    assert (refused.status_code, refused.get_json()["error"]["code"]) == (403, "consent_missing")


@pytest.mark.proves("CAP-01")
def test_what_the_clinic_may_not_offer_is_said(
    petra: BrowserClient, session: Session, cast: Cast
) -> None:
    camera, operator, clinic_id = Capability.CAMERA_MEASUREMENT, system(None), cast.clinic.id
    capabilities.pause(
        session,
        operator,
        clinic_id,
        camera,
        reason="under review",
        expected_end=NOW + dt.timedelta(days=5),
        now=NOW,
    )
    assert "Measuring is paused" in text(petra.get("/movimento/portal/exercises/squat"))
    assert start(petra).get_json()["error"]["code"] == "capability_paused"
    capabilities.resume(session, operator, clinic_id, camera, now=NOW)
    capabilities.grant(session, operator, clinic_id, camera, granted=False, now=NOW)
    assert "does not measure exercises" in text(petra.get("/movimento/portal/exercises/squat"))
    capabilities.grant(session, operator, clinic_id, Capability.TELEREHAB, granted=False, now=NOW)
    off = text(petra.get("/movimento/portal/exercises"))
    assert "Exercises at home are not offered here" in off
    assert "exercises/squat" not in off
    assert start(petra).get_json()["error"]["code"] == "capability_off"


@pytest.mark.proves("TLM-02")
def test_a_client_starts_and_ends_a_session(
    petra: BrowserClient, session: Session, cast: Cast, redis: redis_library.Redis
) -> None:
    answer = start(petra, target_reps=12)
    assert answer.status_code == 201
    told = answer.get_json()
    assert redis.get(consent_key(str(cast.clinic.id), told["session_id"])) == "pose"
    assert told["telemetry_url"].startswith("http")
    assert "This session is running" in text(petra.get(told["url"]))
    for _ in range(2):
        assert petra.post(told["end_url"], headers=JSON).status_code == 204
    assert petra.get(told["url"], headers=JSON).get_json()["state"] == "ended"


@pytest.mark.parametrize(
    "body", [{"target_reps": 0}, {"target_reps": "ten"}, {"target_reps": True}, {"side": "up"},
             {"side": 3}, {"target_reps": 10**9}],
)  # fmt: skip
def test_an_impossible_wish_is_refused(petra: BrowserClient, body: dict[str, object]) -> None:
    assert start(petra, **body).status_code == 422


@pytest.mark.parametrize("raw", [b"[]", b"{", b"null", b'"ten"'])
def test_a_body_that_is_no_object_is_refused(petra: BrowserClient, raw: bytes) -> None:
    answer = petra.post(START, data=raw, headers={**JSON, "Content-Type": "application/json"})
    assert answer.status_code == 422


def test_a_start_needs_the_pages_token_and_a_login(
    petra: BrowserClient, client: BrowserClient
) -> None:
    assert petra.post(START, json={}, headers=JSON, forget_csrf=True).status_code == 400
    assert client.post(START, json={}, headers=JSON).status_code == 401
    assert client.get("/movimento/portal/exercises").status_code == 303


def test_nobody_else_sees_or_ends_a_session(
    petra: BrowserClient, signed_in: SignIn, cast: Cast, session: Session
) -> None:
    told = start(petra).get_json()
    carmen = signed_in(cast.carmen)
    assert carmen.get(told["url"]).status_code == 404
    assert carmen.post(told["end_url"], headers=JSON).status_code == 404
    stranger = signed_in(cast.bogdan)
    assert stranger.get(told["url"]).status_code == 404
    assert signed_in(cast.stefan).post(START, json={}, headers=JSON).status_code == 404
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(PoseSession.state)).one() == "started"


@pytest.mark.parametrize("path", ["no-such-exercise", f"squat/sessions/{uuid.UUID(int=7)}"])
def test_what_does_not_exist_is_not_found(petra: BrowserClient, path: str) -> None:
    assert petra.get(f"/movimento/portal/exercises/{path}").status_code == 404


@pytest.mark.proves("TLM-05")
def test_a_measured_session_shows_its_figures_and_curve(
    petra: BrowserClient, session: Session, cast: Cast
) -> None:
    told = start(petra, target_reps=5).get_json()
    assert cast.petra.patient_id is not None
    figures = figures_of(SHOULDER, "shoulder_flexion", target=5)
    result = result_of(
        cast.clinic.id, cast.petra.patient_id, uuid.UUID(told["session_id"]), figures
    )
    with scoped(session, Scope(org_id=cast.clinic.id)):
        service = Actor(kind=SERVICE, org_id=cast.clinic.id)
        record_result(session, service, result, now=NOW)
    page = text(petra.get(told["url"]))
    assert "data-angle-curve" in page
    assert "89°" in page
    assert "the specialist decides" in page
    assert petra.get(told["url"], headers=JSON).get_json()["reps"] == figures.reps
    assert "5 repetitions" in text(petra.get("/movimento/portal/exercises"))
