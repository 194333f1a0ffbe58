"""The clock-change report: visits around the next changes, before and after (BYD-02)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.scheduling.rules.walltime import (
    DAY,
    WEEK,
    Minute,
    day_start,
    local_ordinal,
    localised,
    midnight_offset,
)

_YEAR_DAYS = 366


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One change of a zone's offset (minutes east of UTC), at the instant `at`."""

    tz: str
    at: Minute
    before: int
    after: int


class PlannedVisit(NamedTuple):
    """One visit: where its wall clock was agreed, and the wall clock agreed if it was recorded.

    `agreed_minute` (minute of the day) shows drift: a visit whose instant no longer gives the time
    that was promised, because it was computed with the offset of another season.
    """

    ref: str
    start: Minute
    end: Minute
    agreed_minute: int | None = None
    patient_tz: str | None = None


class Finding(StrEnum):
    """What the report has to say of a visit."""

    STEADY = "steady"
    DRIFTED = "drifted"  # its wall clock is not the one agreed
    IN_CHANGE = "in_change"  # it spans the change: its clock length differs from its real one
    REPEATED_HOUR = "repeated_hour"  # its start reads the same twice that night
    PATIENT_SHIFTED = "patient_shifted"  # steady at the clinic, another hour where the patient is


@dataclass(frozen=True, slots=True)
class Line:
    """One visit around the change: local times as `2027-03-29 09:00`, and the findings."""

    ref: str
    start: Minute
    local: str
    patient_local: str | None
    after_change: bool
    findings: tuple[Finding, ...]


def next_changes(tz: str, since: Minute, count: int = 2) -> list[ClockChange]:
    """The zone's next changes of offset after the instant, within 14 months; perhaps none."""
    found: list[ClockChange] = []
    day = local_ordinal(tz, since)
    for ordinal in range(day, day + _YEAR_DAYS + 60):
        if midnight_offset(tz, ordinal) == midnight_offset(tz, ordinal + 1):
            continue
        change = _change(tz, ordinal)
        if change.at > since:
            found.append(change)
        if len(found) == count:
            break
    return found


def clock_change_report(
    change: ClockChange, visits: Iterable[PlannedVisit], weeks: int = 1
) -> list[Line]:
    """The visits within some weeks of the change on either side, in order, with findings."""
    near = [visit for visit in visits if abs(visit.start - change.at) <= weeks * WEEK]
    return [_line(change, visit) for visit in sorted(near, key=lambda visit: visit.start)]


def with_agreed_times(
    change: ClockChange, visits: Iterable[tuple[Hashable, PlannedVisit]]
) -> list[PlannedVisit]:
    """Visits after the change with the wall clock that was agreed, read from what repeats: (what repeats, visit).

    Who comes every Monday at nine has agreed to nine. A visit after the change that lies whole weeks of 168 hours from
    one before it, but at another local time, was moved by the clocks, unless another one of the same kind kept it.
    """
    known = list(visits)
    promised = {
        (key, (visit.start - change.at) % WEEK): _minute_of_day(change.tz, visit.start)
        for key, visit in known
        if visit.start < change.at
    }
    kept = {
        (key, localised(change.tz, visit.start).weekday(), minute)
        for key, visit, minute in (
            (key, visit, _minute_of_day(change.tz, visit.start))
            for key, visit in known
            if visit.start >= change.at
        )
    }
    return [_with_agreed(change, key, visit, promised, kept) for key, visit in known]


def _with_agreed(
    change: ClockChange,
    key: Hashable,
    visit: PlannedVisit,
    promised: dict[tuple[Hashable, Minute], int],
    kept: set[tuple[Hashable, int, int]],
) -> PlannedVisit:
    if visit.start < change.at or visit.agreed_minute is not None:
        return visit
    minute = promised.get((key, (visit.start - change.at) % WEEK))
    weekday = localised(change.tz, visit.start).weekday()
    if minute is None or (key, weekday, minute) in kept:
        return visit
    return visit._replace(agreed_minute=minute)


def _minute_of_day(tz: str, at: Minute) -> int:
    local = localised(tz, at)
    return local.hour * 60 + local.minute


def _change(tz: str, ordinal: int) -> ClockChange:
    """The change between two midnights of different offset, found by halving."""
    low, high = day_start(tz, ordinal) - 1, day_start(tz, ordinal + 1)
    before, after = _offset(tz, low), _offset(tz, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(tz, middle) == before:
            low = middle
        else:
            high = middle
    return ClockChange(tz, high, before, after)


def _offset(tz: str, at: Minute) -> int:
    offset = localised(tz, at).utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else 0


def _line(change: ClockChange, visit: PlannedVisit) -> Line:
    patient = visit.patient_tz
    return Line(
        visit.ref,
        visit.start,
        _wall(change.tz, visit.start),
        _wall(patient, visit.start) if patient else None,
        visit.start >= change.at,
        tuple(_findings(change, visit)) or (Finding.STEADY,),
    )


def _findings(change: ClockChange, visit: PlannedVisit) -> Iterator[Finding]:
    if visit.agreed_minute not in (None, _minute_of_day(change.tz, visit.start)):
        yield Finding.DRIFTED
    if visit.start < change.at < visit.end:
        yield Finding.IN_CHANGE
    back = change.before - change.after
    if back > 0 and change.at - back <= visit.start < change.at + back:
        yield Finding.REPEATED_HOUR
    if visit.patient_tz and _shift(change.tz, visit.start) != _shift(visit.patient_tz, visit.start):
        yield Finding.PATIENT_SHIFTED


def _shift(tz: str, at: Minute) -> int:
    """How far the zone's offset a week earlier lies from the one at the instant."""
    return _offset(tz, at) - _offset(tz, at - 7 * DAY)


def _wall(tz: str, at: Minute) -> str:
    return localised(tz, at).strftime("%Y-%m-%d %H:%M")
