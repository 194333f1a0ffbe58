"""What each door answers to requests that should not be taken."""

import gzip
import http.client
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import jwt
import numpy as np
import pytest

from telemetry.client import TelemetryClient, batches_of
from telemetry.codec import encode_batch
from telemetry.contract import (
    CONTENT_TYPE_FRAMES,
    CONTENT_TYPE_JSON,
    FRAMES_PATH,
    MAX_BATCH_COMPRESSED,
    MEDIA_PATH,
    MediaEvent,
    SessionEnd,
    consent_key,
    end_path,
)
from telemetry.inflate import deflate
from telemetry.recording_file import RecordingFile
from tests.telemetry.running import (
    ORIGIN,
    SERVICE_SECRET,
    TOKEN_SECRET,
    Telemetry,
    free_port,
    in_this_process,
    session_claims,
    token_of,
)


@pytest.fixture
def body(squat_file: RecordingFile) -> bytes:
    """A good batch."""
    return deflate(encode_batch(next(batches_of(squat_file))))


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Telemetry]:
    """One process for all doors; every test has its own session."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with in_this_process(tmp_path_factory.mktemp("doors"), redis_url, nobody) as running:
        yield running


_numbers = count()


@pytest.fixture
def name() -> str:
    """A session id that no other test uses."""
    return f"door-{next(_numbers)}"


@pytest.fixture
def client(telemetry: Telemetry, name: str) -> Iterator[TelemetryClient]:
    """A session that may send everything."""
    made = telemetry.session(name)
    yield made
    made.close()


def ask(
    telemetry: Telemetry, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request, as raw as it gets."""
    parts = urlsplit(telemetry.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    finally:
        connection.close()


def code(raw: bytes) -> str:
    """The code of a refusal."""
    return str(json.loads(raw)["error"]["code"])


def _signed(claims: dict[str, Any], secret: str = TOKEN_SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


GOOD = session_claims().to_json()
NOW = int(time.time())
FORGED = {
    "another secret": _signed(GOOD, "x" * 40),
    "service secret": _signed(GOOD, SERVICE_SECRET),
    "no signature": _signed(GOOD, "", "none"),
    "another algorithm": _signed(GOOD, TOKEN_SECRET * 2, "HS512"),
    "another audience": _signed({**GOOD, "aud": "app"}),
    "another issuer": _signed({**GOOD, "iss": "telemetry"}),
    "expired": _signed({**GOOD, "iat": NOW - 90, "exp": NOW - 60}),
    "issued tomorrow": _signed({**GOOD, "iat": NOW + 86_400, "exp": NOW + 90_000}),
    "no expiry": _signed({k: v for k, v in GOOD.items() if k != "exp"}),
    "no session": _signed({k: v for k, v in GOOD.items() if k != "sid"}),
    "path in clinic": _signed({**GOOD, "org": "../clinic-b"}),
    "path in session": _signed({**GOOD, "sid": "a/b"}),
    "unknown scope": _signed({**GOOD, "scope": ["pose", "admin"]}),
    "no scope": _signed({**GOOD, "scope": []}),
    "no tracking": _signed({**GOOD, "tracking": None}),
    "cut": _signed(GOOD)[:-4],
    "not a token": "hello",
    "not ascii": "\xff\xfe",
    "empty": "",
}


@pytest.mark.proves("TLM-02")
def test_forged_expired_and_misdirected_tokens_are_refused(
    telemetry: Telemetry, body: bytes
) -> None:
    telemetry.session()
    for name, token in FORGED.items():
        status, headers, raw = ask(
            telemetry,
            "POST",
            FRAMES_PATH,
            body,
            Authorization=f"Bearer {token}",
            Content_Type=CONTENT_TYPE_FRAMES,
        )
        assert (name, status) == (name, 401)
        assert headers["www-authenticate"] == "Bearer"
        assert code(raw) in {"token_invalid", "token_expired", "no_token"}


@pytest.mark.proves("TLM-02")
def test_a_token_dies_while_it_is_remembered(telemetry: Telemetry, name: str, body: bytes) -> None:
    client = telemetry.session(name, expires_at=int(time.time()) - 3)
    assert client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES).status == 202
    time.sleep(2.5)
    late = client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES)
    assert (late.status, late.body["error"]["code"]) == (401, "token_expired")


