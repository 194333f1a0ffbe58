"""Why a time is not offered (BYD-01), in words: the figures of a refusal on the clinic's clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from app.scheduling.queries import CalendarView
from app.scheduling.rules.refusals import Reason, Refusal
from app.scheduling.rules.walltime import to_datetime
from app.web.http.templating import clock, moment


@dataclass(frozen=True, slots=True)
class Why:
    """One specialist, and what keeps them from the time."""

    name: str
    sentences: list[str]


def explain(
    calendar: CalendarView, refusals: Mapping[str, Sequence[Refusal]], start: dt.datetime
) -> list[Why]:
    """The refusals of a start in sentences, by specialist; a calendar that nobody serves has one without a name."""
    names = {str(one.id): one.name for one in calendar.people}
    whys = [
        Why(names.get(id_, ""), [sentence(one, start) for one in found])
        for id_, found in refusals.items()
    ]
    return _shared_first(whys) if len(whys) > 1 else whys


def _shared_first(whys: list[Why]) -> list[Why]:
    """What holds for all of them is said once."""
    shared = [
        words for words in whys[0].sentences if all(words in one.sentences for one in whys[1:])
    ]
    if not shared:
        return whys
    own = (Why(one.name, [words for words in one.sentences if words not in shared]) for one in whys)
    return [Why(gettext("Everybody"), shared), *(one for one in own if one.sentences)]


def sentence(refusal: Refusal, start: dt.datetime) -> str:
    """One refusal as a sentence."""
    return _SENTENCES[refusal.reason](refusal, start)


def _time(minute: int | None, start: dt.datetime) -> str:
    """A time of day; with its date where that is another one."""
    if minute is None:
        return "–"
    at = to_datetime(minute)
    return clock(at) if abs(at - start) < dt.timedelta(hours=20) else moment(at)


def _outside(refusal: Refusal, start: dt.datetime) -> str:
    if refusal.since is not None and refusal.until is not None:
        return gettext(
            "Does not work then: hours ended %(since)s and begin again %(until)s.",
            since=_time(refusal.since, start),
            until=_time(refusal.until, start),
        )
    return gettext("Does not work then.")


def _overlap(refusal: Refusal, start: dt.datetime) -> str:
    if refusal.kind == "block":
        return gettext(
            "This time is blocked from %(since)s to %(until)s.",
            since=_time(refusal.since, start),
            until=_time(refusal.until, start),
        )
    return gettext(
        "Has a visit that takes %(since)s to %(until)s with its buffers.",
        since=_time(refusal.since, start),
        until=_time(refusal.until, start),
    )


def _off_grid(refusal: Refusal, start: dt.datetime) -> str:
    if refusal.until is None:
        return gettext(
            "Visits of this service start at set times: %(since)s is the last of that stretch.",
            since=_time(refusal.since, start),
        )
    return gettext(
        "Visits of this service start at set times: %(since)s or %(until)s, not between.",
        since=_time(refusal.since, start),
        until=_time(refusal.until, start),
    )


def _between(template: Callable[[str, str], str]) -> Callable[[Refusal, dt.datetime], str]:
    return lambda refusal, start: template(_time(refusal.since, start), _time(refusal.until, start))


def _no_space(refusal: Refusal) -> str:
    device = refusal.kind == "device"
    if not refusal.ref and device:
        return gettext("No device where they work will do for this service.")
    if not refusal.ref:
        return gettext("No room where they work will do for this service.")
    if device:
        return gettext("No device is free then: %(names)s.", names=refusal.ref)
    return gettext("No room is free then: %(names)s.", names=refusal.ref)


def _limit(refusal: Refusal) -> int:
    return refusal.limit or 0


_SENTENCES: dict[Reason, Callable[[Refusal, dt.datetime], str]] = {
    Reason.NO_SPECIALIST: lambda r, s: gettext("This specialist does not offer the service."),
    Reason.INACTIVE: lambda r, s: gettext("Does not see patients at present."),
    Reason.NO_ZONE: lambda r, s: gettext("Has no time zone yet, so has no bookable hours."),
    Reason.MISSING_TIME: lambda r, s: gettext(
        "The clocks skip this time; the next is %(time)s.", time=_time(r.since, s)
    ),
    Reason.DAY_CLOSED: lambda r, s: gettext("Does not work on this date."),
    Reason.OUTSIDE_HOURS: _outside,
    Reason.ENDS_AFTER_HOURS: _between(
        lambda since, until: gettext(
            "The visit would end after the hours of %(since)s to %(until)s.",
            since=since,
            until=until,
        )
    ),
    Reason.BUFFER_OUTSIDE_HOURS: _between(
        lambda since, until: gettext(
            "Its buffer would reach out of the hours of %(since)s to %(until)s.",
            since=since,
            until=until,
        )
    ),
    Reason.OFF_GRID: _off_grid,
    Reason.OVERLAPS: _overlap,
    Reason.HELD: lambda r, s: gettext(
        "Somebody is booking this time just now; it is free again at %(time)s unless they go on.",
        time=clock(dt.datetime.fromtimestamp(r.expires_s or 0, dt.UTC)),
    ),
    Reason.COOLDOWN: lambda r, s: ngettext(
        "Needs %(num)d minute of rest between visits.",
        "Needs %(num)d minutes of rest between visits.",
        _limit(r),
    ),
    Reason.TOO_SOON: lambda r, s: gettext(
        "Too soon: the first time is %(time)s.", time=_time(r.until, s)
    ),
    Reason.BEYOND_HORIZON: lambda r, s: ngettext(
        "Bookable at most %(num)d day ahead.",
        "Bookable at most %(num)d days ahead.",
        _limit(r),
    ),
    Reason.DAY_FULL: lambda r, s: ngettext(
        "Has the %(num)d visit that a day may have.",
        "Has the %(num)d visits that a day may have.",
        _limit(r),
    ),
    Reason.RESOURCE_TAKEN: lambda r, s: _no_space(r),
    Reason.CLASS_FULL: lambda r, s: ngettext(
        "The class is full: %(num)d place.",
        "The class is full: %(num)d places.",
        _limit(r),
    ),
}
