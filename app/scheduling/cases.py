"""Availability cases written as JSON, read strictly into the rules' plain values.

The layout is that of `flask slots explain --json`: one case an object with `schedule`, `service`,
`now`, `query` and, as needed, `busy`, `holds`, `horizon`, `max_per_day`. A field that is not known
here is refused by name: an ignored rule would be a wrong answer without a sound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from app.lib.intervals import Span
from app.scheduling.rules.availability import Asking, Specialist, availability
from app.scheduling.rules.hours import Mode, Override, Schedule, Window, Windows
from app.scheduling.rules.occupancy import Busy, Hold, blocks
from app.scheduling.rules.offer import Count, Horizon, Offer
from app.scheduling.rules.refusals import Refusal, why, why_wall_clock
from app.scheduling.rules.walltime import UnknownZone, from_datetime, localised, utc_texts, zone

Json: TypeAlias = Mapping[str, Any]

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REMARKS = frozenset(
    {
        "id",
        "title",
        "source",
        "what",
        "note",
        "notes",
        "why",
        "comment",
        "origin",
        "tags",
        "beyond_seeds",
        "expect",
    }
)
_POLICY = frozenset({"min_notice_min", "horizon", "max_per_day", "buffers_inside_hours"})
_SERVICE = frozenset(
    {"duration_min", "step_min", "buffer_before_min", "buffer_after_min", "cooldown_min"}
)
_CASE = frozenset({"schedule", "service", "now", "query", "busy", "holds"}) | _POLICY
# What calendars and minutes can hold without running out of either; nothing real lies beyond.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
LONGEST_QUERY = timedelta(days=3660)
GREATEST = 10_000_000
LONGEST_MESSAGE = 300
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_OUT_OF_TIME = f"lies outside {FIRST.year} to {LAST.year - 1}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CaseError(ValueError):
    """The case cannot be read; the message begins with the field, as in `busy[2].end`."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(printable(f"{field}: {problem}", LONGEST_MESSAGE))
        self.field = field


def printable(text: str, limit: int) -> str:
    """The text on one line of a terminal: without control characters, cut where it is too long."""
    shown = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


@dataclass(frozen=True, slots=True)
class Case:
    """One case as the rules take it; the specialist has no name, so their id is empty."""

    offer: Offer
    specialist: Specialist
    asking: Asking
    span: Span


def answer(case: Json) -> list[str]:
    """The case's free starts in UTC, as `2027-03-28T06:00:00Z`. Raises CaseError."""
    asked = read(case)
    found = availability(asked.offer, [asked.specialist], asked.span, asked.asking)
    return utc_texts(found.starts())


def explain(case: Json, at: str) -> tuple[Refusal, ...]:
    """Why the case does not offer the time; () when it does, the query's range aside.

    `at` is ISO 8601: with an offset or Z an instant, without one the schedule's wall clock.
    Raises CaseError.
    """
    asked = read(case)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise CaseError("at", f"not an ISO 8601 time: {at!r}") from error
    if moment.second or moment.microsecond:
        raise CaseError("at", "visits start at whole minutes")
    if not FIRST.year <= moment.year < LAST.year:
        raise CaseError("at", _OUT_OF_TIME)
    if moment.tzinfo is None:
        minute = moment.hour * 60 + moment.minute
        return why_wall_clock(
            asked.offer, asked.specialist, moment.toordinal(), minute, asked.asking
        )
    return why(asked.offer, asked.specialist, from_datetime(moment), asked.asking)


def sentence(refusal: Refusal, tz: str) -> str:
    """A refusal for a terminal: its code and figures, instants on the zone's wall clock."""
    figures = {
        "from": localised(tz, refusal.since).isoformat(" ", "minutes")
        if refusal.since is not None
        else "",
        "to": localised(tz, refusal.until).isoformat(" ", "minutes")
        if refusal.until is not None
        else "",
        "expires": (_EPOCH + timedelta(seconds=refusal.expires_s)).isoformat(" ")
        if refusal.expires_s is not None
        else "",
        "limit": "" if refusal.limit is None else str(refusal.limit),
        "kind": refusal.kind,
        "ref": refusal.ref,
    }
    shown = ", ".join(f"{name} {figure}" for name, figure in figures.items() if figure)
    return f"{refusal.reason}: {shown}" if shown else str(refusal.reason)


def read_document(text: str) -> list[Json]:
    """The cases of a file: one object, a list of them, or an object whose `slots` lists them.

    Raises CaseError.
    """
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise CaseError("file", "not JSON that can be read: too deep") from error
    except ValueError as error:
        raise CaseError("file", f"not JSON: {error}") from error
    if isinstance(document, dict) and "slots" in document:
        document = document["slots"]
    return [
        _object(case, f"[{i}]")
        for i, case in enumerate(document if isinstance(document, list) else [document])
    ]