@pytest.mark.proves("TLM-02")
@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        (None, "consent_missing"),
        ("media", "consent_withdrawn"),
        ("withdrawn", "consent_withdrawn"),
        ("", "consent_withdrawn"),
        ("poser", "consent_withdrawn"),
    ],
)
def test_without_consent_nothing_is_taken(
    telemetry: Telemetry, name: str, body: bytes, flag: str | None, expected: str
) -> None:
    client = telemetry.session(name, consent=flag)
    answer = client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES)
    assert (answer.status, answer.body["error"]["code"]) == (403, expected)
    assert not list((telemetry.folder / "spool" / "open").rglob(f"{name}.spool"))


@pytest.mark.proves("TLM-02")
def test_consent_of_another_clinic_or_scope_does_not_help(
    telemetry: Telemetry, body: bytes
) -> None:
    telemetry.flags.set(consent_key("clinic-b", "s9"), "pose,media")
    stranger = telemetry.session("s9", consent=None)
    assert stranger.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES).status == 403
    narrow = telemetry.session("s8", scopes=("media",), tracking=None)
    answer = narrow.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES)
    assert (answer.status, answer.body["error"]["code"]) == (403, "wrong_scope")
    posing = telemetry.session("s7", scopes=("pose",))
    assert posing.media([MediaEvent("play", 0, "film")]).status == 403


@pytest.mark.proves("TLM-02")
def test_another_session_or_clinic_in_path_or_body_is_refused(
    client: TelemetryClient, name: str
) -> None:
    assert client.end(SessionEnd(), "someone-else").status == 403
    for field, value in (("session_id", "s2"), ("organization_id", "clinic-b")):
        event = MediaEvent("play", 0, "film").to_json()
        for path, content in (
            (MEDIA_PATH, {"events": [event], field: value}),
            (end_path(name), {field: value}),
        ):
            answer = client.post(path, json.dumps(content).encode(), CONTENT_TYPE_JSON)
            assert answer.status == 403
    assert (
        client.post(
            MEDIA_PATH,
            json.dumps(
                {"events": [event], "session_id": name, "organization_id": "clinic-a"}
            ).encode(),
            CONTENT_TYPE_JSON,
        ).status
        == 202
    )


@pytest.mark.proves("TLM-01", "TLM-09")
def test_addresses_methods_and_types(telemetry: Telemetry, body: bytes) -> None:
    telemetry.session()
    token = f"Bearer {token_of(session_claims())}"
    for path in (FRAMES_PATH, MEDIA_PATH, end_path("s1")):
        for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD"):
            assert ask(telemetry, method, path, Authorization=token)[0] == 405
    for path in ("/", "/v1", "/v1/sessions/s1", "/v1/sessions/s1/replay", "/v1/pose/frames/1"):
        assert ask(telemetry, "GET", path, Authorization=token)[0] == 404
    for kind in ("", "application/json", "text/plain", "application/gzip"):
        status, _, raw = ask(
            telemetry, "POST", FRAMES_PATH, body, Authorization=token, Content_Type=kind
        )
        assert (status, code(raw)) == (415, "wrong_content_type")


@pytest.mark.proves("TLM-01")
def test_no_answer_ever_holds_session_data(
    telemetry: Telemetry, client: TelemetryClient, body: bytes
) -> None:
    """TLM-09: reads go through the application; a batch's answer is a receipt."""
    answer = client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES)
    assert answer.body == {"status": "stored", "sequence": 0}


