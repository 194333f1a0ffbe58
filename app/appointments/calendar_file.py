"""A visit as a calendar file that a patient's calendar adds, changes and removes (RFC 5545, RFC 5546; BOK-03)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
REQUEST: Method = "REQUEST"
CANCEL: Method = "CANCEL"
PUBLISH: Method = "PUBLISH"
PRODUCT = "-//RestartiX//Appointments//EN"
REMIND_BEFORE = dt.timedelta(hours=2)
# How often a subscriber is asked to look; calendars look as seldom as they like.
REFRESH = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Party:
    """The clinic that invites, or the patient who is invited."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """A visit as a calendar sees it.

    `uid` never changes in the life of the visit; `sequence` is its version, so that a calendar knows which of two
    files is newer (RFC 5546, 2.1.4). Times are aware; `time_zone` names the place's zone, in which they are written.
    """

    uid: str
    sequence: int
    summary: str
    description: str
    location: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    time_zone: str
    organiser: Party
    attendee: Party | None
    status: Literal["CONFIRMED", "CANCELLED"]
    written_at: dt.datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A visit in a feed that somebody subscribes to: no invitation, no alarm, times in UTC."""

    uid: str
    sequence: int
    summary: str
    description: str
    location: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    cancelled: bool
    changed_at: dt.datetime
    url: str = ""


def feed(name: str, entries: Iterable[FeedEntry]) -> bytes:
    """A calendar to subscribe to (RFC 5545; name and refresh interval by RFC 7986). The same visits, the same bytes."""
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    for entry in entries:
        calendar.add_component(_published(entry))
    content: bytes = calendar.to_ical()
    return content


def _published(visit: FeedEntry) -> Event:
    entry = Event()
    entry.add("UID", visit.uid)
    entry.add("SEQUENCE", visit.sequence)
    entry.add("DTSTAMP", visit.changed_at.astimezone(dt.UTC))
    entry.add("LAST-MODIFIED", visit.changed_at.astimezone(dt.UTC))
    entry.add("DTSTART", visit.starts_at.astimezone(dt.UTC))
    entry.add("DTEND", visit.ends_at.astimezone(dt.UTC))
    entry.add("SUMMARY", visit.summary)
    entry.add("STATUS", "CANCELLED" if visit.cancelled else "CONFIRMED")
    entry.add("TRANSP", "TRANSPARENT" if visit.cancelled else "OPAQUE")
    entry.add("CLASS", "PRIVATE")
    for key, value in (
        ("DESCRIPTION", visit.description),
        ("LOCATION", visit.location),
        ("URL", visit.url),
    ):
        if value:
            entry.add(key, value)
    return entry


def calendar_file(visit: VisitEntry, method: Method) -> bytes:
    """The file, in UTF-8 with CRLF. REQUEST adds or changes the entry, CANCEL takes it out."""
    return _file((visit,), method)


def course_file(visits: Iterable[VisitEntry]) -> bytes:
    """Several visits in one file: an invitation may hold only one, so they are published (RFC 5546, 3.2.1, 3.2.2)."""
    return _file(visits, PUBLISH)


def _file(visits: Iterable[VisitEntry], method: Method) -> bytes:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    for visit in visits:
        calendar.add_component(_entry(visit, method))
    # Calendars that do not know the zone by its name read its rules from the file itself.
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def visit_uid(appointment_id: object) -> str:
    """The identity of a visit in every calendar that ever held it."""
    return f"{appointment_id}@restartix"


def _entry(visit: VisitEntry, method: Method) -> Event:
    zone = ZoneInfo(visit.time_zone)
    entry = Event()
    entry.add("UID", visit.uid)
    entry.add("SEQUENCE", visit.sequence)
    entry.add("DTSTAMP", visit.written_at.astimezone(dt.UTC))
    entry.add("DTSTART", visit.starts_at.astimezone(zone))
    entry.add("DTEND", visit.ends_at.astimezone(zone))
    entry.add("SUMMARY", visit.summary)
    entry.add("DESCRIPTION", visit.description)
    entry.add("STATUS", visit.status)
    entry.add("TRANSP", "OPAQUE")
    # A calendar on a shared screen must not show what the appointment is about.
    entry.add("CLASS", "PRIVATE")
    if visit.location:
        entry.add("LOCATION", visit.location)
    if visit.url:
        entry.add("URL", visit.url)
    _add_parties(entry, visit, method)
    if method == REQUEST or (method == PUBLISH and visit.status == "CONFIRMED"):
        entry.add_component(_alarm(visit.summary))
    return entry


def _add_parties(entry: Event, visit: VisitEntry, method: Method) -> None:
    organiser = _address(visit.organiser)
    entry.add("ORGANIZER", organiser)
    # What is published invites nobody (RFC 5546, 3.2.1).
    if visit.attendee is None or method == PUBLISH:
        return
    attendee = _address(visit.attendee)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("ACCEPTED")
    # The clinic's mailbox is no calendar: answers would only be unread mail.
    attendee.params["RSVP"] = vText("FALSE")
    entry.add("ATTENDEE", attendee)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"MAILTO:{party.email}")
    address.params["CN"] = vText(party.name)
    return address


def _alarm(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", summary)
    alarm.add("TRIGGER", -REMIND_BEFORE)
    return alarm
