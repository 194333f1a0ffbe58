"""The specialist's look at exercise sessions."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest
import redis as redis_library
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.kernel.access.actor import PATIENT, SERVICE, Actor
from app.kernel.access.models import Role
from app.kernel.audit.models import RecordAccess
from app.kernel.tenancy.scope import Scope, scoped
from app.telerehab import actions, queries
from app.telerehab.actions import Prescription, record_result
from app.telerehab.models import PoseSession
from app.telerehab.tokens import TelemetryKeys
from telemetry.contract import AngleCurve, PoseFigures, view_key
from tests.factories.cast import Cast
from tests.factories.pose import SHOULDER, SQUAT, figures_of, make_ready, result_of
from tests.support.app import NOW
from tests.support.browser_client import BrowserClient, SignIn

KEYS = TelemetryKeys("test-" + "t" * 40, "test-" + "u" * 40)
LIST = "/movimento/console/pose-sessions"


def text(response: TestResponse) -> str:
    assert response.status_code == 200
    return response.get_data(as_text=True)


class Sessions:
    """Petra's sessions, as she makes them."""

    def __init__(self, session: Session, cast: Cast) -> None:
        assert cast.petra.patient_id is not None
        self.session, self.org_id, self.patient_id = (
            session,
            cast.clinic.id,
            cast.petra.patient_id,
        )
        make_ready(session, self.org_id, self.patient_id, cast.petra.human_id, NOW)
        self.patient = Actor(kind=PATIENT, org_id=self.org_id, human_id=cast.petra.human_id)

    def start(self, slug: str = "squat", at: dt.datetime = NOW) -> uuid.UUID:
        with scoped(self.session, Scope(org_id=self.org_id)):
            wanted = Prescription(queries.exercise_by_slug(self.session, slug).id, 10)
            started = actions.start(
                self.session, self.patient, self.patient_id, wanted, KEYS, now=at
            )
        return started.session_id

    def measure(self, session_id: uuid.UUID, figures: PoseFigures | None) -> None:
        with scoped(self.session, Scope(org_id=self.org_id)):
            result = result_of(
                self.org_id, self.patient_id, session_id, figures or figures_of(SQUAT, "squat")
            )
            if figures is None:
                result = replace(result, pose=None, stream=None)
            service = Actor(kind=SERVICE, org_id=self.org_id)
            record_result(self.session, service, result, now=NOW)


@pytest.fixture
def sessions(session: Session, cast: Cast, redis: redis_library.Redis) -> Sessions:
    return Sessions(session, cast)


@pytest.fixture
def stefan(sessions: Sessions, cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.stefan)


def test_an_empty_list_says_what_would_be_here(stefan: BrowserClient) -> None:
    assert "No exercise session yet" in text(stefan.get(LIST))


@pytest.mark.proves("TLM-05", "INT-02")
def test_the_list_filters_by_patient_exercise_and_state(
    stefan: BrowserClient, sessions: Sessions, cast: Cast
) -> None:
    first, second = sessions.start("squat"), sessions.start("lunge", NOW + dt.timedelta(1))
    sessions.measure(first, figures_of(SHOULDER, "shoulder_flexion"))

    def shown(**query: str) -> set[uuid.UUID]:
        page = text(stefan.get(LIST, query_string=query))
        return {one for one in (first, second) if str(one) in page}

    assert shown() == {first, second}
    assert shown(exercise="lunge") == {second}
    assert shown(state="measured") == {first}
    assert shown(q="tantar") == {first, second}
    assert shown(q="nobody") == set()
    assert shown(patient=str(cast.david.patient_id)) == set()
    assert shown(size="1") == {second}
    assert shown(size="1", page="2") == {first}
    assert shown(sort="started_at", size="1") == {first}
    assert "5 of 10" in text(stefan.get(LIST, query_string={"state": "measured"}))
    assert "<html" not in text(stefan.fragment(LIST))


@pytest.mark.parametrize("query", ["patient=x", "sort=reps", "page=0"])
def test_a_list_that_cannot_be_is_refused(stefan: BrowserClient, query: str) -> None:
    assert stefan.get(f"{LIST}?{query}").status_code in (404, 422)


@pytest.mark.proves("TLM-05")
def test_the_page_shows_numbers_curve_repetitions_and_replay(
    stefan: BrowserClient, sessions: Sessions, session: Session, cast: Cast
) -> None:
    one = sessions.start("shoulder-flexion")
    sessions.measure(one, figures_of(SHOULDER, "shoulder_flexion"))
    page = text(stefan.get(f"{LIST}/{one}"))
    for expected in (
        "89°",
        "median; best 95°, first 85°, last 95°",
        "pose-1.0.0",
        "data-angle-curve",
        f'data-url="/movimento/console/pose-sessions/{one}/replay"',
        "data-reps=",
        "The camera stood elsewhere than the exercise asks for.",
        "the specialist decides",
        "Every repetition",
    ):
        assert expected in page, expected
    assert page.count("chart-rep ") + page.count('chart-rep"') >= 1
    assert "Do not read the degrees" not in page
    assert "hx-trigger" not in page.split('id="pose-session"')[1].split(">")[0]
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(RecordAccess.what)).all() == ["pose_session"]
    printed = text(stefan.get(f"{LIST}/{one}/print"))
    assert "89°" in printed
    assert "data-replay-player" not in printed


