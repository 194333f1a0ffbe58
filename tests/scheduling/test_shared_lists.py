"""Facts from other systems and from the standards beside the slot cases: overlaps, turns, places, calendar files.

Each list is read from the shared data where that lies beside the project, and has examples of our own everywhere.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from app.appointments.calendar_file import CANCEL, REQUEST, calendar_file
from app.lib.intervals import Span
from app.scheduling.rules.assignment import Strategy, assign
from app.scheduling.rules.availability import Asking, Specialist, availability, decide
from app.scheduling.rules.classes import joining
from app.scheduling.rules.fairness import Standing
from app.scheduling.rules.hours import Schedule, Window
from app.scheduling.rules.occupancy import Busy, Hold, Session, places_left
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.refusals import Reason, why
from app.scheduling.rules.walltime import DAY, from_datetime
from tests.appointments.test_calendar_file import VISIT, component, lines_of
from tests.bench.slots_workload import SHARED

EVER = Asking(0)
ALWAYS = (Schedule("UTC", ((Window(0, DAY),),) * 7),)
OWN: dict[str, list[dict[str, Any]]] = {
    "conflicts": [
        {"start": "2027-02-28T23:45:00Z", "duration_min": 30, "conflict": conflict, "busy": busy}
        for conflict, busy in [
            (False, []),
            (False, [{"start": "2027-03-01T00:15:00Z", "end": "2027-03-01T00:30:00Z"}]),
            (True, [{"start": "2027-03-01T00:14:00Z", "end": "2027-03-01T00:30:00Z"}]),
            (True, [{"start": "2027-02-01T00:00:00Z", "end": "2027-04-01T00:00:00Z"}]),
            (True, [{"start": "2027-02-28T23:50:00Z", "end": "2027-02-28T23:51:00Z"}]),
        ]
    ],
    "assignment": [
        {
            "id": "own-rr-01",
            "hosts": [
                {"id": "new", "priority": 1, "last_booked_at": None},
                {"id": "old", "priority": 1, "last_booked_at": "2027-01-01T00:00:00Z"},
            ],
            "pick": "new",
        },
    ],
    "capacity": [
        {
            "id": f"own-cap-{taken}-{held}",
            "capacity": 8,
            "sessions": [
                {
                    "start": "2027-03-28T00:30:00Z",
                    "end": "2027-03-28T01:30:00Z",
                    "taken": taken,
                    "held": held,
                }
            ],
            "expect": [{"start": "2027-03-28T00:30:00Z", "remaining": left}] if left else [],
        }
        for taken, held, left in [(0, 0, 8), (7, 0, 1), (5, 2, 1), (8, 0, 0), (6, 2, 0), (9, 1, 0)]
    ],
    "ical_text": [
        {"raw": "a,b;c\\d\ne", "escaped": "a\\,b\\;c\\\\d\\ne"},
        {"raw": "Ședință, 60 min; sala 2\\3", "escaped": "Ședință\\, 60 min\\; sala 2\\\\3"},
    ],
    "invitation_sequence": [
        {"step": "book", "sequence": 0, "method": "REQUEST", "status": "CONFIRMED"},
        {"step": "reschedule (3rd)", "sequence": 3, "method": "REQUEST", "status": "CONFIRMED"},
        {"step": "cancel", "sequence": 4, "method": "CANCEL", "status": "CANCELLED"},
    ],
}


def cases(name: str) -> list[dict[str, Any]]:
    """Our own, and those of the shared file where there is one."""
    path = SHARED / "cases.json"
    shared = json.loads(path.read_text()).get(name, []) if path.exists() else []
    return [*OWN[name], *shared]


def minute(text: str) -> int:
    return from_datetime(dt.datetime.fromisoformat(text))


@pytest.mark.proves("SCH-02", "SCH-05", "BYD-01")
@pytest.mark.parametrize("case", cases("conflicts"))
def test_two_stretches_conflict_or_touch(case: dict[str, Any]) -> None:
    busy = [Busy(minute(one["start"]), minute(one["end"])) for one in case["busy"]]
    offer = Offer(case["duration_min"], 1)
    person, start = Specialist("a", ALWAYS, busy), minute(case["start"])
    assert (decide(offer, [person], start, EVER) == ()) == case["conflict"]
    told = {one.reason for one in why(offer, person, start, EVER)}
    assert told == ({Reason.OVERLAPS} if case["conflict"] else set())


@pytest.mark.proves("SCH-03")
@pytest.mark.parametrize("case", cases("assignment"))
def test_the_turn_is_whose_it_is(case: dict[str, Any]) -> None:
    hosts = [
        Standing(
            one["id"],
            one.get("weight", 100),
            one["priority"],
            0,
            0.0,
            minute(one["last_booked_at"]) if one["last_booked_at"] else None,
        )
        for one in case["hosts"]
    ]
    everybody = [one.id for one in hosts]
    for order in (hosts, hosts[::-1]):
        assert assign(Strategy.PRIORITY, order, everybody, "visit").chosen == case["pick"]


@pytest.mark.proves("CAT-02", "SCH-04")
@pytest.mark.parametrize("case", cases("capacity"))
def test_a_held_place_counts_against_the_class(case: dict[str, Any]) -> None:
    expected = {minute(one["start"]): one["remaining"] for one in case["expect"]}
    for raw in case["sessions"]:
        start, end = minute(raw["start"]), minute(raw["end"])
        offer = Offer(end - start, 15, capacity=case["capacity"])
        meeting = Session(start, end, taken=raw["taken"], held=raw["held"], ref="class")
        assert places_left(case["capacity"], meeting) == expected.get(start, 0)
        # The same as the product reads it: bookings in the class, places kept by other browsers in holds.
        holds = [Hold(start, end, owner=str(n), group="yoga") for n in range(raw["held"])]
        taken = [Busy(start, end, ref="class")]
        person = Specialist("a", ALWAYS, taken, holds)
        seen = joining(person, offer, [meeting._replace(held=0)], "yoga", "me")
        span: Span = (start, start + 1)
        assert availability(offer, [seen], span, EVER).starts() == (
            [start] if start in expected else []
        )


@pytest.mark.proves("BOK-03")
@pytest.mark.parametrize("case", cases("ical_text"))
def test_text_is_escaped_in_a_calendar_file(case: dict[str, Any]) -> None:
    lines = lines_of(calendar_file(replace(VISIT, description=case["raw"]), REQUEST))
    written = component(lines, "VEVENT")["DESCRIPTION"][2]
    assert case["escaped"] in written


@pytest.mark.proves("BOK-03", "APT-03")
@pytest.mark.parametrize("case", cases("invitation_sequence"))
def test_an_invitation_replaces_the_one_before(case: dict[str, Any]) -> None:
    method = {"REQUEST": REQUEST, "CANCEL": CANCEL}[case["method"]]
    visit = replace(VISIT, sequence=case["sequence"], status=case["status"])
    lines = lines_of(calendar_file(visit, method))
    event = component(lines, "VEVENT")
    assert component(lines, "VCALENDAR")["METHOD"][2] == case["method"]
    assert event["SEQUENCE"][2] == str(case["sequence"])
    assert event["STATUS"][2] == case["status"]
    assert event["UID"][2] == VISIT.uid
