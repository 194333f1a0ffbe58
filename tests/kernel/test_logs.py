"""No contact data, identifier or secret reaches a log line."""

from __future__ import annotations

import io
import json
import logging
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import logs
from app.kernel.scrubbing import is_sensitive, mask_text, scrub_value

pytestmark = pytest.mark.proves("SEC-01", "OPS-01")

PRIVATE = {
    "ana.pop+1@clinica.example.ro": "[email]",
    "ana%40example.ro": "[email]",
    "+40 722 123 456": "[phone]",
    "+40722123456": "[phone]",
    "0040722123456": "[phone]",
    "0722 123 456": "[phone]",
    "0722.123.456": "[phone]",
    "0213123456": "[phone]",
    "1960229410019": "[national id]",
    "RO49 AAAA 1B31 0075 9384 0000": "[iban]",
    "RO49AAAA1B31007593840000": "[iban]",
}
HARMLESS = [
    "2026-03-02T08:00:00.123456+02:00",
    "01a1fb5e-a5f8-750d-8ff7-7a94e1db26cf",
    "00123456-7890-4abc-8def-0123456789ab",
    "took 0.0722123456 s",
    "1772438400123",
    "1772438400",
    "/console/appointments/01a1fb5e-a5f8-750d-8ff7-7a94e1db26cf",
    "version 3.11.7",
    "10.0.0.12:8000",
    "K7QX-4MPT",
]


@pytest.fixture
def lines() -> Iterator[Any]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure_logging("INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before, level
    structlog.reset_defaults()
    logs.clear()


@pytest.mark.parametrize(("value", "mask"), PRIVATE.items())
def test_private_values_are_masked_inside_sentences(value: str, mask: str) -> None:
    assert mask_text(f"sent to {value}, retry") == f"sent to {mask}, retry"
    assert mask_text(f"({value})") == f"({mask})"


@pytest.mark.parametrize("value", HARMLESS)
def test_working_values_stay_readable(value: str) -> None:
    assert mask_text(value) == value


@given(st.uuids(version=4))
def test_identifiers_stay_readable(value: uuid.UUID) -> None:
    assert mask_text(f"/visits/{value}/edit") == f"/visits/{value}/edit"


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "contact_email",
        "Phone",
        "to",
        "cnp",
        "national_id",
        "tax_id",
        "X-Api-Key",
        "name",
        "password_hash",
        "first_name",
        "diagnosis_text",
        "Authorization",
        "answers",
        "birth_date",
    ],
)
def test_private_fields_are_dropped(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        "appointment_id",
        "org_id",
        "email_count",
        "token_kind",
        "route",
        "duration_ms",
        "job",
        "request_id",
        "patient_id",
        "delivery_id",
        "phone_code",
        "status",
    ],
)
def test_working_fields_stay(name: str) -> None:
    assert not is_sensitive(name)


def test_a_line_carries_its_request_and_no_contact(lines: Any) -> None:
    with logs.bound(request_id="r1", org_id="o1"):
        logs.logger("app.x").info(
            "hold_placed",
            appointment_id="a1",
            email="ana@example.ro",
            details={"phone": "0722123456", "list": ["+40722123456", 1960229410019, 3]},
        )
    (line,) = lines()
    assert line["event"] == "hold_placed"
    assert (line["request_id"], line["org_id"], line["appointment_id"]) == ("r1", "o1", "a1")
    assert (line["logger"], line["level"]) == ("app.x", "info")
    assert line["timestamp"].endswith("Z")
    assert line["email"] == "[removed]"
    assert line["details"] == {"phone": "[removed]", "list": ["[phone]", "[removed]", 3]}


def test_lines_of_libraries_pass_the_same_gate(lines: Any) -> None:
    logging.getLogger("gunicorn.error").warning("GET %s failed for %s", "/x?mail=a@b.ro", "a@b.ro")
    logging.getLogger("urllib3").info("hidden below warning")
    (line,) = lines()
    assert line["event"] == "GET /x?[removed] failed for [email]"
    assert line["logger"] == "gunicorn.error"


def test_exceptions_keep_their_place_and_lose_their_values(lines: Any) -> None:
    try:
        raise ValueError(
            'duplicate key\nDETAIL:  Key (email)=(Ana Pop) exists\n[parameters: ("Ana Pop", 3)]'
        )
    except ValueError:
        logs.logger("app.x").exception("insert_failed")
    (line,) = lines()
    assert "test_logs.py" in line["exception"]
    assert "ValueError: duplicate key" in line["exception"]
    assert "Ana Pop" not in line["exception"].partition("ValueError: duplicate")[2]


def test_links_and_credentials_lose_their_secrets() -> None:
    token = "eyJhIjoxfQ." + "x" * 43
    assert mask_text(f"GET /blobs/{token}") == "GET /blobs/[removed]"
    assert mask_text("postgresql://app:pw12@db:5432/x") == "postgresql://[removed]@db:5432/x"


def test_debug_is_silent_at_info(lines: Any) -> None:
    logs.logger("app.x").debug("noise")
    assert lines() == []


def test_bound_identifiers_end_with_the_request(lines: Any) -> None:
    logs.bind(request_id="r1")
    logs.clear()
    logs.logger("app.x").info("next")
    assert "request_id" not in lines()[0]


def test_numbers_stay_unless_they_name_a_person() -> None:
    assert [scrub_value(one) for one in (0, 200, -3, 1772438400123)] == [0, 200, -3, 1772438400123]
    assert scrub_value(1960229410019) != 1960229410019


@given(st.recursive(st.text() | st.integers() | st.binary() | st.none(), st.lists))
def test_any_value_becomes_json(value: object) -> None:
    json.dumps(scrub_value(value))


def test_a_hostile_line_costs_little() -> None:
    started = time.process_time()
    for hostile in ("a." * 50_000, "0 " * 50_000, "+1" * 50_000, "a@" * 50_000, "RO49" * 25_000):
        mask_text(hostile)
    assert time.process_time() - started < 2