@pytest.mark.proves("TLM-05")
def test_degrees_that_should_not_be_read_are_not_shown_as_a_result(
    stefan: BrowserClient, sessions: Sessions
) -> None:
    one = sessions.start()
    sessions.measure(one, figures_of(SQUAT, "squat"))
    page = text(stefan.get(f"{LIST}/{one}"))
    assert "Do not read the degrees" in page
    assert "The camera stood so that the angle should not be read" in page
    assert "the 118° measured are not to be relied on" in page
    assert "median; best" not in page
    assert "not to be read" in text(stefan.get(LIST))


def test_while_a_result_is_awaited_the_page_asks_again(
    stefan: BrowserClient, sessions: Sessions
) -> None:
    one = sessions.start()
    waiting = text(stefan.get(f"{LIST}/{one}"))
    assert "live:sessions from:body, every 3s" in waiting
    sessions.measure(one, figures_of(SHOULDER, "shoulder_flexion"))
    assert "every 3s" not in text(stefan.fragment(f"{LIST}/{one}"))
    stale = sessions.start(at=NOW - dt.timedelta(hours=3))
    over = text(stefan.get(f"{LIST}/{stale}"))
    assert "Nothing was measured" in over
    assert "every 3s" not in over


def test_a_session_of_which_nothing_was_kept_says_so(
    stefan: BrowserClient, sessions: Sessions
) -> None:
    one = sessions.start()
    sessions.measure(one, None)
    assert "Nothing was measured" in text(stefan.get(f"{LIST}/{one}"))
    assert stefan.get(f"{LIST}/{one}/replay").status_code == 404


def test_a_strange_warning_a_missing_curve_and_gaps_are_no_fault(
    stefan: BrowserClient, sessions: Sessions
) -> None:
    figures = figures_of(SHOULDER, "shoulder_flexion")
    times = tuple(float(second) for second in range(1500))
    holes = tuple(None if second % 500 < 20 else 30.0 for second in range(1500))
    for curves in ((), (AngleCurve("left", times, holes), AngleCurve("right", times, holes))):
        one = sessions.start()
        changed = replace(figures, curves=curves, warnings=("made_up_tomorrow", "walking"))
        sessions.measure(one, changed)
        page = text(stefan.get(f"{LIST}/{one}"))
        assert "made_up_tomorrow" in page
        assert page.count('class="chart-doubt"') == (8 if curves else 0)
        assert len(page) < 90_000


@pytest.mark.proves("TLM-05", "KRN-07")
def test_the_replay_comes_as_it_was_stored(
    stefan: BrowserClient, sessions: Sessions, app: Flask
) -> None:
    one = sessions.start()
    sessions.measure(one, figures_of(SQUAT, "squat"))
    path = f"{LIST}/{one}/replay"
    assert stefan.get(path).status_code == 404
    app.extensions["blobs"].put(view_key(str(sessions.org_id), str(one)), b"\x1f\x8b content")
    answer = stefan.get(path)
    assert answer.data == b"\x1f\x8b content"
    assert answer.mimetype == "application/gzip"
    assert answer.content_encoding is None


@pytest.mark.proves("KRN-01", "KRN-03")
@pytest.mark.parametrize("tail", ["", "/print", "/replay"])
def test_who_may_see_a_session(
    sessions: Sessions, cast: Cast, client: BrowserClient, signed_in: SignIn, tail: str
) -> None:
    path = f"{LIST}/{sessions.start()}{tail}"
    assert client.get(path).status_code == 303
    assert signed_in(cast.ramona).get(path).status_code == 403
    assert signed_in(cast.bogdan).get(path).status_code == 404
    elsewhere = path.replace("movimento", "altius")
    assert signed_in(cast.bogdan).get(elsewhere).status_code == 404
    assert signed_in(cast.petra).get(path).status_code == 404


@pytest.mark.proves("KRN-04")
def test_a_role_for_own_patients_sees_no_other(
    stefan: BrowserClient, sessions: Sessions, session: Session, cast: Cast
) -> None:
    one = sessions.start()
    with scoped(session, Scope(org_id=cast.clinic.id)):
        session.execute(
            update(Role).where(Role.code == "specialist").values(own_patients_only=True)
        )
    assert str(one) not in text(stefan.get(LIST))
    assert stefan.get(f"{LIST}/{one}").status_code == 404


def test_a_hundred_times_as_many_sessions_are_listed_as_quickly(
    stefan: BrowserClient, sessions: Sessions, session: Session
) -> None:
    template = sessions.start()
    with scoped(session, Scope(org_id=sessions.org_id)):
        row = session.get_one(PoseSession, (sessions.org_id, template))
        kept = {column.name: getattr(row, column.name) for column in PoseSession.__table__.columns}
        session.execute(
            insert(PoseSession),
            [{**kept, "id": uuid.uuid4(), "token_id": uuid.uuid4()} for _ in range(300)],
        )
    page = text(stefan.get(LIST))
    assert "1–25 of 301" in page
    assert page.count("/movimento/console/pose-sessions/") < 60
