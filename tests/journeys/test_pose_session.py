"""Journey 4d with real processes: a recording is streamed, measured, written back, and seen (TLM-02 to TLM-05)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.consents.actions import withdraw
from app.consents.events import WITHDRAWN
from app.kernel.access.actor import PATIENT, Actor
from app.kernel.outbox import at_once
from app.kernel.redis import connect
from app.kernel.tenancy.scope import Scope, enter
from app.lib.clock import SystemClock
from app.telerehab import flags
from app.telerehab.actions import BIOMETRIC, Prescription, start
from app.telerehab.models import PoseSession, PoseSessionMetrics
from app.telerehab.queries import exercise_by_slug, rep_rows
from app.telerehab.subscribers import stop_measuring_now
from app.telerehab.tokens import TelemetryKeys
from ops.demo_session import Portal, Wish, run
from ops.errors import OpsError
from ops.ports import LOOPBACK, free_port
from ops.supervisor import answers
from telemetry.client import ClientAnswer, TelemetryClient, batches_of
from telemetry.contract import CONSENT_WITHDRAWN, RESULTS_PATH, SessionEnd, consent_key, view_key
from telemetry.recording_file import load_recording
from telemetry.replay import read_display_replay
from tests.factories import cast
from tests.factories.pose import SQUAT, figures_of, make_ready
from tests.support.live import WEB_SERVER, Live, Program, wait_until

CLOCK = SystemClock()


@dataclass
class System:
    """Web and telemetry over one database, one Redis and one folder; each test has a clinic of its own."""

    live: Live
    url: str
    web: Program
    telemetry_url: str

    def start_web(self) -> None:
        port = self.url.rpartition(":")[2]
        self.web = self.live.start(
            *WEB_SERVER, WEB_PORT=port, BASE_URL=self.url, TELEMETRY_URL=self.telemetry_url
        )
        wait_until(lambda: answers(f"{self.url}/healthz"), self.web)

    def cut_web(self) -> None:
        """As a power cut would: the server and its workers."""
        for process in psutil.Process(self.web.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.web.kill()


class Patient(Portal):
    """A patient's browser that also withdraws."""

    def withdraw(self) -> None:
        path = f"{self._root}/consents/{BIOMETRIC}/withdraw"
        status, _, _ = self._send(path, f"csrf_token={self._csrf}".encode())
        assert status == 200


@dataclass
class Clinic:
    """A clinic with one patient who may be measured."""

    system: System
    id: uuid.UUID
    slug: str
    patient_id: uuid.UUID
    human_id: uuid.UUID
    email: str

    @property
    def scope(self) -> Scope:
        return Scope(org_id=self.id)

    def portal(self) -> Patient:
        portal = Patient(self.system.url, self.slug)
        portal.sign_in(self.email, cast.PASSWORD)
        return portal

    def state(self, session_id: str) -> str:
        def ask(session: Session) -> str:
            query = select(PoseSession.state).where(PoseSession.id == uuid.UUID(session_id))
            return session.scalars(query).one()

        return self.system.live.run(ask, self.scope)

    def wish(self, **changes: Any) -> Wish:
        wish = Wish(
            self.system.url, self.slug, self.email, cast.PASSWORD, "squat", 10, realtime=False
        )
        return dataclasses.replace(wish, **changes)


@pytest.fixture(scope="module")
def system(live_system: Live) -> Iterator[System]:
    web_port, telemetry_port = free_port(), free_port()
    url = f"http://{LOOPBACK}:{web_port}"
    telemetry_url = f"http://{LOOPBACK}:{telemetry_port}"
    telemetry = live_system.start(
        "-m", "telemetry", "serve",
        APP_URL=url, BASE_URL=url, TELEMETRY_PORT=str(telemetry_port),
        TELEMETRY_SPOOL=f"disk:{live_system.folder / 'spool'}", TELEMETRY_GRACE_SECONDS="1",
    )  # fmt: skip
    made = System(live_system, url, telemetry, telemetry_url)
    made.start_web()
    wait_until(lambda: answers(f"{telemetry_url}/v1/healthz"), telemetry)
    yield made
    made.cut_web()
    telemetry.kill()


@pytest.fixture
def clinic(system: System) -> Clinic:
    mark = uuid.uuid4().hex[:8]

    def make(session: Session) -> Clinic:
        now = CLOCK.now()
        place = cast._clinic(session, f"pose-{mark}")
        person = cast._patient(session, place, f"Petra{mark} Pose")
        assert person.patient_id is not None
        make_ready(session, place.id, person.patient_id, person.human_id, now)
        return Clinic(
            system, place.id, place.slug, person.patient_id, person.human_id, person.email
        )

    return system.live.run(make)


def send_frames(client: TelemetryClient) -> list[ClientAnswer]:
    return [client.frames(batch) for batch in batches_of(load_recording(SQUAT))]


