"""What may not be believed: every wrong request gets a clear 4xx that names what is wrong, and nothing is written."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.web.http.limits import limiter
from tests.factories.scene import Scene
from tests.web.api.conftest import CONSENTS, CONTACT, ROOT, Program

START = "2027-03-08T09:00:00+02:00"
BOOKING: dict[str, Any] = {
    "calendar": "kinetoterapie",
    "starts_at": START,
    "contact": CONTACT,
    "consents": CONSENTS,
}
AVAILABILITY = "/calendars/kinetoterapie/availability"


def faults(answer: Any) -> dict[str, str]:
    """What was refused: the place, and why."""
    told = answer.get_json()["errors"]
    return {one.get("pointer") or one["name"]: one["code"] for one in told}


@pytest.mark.proves("BOK-02")
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "json_malformed"),
        (b"{", 400, "json_malformed"),
        (b'{"calendar": NaN}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"[" * 60_000, 400, "json_malformed"),
        (b'{"a":' * 10_000, 400, "json_malformed"),
        (b'{"calendar": "\\ud800"}', 400, "json_malformed"),
        (b"\xff\xfe", 400, "json_malformed"),
        (b"a" * (10 * 1024 * 1024), 413, "http_413"),
    ],
    ids=["empty", "cut", "nan", "list", "deep", "deep-objects", "surrogate", "latin", "10-mb"],
)
def test_bodies_that_are_none(
    program: Program, scene: Scene, body: bytes, status: int, code: str
) -> None:
    answer = program.book(body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.proves("BOK-02")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"extra": 1}, {"/extra": "field_unknown"}),
        ({"calendar": None}, {"/calendar": "wrong_type"}),
        ({"calendar": "nothing-here"}, {"/calendar": "unknown_choice"}),
        ({"calendar": "a\x00b"}, {"/calendar": "wrong_form"}),
        ({"starts_at": 1_800_000_000}, {"/starts_at": "moment_malformed"}),
        ({"starts_at": "2027-03-08T09:00:00"}, {"/starts_at": "moment_malformed"}),
        ({"starts_at": "2027-03-08T09:00:30+02:00"}, {"/starts_at": "moment_malformed"}),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, {"/starts_at": "out_of_range"}),
        ({"starts_at": "2027-03-01T09:00:00+02:00"}, {"/starts_at": "slot_past"}),
        ({"specialist": "nobody"}, {"/specialist": "specialist_unknown"}),
        ({"hold": "x" * 40}, {"/hold": "wrong_form"}),
        ({"time_zone": "Mars/Olympus"}, {"/time_zone": "zone_unknown"}),
        ({"time_zone": "../../etc/passwd"}, {"/time_zone": "zone_unknown"}),
        ({"note": "a" * 2001}, {"/note": "too_long"}),
        (
            {"consents": [{"purpose": "sms_appointments", "version": "1"}]},
            {"/consents/0/version": "wrong_type"},
        ),
        ({"consents": CONSENTS * 6}, {"/consents": "too_many"}),
    ],
)
def test_fields_that_are_wrong_are_named(
    program: Program, scene: Scene, change: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = program.book(BOOKING | change)
    assert (answer.status_code, faults(answer)) == (422, expected)


@pytest.mark.proves("BOK-02")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phone": "0722"}, "phone_too_short"),
        ({"phone": "021 312 34 56"}, "phone_not_mobile"),
        ({"phone": "+44 7911 123456"}, "phone_wrong_country"),
        ({"phone": "0722 123 456", "country": "XX"}, "phone_unknown_country"),
        ({"email": "ana at example"}, "email_invalid"),
        ({"name": "\u202e\x00 "}, "required"),
    ],
)
def test_contacts_are_checked_as_on_the_pages(
    program: Program, scene: Scene, change: dict[str, str], code: str
) -> None:
    answer = program.book(BOOKING | {"contact": CONTACT | change})
    named = next(name for name in ("phone", "email", "name") if name in change)
    assert faults(answer) == {f"/contact/{named}": code}
    assert change[named] not in answer.text or named == "name"


@pytest.mark.proves("BOK-01", "BOK-02")
def test_a_foreign_phone_is_fine_with_its_country(program: Program, scene: Scene) -> None:
    abroad = CONTACT | {"phone": "07400 123456", "country": "GB"}
    assert program.book(BOOKING | {"contact": abroad}).status_code == 201


@pytest.mark.proves("BOK-02")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"from": "required"}),
        ("from=tomorrow", {"from": "day_malformed"}),
        ("from=2027-02-30", {"from": "day_malformed"}),
        ("from=1803513600", {"from": "day_malformed"}),
        ("from=0001-01-01", {"from": "out_of_range"}),
        ("from=9999-12-31", {"from": "out_of_range"}),
        ("from=2027-03-08&to=2027-03-01", {"to": "range_backwards"}),
        ("from=2027-03-08&to=2028-03-08", {"to": "range_too_long"}),
        ("from=2027-03-08&from=2027-03-09", {"from": "repeated"}),
        ("from=2027-03-08&colour=red", {"colour": "field_unknown"}),
        ("from=2027-03-08&location=7", {"location": "wrong_form"}),
        ("from=2027-03-08&time_zone=%00", {"time_zone": "zone_unknown"}),
    ],
)
def test_questions_that_are_wrong_are_named(
    program: Program, scene: Scene, query: str, expected: dict[str, str]
) -> None:
    answer = program.call("GET", f"{AVAILABILITY}?{query}")
    assert (answer.status_code, faults(answer)) == (422, expected)


@pytest.mark.proves("BOK-02")
def test_times_long_past_and_far_away_are_simply_not_free(program: Program, scene: Scene) -> None:
    for first in ("2020-01-01", "2190-01-01"):
        days = program.call("GET", f"{AVAILABILITY}?from={first}").get_json()["days"]
        assert len(days) == 7
        assert not any(day["starts"] for day in days)


@pytest.mark.proves("BOK-02")
def test_wrong_doors(program: Program, scene: Scene) -> None:
    form = program.book(b"calendar=kinetoterapie", content_type="application/x-www-form-urlencoded")
    assert (form.status_code, form.get_json()["code"]) == (415, "not_json")
    wrong = program.call("PUT", "/bookings", {})
    assert (wrong.status_code, "POST" in wrong.headers["Allow"]) == (405, True)
    for path in (
        "/nothing",
        "/bookings/x",
        "/holds/%00/extension",
        "/calendars/A%20b/availability",
    ):
        method = "POST" if "holds" in path else "GET"
        assert program.call(method, path).status_code == 404
    assert program.call("GET", "/calendars", root="/no-such-clinic/api/v1").status_code == 404
    short = program.call("POST", "/bookings", BOOKING, headers={"Idempotency-Key": "short"})
    assert faults(short) == {"Idempotency-Key": "key_wrong"}


@pytest.mark.proves("BOK-02", "SEC-01")
def test_a_login_gives_a_program_nothing(program: Program, app: Flask, scene: Scene) -> None:
    """A page elsewhere that makes a browser call the API acts as nobody."""
    program.client.set_cookie("session", "whatever")
    assert program.book(BOOKING).status_code == 201


Json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "9" * 400, "2027-13-45", "-0001-01-01", "%00", "'\";--", "🦴" * 50]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES: dict[str, dict[str, Any]] = {
    "/bookings": {**BOOKING, "note": "", "specialist": "stefan-marin", "hold": "x" * 30},
    "/holds": {"calendar": "kinetoterapie", "starts_at": START, "location": None},
    "/waiting-list": {
        "calendar": "kinetoterapie",
        "contact": CONTACT,
        "consents": CONSENTS,
        "weekdays": ["mon"],
        "first_day": "2027-03-15",
    },
    f"/bookings/{'a' * 22}/move": {"starts_at": START, "version": 0},
    f"/bookings/{'a' * 22}/cancellation": {"reason": ""},
}


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, Any]:
    """A request in which one place, somewhere, is not what it should be."""
    path = draw(st.sampled_from(sorted(BODIES)))
    body: Any = copy.deepcopy(BODIES[path])
    place = body
    while True:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not inner or not isinstance(inner, dict | list) or draw(st.booleans()):
            place[key] = draw(Json)
            return path, body
        place = inner


@pytest.mark.proves("BOK-02", "SEC-01")
def test_no_content_is_ever_our_fault(program: Program, scene: Scene) -> None:
    """Property: whatever stands in one place, the answer is one of the description's, never 5xx."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(spoiled(), st.text("0123456789abcdef", min_size=16, max_size=16))
    def check(request: tuple[str, Any], key: str) -> None:
        path, body = request
        program.call("POST", path, body, headers={"Idempotency-Key": key})

    check()


