"""Availability cases in JSON: right answers, and a named field for whatever cannot be read."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from app.scheduling.cases import CaseError, answer, explain, read_document, sentence
from app.scheduling.rules.refusals import Reason
from tests.bench.slots_workload import SHARED

CASE: dict[str, Any] = {
    "id": "own-01",
    "title": "Mornings over the spring change, one visit with its own buffers, one hold",
    "source": {"what": "worked by hand"},
    "schedule": {
        "tz": "Europe/Bucharest",
        "weekly": {"fri": [["09:00", "12:00"]], "mon": [["09:00", "12:00"]]},
        "overrides": {
            "2027-03-27": {"mode": "add", "windows": [["23:00", "24:00"]]},
            "2027-03-30": {"mode": "replace", "windows": []},
        },
    },
    "service": {
        "duration_min": 45,
        "step_min": 30,
        "buffer_before_min": 0,
        "buffer_after_min": 15,
    },
    "now": "2027-03-26T07:05:30Z",
    "min_notice_min": 20,
    "horizon": {"days": 2, "count": "business"},
    "max_per_day": 4,
    "busy": [
        {
            "start": "2027-03-29T06:45:00Z",
            "end": "2027-03-29T07:00:00Z",
            "status": "booked",
            "before": 15,
        },
        {"start": "2027-03-29T08:00:00Z", "end": "2027-03-29T09:00:00Z", "status": "cancelled"},
    ],
    "holds": [
        {
            "start": "2027-03-26T09:00:00+02:00",
            "end": "2027-03-26T10:00:00+02:00",
            "owner": "b",
            "expires_at": "2027-03-26T08:00:00Z",
        },
    ],
    "query": {"from": "2027-03-26T00:00:00Z", "to": "2027-04-10T00:00:00Z", "client": "a"},
    "expect": [
        "2027-03-26T08:00:00Z",
        "2027-03-26T08:30:00Z",
        "2027-03-26T09:00:00Z",
        "2027-03-27T21:00:00Z",
        "2027-03-29T07:00:00Z",
        "2027-03-29T07:30:00Z",
        "2027-03-29T08:00:00Z",
    ],
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The case with one field set (or removed, with `...`), as in `busy.0.start`."""
    case = copy.deepcopy(CASE)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = case
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return case


@pytest.mark.proves("SCH-02")
def test_a_case_is_answered_in_utc() -> None:
    assert answer(CASE) == CASE["expect"]


@pytest.mark.proves("SCH-02", "BYD-01")
def test_the_shared_cases() -> None:
    path = SHARED / "cases.json"
    if not path.exists():
        pytest.skip("no shared data beside the project; test_conventions has the same rules")
    for case in read_document(path.read_text()):
        assert answer(case) == case["expect"], case["id"]
        assert all(explain(case, start) == () for start in case["expect"]), case["id"]


@pytest.mark.proves("SCH-02")
def test_the_patients_zone_changes_nothing() -> None:
    assert answer(changed("query.tz", "Asia/Kolkata")) == CASE["expect"]


def test_policies_may_stand_in_the_service_but_not_differ_from_the_case() -> None:
    case = changed("horizon", ...)
    case["service"]["horizon"] = CASE["horizon"]
    assert answer(case) == CASE["expect"]
    with pytest.raises(CaseError, match=r"service\.max_per_day"):
        answer(changed("service.max_per_day", 2))


def test_buffers_inside_hours_may_be_asked_for() -> None:
    assert answer(changed("buffers_inside_hours", True)) == CASE["expect"]  # each ends in time
    longer = changed("service.buffer_after_min", 16)
    longer["buffers_inside_hours"] = True
    last_of_each_window = {
        "2027-03-26T09:00:00Z",
        "2027-03-27T21:00:00Z",
        "2027-03-29T08:00:00Z",
    }
    assert answer(longer) == [one for one in CASE["expect"] if one not in last_of_each_window]