@pytest.mark.proves("TLM-03")
def test_bad_bodies_have_clear_answers(client: TelemetryClient, body: bytes) -> None:
    def sent(content: bytes) -> tuple[int, str]:
        answer = client.post(FRAMES_PATH, content, CONTENT_TYPE_FRAMES)
        return answer.status, answer.body["error"]["code"]

    assert sent(b"hello") == (400, "not_gzip")
    assert sent(body[: len(body) // 2]) == (400, "truncated")
    assert sent(gzip.compress(bytes(30_000_000))) == (413, "inflated_too_large")
    assert sent(bytes(MAX_BATCH_COMPRESSED + 1)) == (413, "body_too_large")
    assert sent(b"") == (400, "not_gzip")


@pytest.mark.proves("TLM-03")
def test_a_body_that_grows_without_telling_its_length_is_cut_off(telemetry: Telemetry) -> None:
    parts = urlsplit(telemetry.url)
    telemetry.session()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    connection.putrequest("POST", FRAMES_PATH)
    connection.putheader("Authorization", f"Bearer {token_of(session_claims())}")
    connection.putheader("Content-Type", CONTENT_TYPE_FRAMES)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = bytes(64 * 1024)
    for _ in range(5):
        connection.send(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    answer = connection.getresponse()
    assert (answer.status, code(answer.read())) == (413, "body_too_large")
    connection.close()


@pytest.mark.proves("TLM-03")
def test_nan_landmarks_are_refused_and_the_session_goes_on(
    client: TelemetryClient, squat_file: RecordingFile
) -> None:
    first, second = list(batches_of(squat_file))[:2]
    spoiled = first.image.copy()
    spoiled[0, 25, 0] = np.nan
    answer = client.frames(replace(first, image=spoiled))
    assert (answer.status, answer.body["error"]["code"]) == (422, "not_finite")
    assert client.frames(first).body["status"] == "stored"
    assert client.frames(second).body["status"] == "stored"


BAD_JSON = {
    "beyond floats": (
        b'{"events": [{"event": "play", "at_ms": 1, "media_id": "f", "position_s": 1%s}]}'
        % (b"0" * 400),
        422,
    ),
    "not json": (b"{", 400),
    "deep": (b"[" * 5000, 400),
    "a list": (b"[]", 422),
    "no events": (b'{"events": []}', 422),
    "unknown event": (b'{"events": [{"event": "dance", "at_ms": 1, "media_id": "f"}]}', 422),
    "no film": (b'{"events": [{"event": "play", "at_ms": 1}]}', 422),
    "negative time": (b'{"events": [{"event": "play", "at_ms": -1, "media_id": "f"}]}', 422),
    "text for time": (b'{"events": [{"event": "play", "at_ms": "1", "media_id": "f"}]}', 422),
    "odd milestone": (
        b'{"events": [{"event": "milestone", "at_ms": 1, "media_id": "f", "percent": 33}]}',
        422,
    ),
    "infinite": (
        b'{"events": [{"event": "play", "at_ms": 1, "media_id": "f", "position_s": Infinity}]}',
        422,
    ),
}


@pytest.mark.proves("TLM-09")
@pytest.mark.parametrize("case", sorted(BAD_JSON))
def test_bad_media_events_have_clear_answers(client: TelemetryClient, case: str) -> None:
    content, status = BAD_JSON[case]
    assert client.post(MEDIA_PATH, content, CONTENT_TYPE_JSON).status == status


@pytest.mark.proves("TLM-03")
@pytest.mark.parametrize(
    "content",
    [
        {"reason": "bored"},
        {"last_sequence": -1},
        {"last_sequence": True},
        {"sets": [[5, 1]]},
        {"sets": [1]},
        {"tracker": 7},
    ],
)
def test_bad_ends_are_refused_and_end_nothing(
    client: TelemetryClient, name: str, body: bytes, content: dict[str, Any]
) -> None:
    answer = client.post(end_path(name), json.dumps(content).encode(), CONTENT_TYPE_JSON)
    assert (answer.status, answer.body["error"]["code"]) == (422, "bad_end")
    assert client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES).status == 202


def test_an_empty_end_needs_no_body(client: TelemetryClient, name: str) -> None:
    assert client.post(end_path(name), b"", "").status == 202


@pytest.mark.proves("TLM-01")
def test_only_pages_of_the_application_may_post(telemetry: Telemetry) -> None:
    for origin in (ORIGIN, "http://alpha.clinic.test:8000"):
        status, headers, _ = ask(telemetry, "OPTIONS", FRAMES_PATH, Origin=origin)
        assert (status, headers["access-control-allow-origin"]) == (204, origin)
        assert "authorization" in headers["access-control-allow-headers"]
    for origin in (
        "http://evil.test",
        "https://clinic.test:8000",
        "http://clinic.test:9000",
        "http://notclinic.test:8000",
        "http://clinic.test:8000.evil.test",
        "null",
    ):
        _, headers, _ = ask(telemetry, "OPTIONS", FRAMES_PATH, Origin=origin)
        assert "access-control-allow-origin" not in headers
        assert headers["vary"] == "Origin"


@pytest.mark.proves("TLM-01")
def test_health_and_metrics(telemetry: Telemetry, client: TelemetryClient, body: bytes) -> None:
    status, _, raw = ask(telemetry, "GET", "/v1/healthz")
    assert (status, json.loads(raw)) == (200, {"status": "ok", "consent": True})
    client.post(FRAMES_PATH, body, CONTENT_TYPE_FRAMES)
    status, _, raw = ask(telemetry, "GET", "/metrics")
    assert status == 200
    taken = re.search(rb'telemetry_requests_total{code="202",door="frames"} (\d+)', raw)
    assert taken is not None
    assert int(taken[1]) >= 1
    assert b"telemetry_open_sessions " in raw
    assert b"clinic-a" not in raw
    assert ask(telemetry, "GET", "/metrics", X_Forwarded_For="203.0.113.9")[0] == 404