@pytest.mark.proves("TLM-02", "TLM-03", "TLM-04", "TLM-05")
def test_what_is_streamed_is_what_the_specialist_gets(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(clinic.wish())
    said = capsys.readouterr().out
    expected = figures_of(SQUAT, "squat")
    session_id = uuid.UUID(told["session_id"])
    assert f"{clinic.system.url}/{clinic.slug}/console/pose-sessions/{session_id}" in said
    assert "Repetitions: 9 of 10" in said

    def check(session: Session) -> None:
        kept = session.scalars(
            select(PoseSessionMetrics).where(PoseSessionMetrics.session_id == session_id)
        ).one()
        for name in ("algorithm_version", "reps", "partial_reps", "rom_deg", "coverage"):
            assert getattr(kept, name) == getattr(expected, name), name
        assert kept.curve["curves"] == json.loads(
            json.dumps([dataclasses.asdict(curve) for curve in expected.curves])
        )
        reps = rep_rows(session, clinic.id, kept.id)
        assert [(one.start_s, one.peak_s, one.end_s, one.rom_deg) for one in reps] == [
            (row.start_s, row.peak_s, row.end_s, row.rom_deg) for row in expected.rep_rows
        ]

    clinic.system.live.run(check, clinic.scope)
    blobs = Path(clinic.system.live.env["STORAGE"].removeprefix("disk:"))
    replay = read_display_replay((blobs / view_key(str(clinic.id), str(session_id))).read_bytes())
    assert (replay.width, replay.height) == (1920, 1080)
    assert len(replay.times_ms) == 260


@pytest.mark.proves("CNS-03", "TLM-02")
def test_withdrawing_stops_the_very_next_batch_without_a_worker(clinic: Clinic) -> None:
    portal = clinic.portal()
    started = portal.start("squat", 10)
    client = TelemetryClient(started["telemetry_url"], started["token"])
    first, second, *_ = batches_of(load_recording(SQUAT))
    assert client.frames(first).status == 202
    portal.withdraw()
    assert client.frames(second).status == 403
    client.close()
    wait_until(lambda: clinic.state(started["session_id"]) == "abandoned")
    with pytest.raises(OpsError, match="consent_missing"):
        portal.start("squat", 10)


@pytest.mark.proves("CNS-03", "TLM-02")
def test_a_withdrawal_during_a_start_waits_for_it_and_stops_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = clinic.system.live
    redis = connect(live.redis_url)
    # Only for this test: the server goes with it.
    monkeypatch.setattr(flags._Installed, "redis", redis)
    at_once(WITHDRAWN)(stop_measuring_now)
    actor = Actor(kind=PATIENT, org_id=clinic.id, human_id=clinic.human_id)

    def take_back(session: Session) -> None:
        withdraw(session, actor, patient_id=clinic.patient_id, purpose=BIOMETRIC, now=CLOCK.now())

    withdrawing = Thread(target=live.run, args=(take_back, clinic.scope))
    with live.sessions() as starting:
        enter(starting, clinic.scope)
        wanted = Prescription(exercise_by_slug(starting, "squat").id, 10)
        keys = TelemetryKeys(
            live.env["TELEMETRY_TOKEN_SECRET"], live.env["TELEMETRY_SERVICE_SECRET"]
        )
        started = start(starting, actor, clinic.patient_id, wanted, keys, now=CLOCK.now())
        withdrawing.start()
        withdrawing.join(0.5)
        assert withdrawing.is_alive()
        starting.commit()
    withdrawing.join(10)
    flag = redis.get(consent_key(str(clinic.id), str(started.session_id)))
    assert flag == CONSENT_WITHDRAWN
    redis.close()


@pytest.mark.proves("TLM-03")
def test_an_application_that_is_away_gets_the_result_when_it_is_back(clinic: Clinic) -> None:
    portal = clinic.portal()
    started = portal.start("squat", 10)
    client = TelemetryClient(started["telemetry_url"], started["token"])
    assert {answer.status for answer in send_frames(client)} == {202}
    clinic.system.cut_web()
    assert client.end(SessionEnd(last_sequence=25)).status == 202
    client.close()
    time.sleep(0.5)
    assert clinic.state(started["session_id"]) == "started"
    clinic.system.start_web()
    wait_until(lambda: clinic.state(started["session_id"]) == "measured")


@pytest.mark.proves("TLM-02")
def test_a_token_is_good_for_its_session_and_only_while_it_runs(clinic: Clinic) -> None:
    portal = clinic.portal()
    first, second = portal.start("squat", 10), portal.start("squat", 10)
    batch = next(iter(batches_of(load_recording(SQUAT))))
    forged = TelemetryClient(first["telemetry_url"], first["token"][:-4] + "AAAA")
    assert forged.frames(batch).status == 401
    client = TelemetryClient(first["telemetry_url"], first["token"])
    assert client.frames(batch).status == 202
    assert client.end(SessionEnd(), session_id=second["session_id"]).status == 403
    assert client.end(SessionEnd(last_sequence=0)).status == 202
    wait_until(lambda: clinic.state(first["session_id"]) == "measured")
    late = client.frames(dataclasses.replace(batch, sequence=1))
    assert (late.status, late.body["error"]["code"]) == (409, "session_over")
    assert clinic.state(second["session_id"]) == "started"
    for one in (forged, client):
        one.close()


def test_the_token_does_not_open_the_application(clinic: Clinic) -> None:
    token = clinic.portal().start("squat", 10)["token"]
    request = urllib.request.Request(
        clinic.system.url + RESULTS_PATH,
        b"{}",
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)
    assert refusal.value.code == 403


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "cannot sign in"),
        ({"clinic": "no-such-clinic"}, "does not exist"),
        ({"base_url": f"http://{LOOPBACK}:9"}, "make run"),
    ],
)
def test_the_command_says_in_one_line_what_is_missing(
    clinic: Clinic, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(OpsError, match=sentence) as problem:
        run(clinic.wish(**changes))
    assert "\n" not in str(problem.value)