@pytest.mark.proves("BYD-01")
@pytest.mark.parametrize(
    ("at", "reasons"),
    [
        ("2027-03-29T07:00:00Z", []),
        ("2027-03-29T10:00", []),
        ("2027-03-29T09:30", [Reason.OVERLAPS]),
        ("2027-03-26T09:30:00+02:00", [Reason.HELD]),
        ("2027-03-26T09:00", [Reason.TOO_SOON, Reason.HELD]),
        ("2027-03-30T10:00", [Reason.DAY_CLOSED]),
        ("2027-03-28T03:30", [Reason.MISSING_TIME]),
        ("2027-04-02T10:00", [Reason.BEYOND_HORIZON]),
        ("2027-03-29T10:10", [Reason.OFF_GRID]),
    ],
)
def test_a_time_is_explained_by_instant_or_by_the_schedules_wall_clock(at, reasons) -> None:
    found = explain(CASE, at)
    assert [one.reason for one in found] == reasons


def test_a_refusal_reads_well_in_a_terminal() -> None:
    (held,) = explain(CASE, "2027-03-26T09:30")
    assert sentence(held, "Europe/Bucharest") == (
        "held: from 2027-03-26 09:00+02:00, to 2027-03-26 10:00+02:00, "
        "expires 2027-03-26 08:00:00+00:00, ref holds[0]"
    )
    beyond = explain(CASE, "2027-04-02T10:00")[0]
    assert sentence(beyond, "Europe/Bucharest") == (
        "beyond_horizon: from 2027-03-31 00:00+03:00, limit 2"
    )


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("schedule", ..., "schedule"),
        ("schedule.tz", "Europe/Bucuresti", "schedule.tz"),
        ("schedule.tz", "", "schedule.tz"),
        ("schedule.weekly.monday", [], "schedule.weekly.monday"),
        ("schedule.weekly.mon", [["9:00", "12:00"]], "schedule.weekly.mon[0]"),
        ("schedule.weekly.mon", [["09:00", "24:30"]], "schedule.weekly.mon[0]"),
        ("schedule.weekly.mon", [["09:00"]], "schedule.weekly.mon[0]"),
        ("schedule.weekly.mon", "09:00-12:00", "schedule.weekly.mon"),
        ("schedule.overrides.2027-02-30", {"mode": "add"}, "schedule.overrides.2027-02-30"),
        ("schedule.overrides.2027-03-30.mode", "closed", "schedule.overrides.2027-03-30"),
        ("schedule.colour", "red", "schedule.colour"),
        ("service.duration_min", ..., "service.duration_min"),
        ("service.duration_min", 0, "service"),
        ("service.step_min", "15", "service.step_min"),
        ("service.step_min", True, "service.step_min"),
        ("service.buffer_after", 5, "service.buffer_after"),
        ("now", "2027-03-26T07:05:30", "now"),
        ("now", ..., "now"),
        ("capacity", 3, "capacity"),
        ("horizon.count", "weeks", "horizon"),
        ("horizon.days", 1.5, "horizon.days"),
        ("horizon.days", -1, "horizon"),
        ("max_per_day", -1, "service"),
        ("buffers_inside_hours", 1, "buffers_inside_hours"),
        ("busy.0.end", "2027-03-29T06:00:00Z", "busy[0].end"),
        ("busy.0.start", "soon", "busy[0].start"),
        ("busy.0.before", -5, "busy[0]"),
        ("busy.0.status", 7, "busy[0].status"),
        ("busy.1.buffer", 5, "busy[1].buffer"),
        ("busy", {}, "busy"),
        ("holds.0.expires_at", "2027-03-26", "holds[0].expires_at"),
        ("holds.0.until", "2027-03-26T08:00:00Z", "holds[0].until"),
        ("query.to", "2027-03-01T00:00:00Z", "query.to"),
        ("query.client", 5, "query.client"),
        ("query.tz", "Mars/Olympus", "query.tz"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_field(path, value, field) -> None:
    with pytest.raises(CaseError) as refusal:
        answer(changed(path, value))
    assert refusal.value.field == field
    assert str(refusal.value).startswith(f"{field}: ")


def test_a_document_is_one_case_a_list_or_a_file_of_slots() -> None:
    for document in (CASE, [CASE], {"slots": [CASE], "conflicts": []}):
        assert read_document(json.dumps(document)) == [CASE]
    for text in ("nonsense", "[3]", '"text"'):
        with pytest.raises(CaseError):
            read_document(text)


@pytest.mark.parametrize("at", ["14:30", "2027-03-29T10:00:30", "tomorrow"])
def test_a_time_that_cannot_be_asked_about(at: str) -> None:
    with pytest.raises(CaseError, match=r"^at: "):
        explain(CASE, at)