@pytest.mark.proves("SEC-01", "BOK-02")
def test_any_address_is_answered(program: Program, scene: Scene) -> None:
    """Property: whatever the parameters of the question say, it is answered or refused by name."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.dictionaries(
            st.sampled_from(["from", "to", "time_zone", "specialist", "location", "x"]),
            st.text(max_size=12) | st.dates().map(str) | st.sampled_from(["UTC", "Asia/Kolkata"]),
        )
    )
    def check(asked: dict[str, str]) -> None:
        answer = program.client.get(ROOT + AVAILABILITY, query_string=asked)
        assert answer.status_code in (200, 422), answer.text

    check()


@pytest.fixture
def counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits count, as in production; other tests ask faster than people do, so theirs were never attached."""
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    if not limiter.initialized:
        monkeypatch.setattr(app, "_got_first_request", False)
        limiter.init_app(app)
    limiter.enabled = True
    limiter.reset()
    yield
    limiter.reset()
    limiter.enabled = False


@pytest.mark.proves("SEC-01")
def test_limits_are_told_before_they_bite(program: Program, scene: Scene, counted: None) -> None:
    codes = []
    for _ in range(21):
        answer = program.call("POST", "/holds", {})
        codes.append(answer.status_code)
        assert answer.headers["RateLimit-Policy"] == '"address";q=20;w=60'
    assert codes == [422] * 20 + [429]
    assert answer.get_json()["code"] == "http_429"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert '"address";r=0;t=' in answer.headers["RateLimit"]
    assert program.call("GET", "/calendars").status_code == 200, "reading has a limit of its own"
    other = program.call("POST", "/holds", {}, root="/altius/api/v1")
    assert other.status_code == 422, "another clinic counts by itself"