def read(case: Json) -> Case:
    """The case in the rules' own values. Raises CaseError naming the field."""
    case = _known(case, "case", _CASE)
    service = _known(_required(case, "service", ""), "service", _SERVICE | _POLICY)
    query = _known(_required(case, "query", ""), "query", {"from", "to", "client", "tz"})
    span = _minute(query, "from", "query."), _minute(query, "to", "query.")
    if span[1] < span[0]:
        raise CaseError("query.to", "lies before query.from")
    if span[1] - span[0] > LONGEST_QUERY // timedelta(minutes=1):
        raise CaseError("query.to", f"lies more than {LONGEST_QUERY.days} days after query.from")
    _refuse_unknown_zone(query)
    now_s = int((_present(case, "now", "") - _EPOCH) // timedelta(seconds=1))
    person = Specialist(
        "", (_schedule(_required(case, "schedule", "")),), _busy(case), _holds(case)
    )
    client = _text(query, "client", "query.") if query.get("client") is not None else None
    return Case(_offer(case, service), person, Asking(now_s, client), span)


def _refuse_unknown_zone(query: Json) -> None:
    """The asking patient's zone changes how starts are shown, never which there are."""
    try:
        if query.get("tz") is not None:
            zone(_text(query, "tz", "query."))
    except UnknownZone as error:
        raise CaseError("query.tz", str(error)) from error


def _schedule(value: Any) -> Schedule:
    raw = _known(value, "schedule", {"tz", "weekly", "overrides"})
    weekly = _known(_given(raw, "weekly", {}), "schedule.weekly", frozenset(_WEEKDAYS))
    week = tuple(_windows(_given(weekly, day, []), f"schedule.weekly.{day}") for day in _WEEKDAYS)
    overrides = _object(_given(raw, "overrides", {}), "schedule.overrides")
    tz = _text(raw, "tz", "schedule.")
    if not tz:
        raise CaseError("schedule.tz", "is empty")
    try:
        return Schedule(tz, week, dict(_override(day, item) for day, item in overrides.items()))
    except UnknownZone as error:
        raise CaseError("schedule.tz", str(error)) from error


def _override(day: str, value: Any) -> tuple[date, Override]:
    field = f"schedule.overrides.{day}"
    raw = _known(value, field, {"mode", "windows"})
    try:
        on, mode = date.fromisoformat(day), Mode(raw.get("mode"))
    except ValueError as error:
        raise CaseError(field, str(error)) from error
    return on, Override(mode, _windows(_given(raw, "windows", []), f"{field}.windows"))


def _windows(value: Any, field: str) -> Windows:
    return tuple(_window(item, f"{field}[{i}]") for i, item in enumerate(_list(value, field)))


def _window(value: Any, field: str) -> Window:
    ends = _list(value, field)
    if len(ends) != 2:
        raise CaseError(field, "a window is a start and an end")
    return Window.of(_clock(ends[0], field), _clock(ends[1], field))


def _clock(value: Any, field: str) -> int:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise CaseError(field, f"not a time of day between 00:00 and 24:00: {value!r}")
    return int(value[:2]) * 60 + int(value[3:])


def _offer(case: Json, service: Json) -> Offer:
    policy = {name: _policy(case, service, name) for name in _POLICY}
    inside = _given(policy, "buffers_inside_hours", False)
    if not isinstance(inside, bool):
        raise CaseError("buffers_inside_hours", "must be true or false")
    figures = {
        name: _whole(service[name], f"service.{name}")
        for name in _SERVICE
        if service.get(name) is not None
    }
    for name in ("duration_min", "step_min"):
        _required(service, name, "service.")
    limit = policy["max_per_day"]
    try:
        return Offer(
            **figures,
            buffers_inside_hours=inside,
            min_notice_min=_whole(_given(policy, "min_notice_min", 0), "min_notice_min"),
            horizon=_horizon(policy["horizon"]),
            max_per_day=None if limit is None else _whole(limit, "max_per_day"),
        )
    except ValueError as error:
        raise error if isinstance(error, CaseError) else CaseError("service", str(error)) from error


def _policy(case: Json, service: Json, name: str) -> Any:
    """A rule that may stand on the case or in its service, not differently on both."""
    if name in case and name in service and case[name] != service[name]:
        raise CaseError(f"service.{name}", "differs from the case's own")
    return case.get(name, service.get(name))


def _horizon(value: Any) -> Horizon | None:
    if value is None:
        return None
    raw = _known(value, "horizon", {"days", "count"})
    try:
        return Horizon(
            _whole(_required(raw, "days", "horizon."), "horizon.days"),
            Count(raw.get("count", "calendar")),
        )
    except ValueError as error:
        raise error if isinstance(error, CaseError) else CaseError("horizon", str(error)) from error


def _busy(case: Json) -> list[Busy]:
    entries: list[Busy] = []
    for i, value in enumerate(_list(_given(case, "busy", []), "busy")):
        at = f"busy[{i}]"
        raw = _known(value, at, {"start", "end", "before", "after", "status", "service"})
        status = raw.get("status")
        if status is not None and not isinstance(status, str):
            raise CaseError(f"{at}.status", "must be text")
        if blocks(status):
            entries.append(Busy(*_stretch(raw, at), ref=str(raw.get("id", at))))
    return entries


def _holds(case: Json) -> list[Hold]:
    holds: list[Hold] = []
    for i, value in enumerate(_list(_given(case, "holds", []), "holds")):
        at = f"holds[{i}]"
        raw = _known(
            value, at, {"start", "end", "before", "after", "owner", "expires_at", "service"}
        )
        expires = None
        if raw.get("expires_at") is not None:
            expires = _clamped(raw, "expires_at", f"{at}.")
        expires_s = None if expires is None else -((_EPOCH - expires) // timedelta(seconds=1))
        owner = _text(raw, "owner", f"{at}.") if raw.get("owner") is not None else ""
        ref = str(raw.get("id", at))
        holds.append(Hold(*_stretch(raw, at), expires_s=expires_s, owner=owner, ref=ref))
    return holds


def _stretch(raw: Json, at: str) -> tuple[int, int, int, int]:
    """Start, end (minutes; widened to whole ones, which moves no start) and own buffers."""
    first, last = _clamped(raw, "start", f"{at}."), _clamped(raw, "end", f"{at}.")
    if last < first:
        raise CaseError(f"{at}.end", "lies before its start")
    start = int((first - _EPOCH) // timedelta(minutes=1))
    before, after = (_whole(_given(raw, name, 0), f"{at}.{name}") for name in ("before", "after"))
    if before < 0 or after < 0:
        raise CaseError(at, "buffers must not be negative")
    return start, from_datetime(last), before, after


def _known(value: Any, field: str, names: Collection[str]) -> Json:
    """The object, its remarks aside only of fields that are known."""
    raw = _object(value, field)
    for name in raw:
        if name not in names and name not in _REMARKS:
            where = name if field == "case" else f"{field}.{name}"
            raise CaseError(where, "no such field")
    return raw


def _object(value: Any, field: str) -> Json:
    if not isinstance(value, Mapping):
        raise CaseError(field, "must be an object")
    return value


def _list(value: Any, field: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise CaseError(field, "must be a list")
    return value


def _given(raw: Json, name: str, otherwise: Any) -> Any:
    """The field, or the other value where it is absent or null."""
    value = raw.get(name)
    return otherwise if value is None else value


def _required(raw: Json, name: str, prefix: str) -> Any:
    if raw.get(name) is None:
        raise CaseError(f"{prefix}{name}", "is missing")
    return raw[name]


def _text(raw: Json, name: str, prefix: str) -> str:
    value = _required(raw, name, prefix)
    if not isinstance(value, str):
        raise CaseError(f"{prefix}{name}", "must be text")
    return value


def _whole(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CaseError(field, "must be a whole number")
    if abs(value) > GREATEST:
        raise CaseError(field, f"must lie between -{GREATEST} and {GREATEST}")
    return value


def _moment(raw: Json, name: str, prefix: str) -> datetime:
    value = _text(raw, name, prefix)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise CaseError(f"{prefix}{name}", f"not an ISO 8601 time: {value!r}") from error
    if moment.tzinfo is None:
        raise CaseError(f"{prefix}{name}", "needs Z or an offset")
    return moment


def _present(raw: Json, name: str, prefix: str) -> datetime:
    """A moment that is asked about, which lies in times that clocks are known for."""
    moment = _moment(raw, name, prefix)
    if not FIRST <= moment < LAST:
        raise CaseError(f"{prefix}{name}", _OUT_OF_TIME)
    return moment


def _clamped(raw: Json, name: str, prefix: str) -> datetime:
    """The end of something that may lie as far away as "for ever"."""
    return min(max(_moment(raw, name, prefix), FIRST), LAST)


def _minute(raw: Json, name: str, prefix: str) -> int:
    return from_datetime(_present(raw, name, prefix))
