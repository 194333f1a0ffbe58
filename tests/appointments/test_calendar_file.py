"""The calendar file, read back by a reader of its own that knows the RFC and not the library that wrote it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.appointments.calendar_file import CANCEL, REQUEST, Party, VisitEntry, calendar_file

pytestmark = pytest.mark.proves("BOK-03")
BUCHAREST = "Europe/Bucharest"
START = dt.datetime(2027, 3, 3, 12, 30, tzinfo=dt.UTC)
VISIT = VisitEntry(
    uid="0190-visit@restartix",
    sequence=0,
    summary="Kinetoterapie · Movimento",
    description="Ștefan Marin\nK7QX-4MPT",
    location="Centru; Str. Lungă 4, București",
    starts_at=START,
    ends_at=START + dt.timedelta(minutes=45),
    time_zone=BUCHAREST,
    organiser=Party("Movimento, S.R.L.", "contact@movimento.example"),
    attendee=Party('Petra "P" Țânțar', "petra@example.test"),
    status="CONFIRMED",
    written_at=dt.datetime(2027, 3, 1, 8, 0, tzinfo=dt.UTC),
    url="https://clinic.example/visit/1",
)
Line = tuple[str, dict[str, str], str]
PARAMETER = re.compile(r';([A-Z-]+)=("[^"]*"|[^;:"]*)')


def lines_of(content: bytes) -> list[Line]:
    """Content lines as name, parameters, value (RFC 5545, 3.1): unfolded, each at most 75 octets on the wire."""
    wire = content.split(b"\r\n")
    assert wire[-1] == b""
    assert max(map(len, wire)) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    unfolded = content.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]
    return [_line(text) for text in unfolded]


def _line(text: str) -> Line:
    name = re.match(r"[A-Z-]+", text)
    assert name is not None, text
    position, parameters = name.end(), {}
    while (found := PARAMETER.match(text, position)) is not None:
        parameters[found[1]] = found[2].strip('"')
        position = found.end()
    assert text[position] == ":"
    return name[0], parameters, text[position + 1 :]


def component(lines: list[Line], name: str) -> dict[str, Line]:
    """The properties of the first such component, without those of components inside it."""
    start = lines.index(("BEGIN", {}, name))
    depth, found = 0, {}
    for line in lines[start:]:
        depth += {"BEGIN": 1, "END": -1}.get(line[0], 0)
        if depth == 0:
            break
        if depth == 1:
            found[line[0]] = line
    return found


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def test_a_visit_is_written_on_the_places_clock() -> None:
    lines = lines_of(calendar_file(VISIT, REQUEST))
    assert lines[0] == ("BEGIN", {}, "VCALENDAR")
    assert component(lines, "VCALENDAR")["METHOD"][2] == "REQUEST"
    event = component(lines, "VEVENT")
    assert event["DTSTART"] == ("DTSTART", {"TZID": BUCHAREST}, "20270303T143000")
    assert event["DTEND"] == ("DTEND", {"TZID": BUCHAREST}, "20270303T151500")
    assert event["DTSTAMP"][2] == "20270301T080000Z"
    assert event["UID"][2] == VISIT.uid
    assert event["SEQUENCE"][2] == "0"
    assert event["STATUS"][2] == "CONFIRMED"
    assert unescaped(event["SUMMARY"][2]) == VISIT.summary
    assert unescaped(event["DESCRIPTION"][2]) == VISIT.description
    assert unescaped(event["LOCATION"][2]) == VISIT.location
    assert event["CLASS"][2] == "PRIVATE"


def test_the_zone_is_described_in_the_file() -> None:
    lines = lines_of(calendar_file(VISIT, REQUEST))
    assert component(lines, "VTIMEZONE")["TZID"][2] == BUCHAREST
    assert {line[2] for line in lines if line[0] == "TZOFFSETTO"} == {"+0200", "+0300"}


def test_who_invites_whom() -> None:
    event = component(lines_of(calendar_file(VISIT, REQUEST)), "VEVENT")
    assert event["ORGANIZER"][1] == {"CN": "Movimento, S.R.L."}
    assert event["ORGANIZER"][2].lower() == "mailto:contact@movimento.example"
    attendee = event["ATTENDEE"]
    assert attendee[2].lower() == "mailto:petra@example.test"
    assert attendee[1]["RSVP"] == "FALSE"
    nobody = dataclasses.replace(VISIT, attendee=None)
    assert "ATTENDEE" not in component(lines_of(calendar_file(nobody, REQUEST)), "VEVENT")


def test_a_move_keeps_the_identity_and_counts_on() -> None:
    later = START + dt.timedelta(days=30)
    moved = dataclasses.replace(
        VISIT, sequence=1, starts_at=later, ends_at=later + dt.timedelta(minutes=45)
    )
    event = component(lines_of(calendar_file(moved, REQUEST)), "VEVENT")
    assert (event["UID"][2], event["SEQUENCE"][2]) == (VISIT.uid, "1")
    assert event["DTSTART"][2] == "20270402T153000"  # Summer time by then.


def test_a_cancellation_takes_it_out() -> None:
    lines = lines_of(
        calendar_file(dataclasses.replace(VISIT, sequence=2, status="CANCELLED"), CANCEL)
    )
    assert component(lines, "VCALENDAR")["METHOD"][2] == "CANCEL"
    event = component(lines, "VEVENT")
    assert (event["STATUS"][2], event["SEQUENCE"][2]) == ("CANCELLED", "2")
    assert ("BEGIN", {}, "VALARM") not in lines


@given(
    start=st.datetimes(
        dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC)
    ).map(lambda moment: moment.replace(second=0, microsecond=0)),
    zone=st.sampled_from([BUCHAREST, "America/New_York", "Asia/Kathmandu"]),
    text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=200),
)
def test_what_is_read_back_is_what_was_written(start: dt.datetime, zone: str, text: str) -> None:
    visit = dataclasses.replace(
        VISIT,
        starts_at=start,
        ends_at=start + dt.timedelta(hours=1),
        time_zone=zone,
        summary=f"a{text}",
    )
    event = component(lines_of(calendar_file(visit, REQUEST)), "VEVENT")
    _name, parameters, value = event["DTSTART"]
    read = dt.datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=ZoneInfo(parameters["TZID"]))
    # In the repeated hour of autumn a local time names two instants (RFC 5545 means the first).
    assert read.astimezone(dt.UTC) in (start, start - dt.timedelta(hours=1))
    assert read.utcoffset() is not None
    assert unescaped(event["SUMMARY"][2]) == visit.summary
