"""Why a start is not offered (BYD-01): every broken rule, with the figures that show it.

The reasons come from the same parts as the listing; a start has none exactly when it is listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.lib.intervals import overlaps
from app.scheduling.rules.availability import (
    Asking,
    Specialist,
    full_days,
    pool_starts,
    runs_for,
)
from app.scheduling.rules.grid import RESTING, Axis, Visit, bounds
from app.scheduling.rules.hours import Run, working_runs
from app.scheduling.rules.occupancy import NOTHING, Busy, Pool, Session, footprint, places_left
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import DAY, Minute, WallClock, instant, local_ordinal, wall_clock

_NEIGHBOURS_MIN = 7 * DAY


class Reason(StrEnum):
    """What stands against a start. In brackets: what the refusal's figures mean."""

    NO_SPECIALIST = "no_specialist"  # nobody offers this
    INACTIVE = "inactive"
    NO_ZONE = "no_zone"
    MISSING_TIME = "missing_time"  # the clocks skip it [since: the instant it moves to]
    DAY_CLOSED = "day_closed"  # an override leaves nothing of the date
    OUTSIDE_HOURS = "outside_hours"  # [since: end of hours before, until: start of hours after]
    ENDS_AFTER_HOURS = "ends_after_hours"  # [since, until: the hours it starts in]
    BUFFER_OUTSIDE_HOURS = "buffer_outside_hours"  # [since, until: the hours it lies in]
    OFF_GRID = "off_grid"  # [since: last grid point before, until: next after]
    OVERLAPS = "overlaps"  # [since, until: its footprint, ref and kind: what it is]
    HELD = "held"  # [since, until: its footprint, expires_s]
    COOLDOWN = "cooldown"  # [since, until: the visit it comes too close to, limit: minutes]
    TOO_SOON = "too_soon"  # [until: first start that respects the notice, limit: minutes]
    BEYOND_HORIZON = "beyond_horizon"  # [since: first instant beyond, limit: days]
    DAY_FULL = "day_full"  # [limit: visits a day]
    RESOURCE_TAKEN = "resource_taken"  # [kind: the pool's, ref: its resources]
    CLASS_FULL = "class_full"  # [since, until: the class, limit: places]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One broken rule; which fields are filled stands beside each Reason."""

    reason: Reason
    since: Minute | None = None
    until: Minute | None = None
    limit: int | None = None
    kind: str = ""
    ref: str = ""
    expires_s: int | None = None


def why(
    offer: Offer,
    person: Specialist,
    start: Minute,
    asking: Asking,
    pools: Sequence[Pool] = (),
) -> tuple[Refusal, ...]:
    """Every rule that keeps a visit with the specialist from starting then; () when none does."""
    if not person.active:
        return (Refusal(Reason.INACTIVE),)
    if not person.bookable:
        return (Refusal(Reason.NO_ZONE),)
    found = list(_reach(offer, person, start, asking.now_s))
    session = _session_at(offer, person, start)
    if session is not None and places_left(offer.capacity, session):
        return tuple(found)
    if session is not None:
        found.append(Refusal(Reason.CLASS_FULL, session.start, session.end, offer.capacity))
    found += _day(offer, person, start)
    found += _hours(offer, person, start)
    found += _taken(offer, person, start, asking, besides=session)
    found += _pools(offer, person, start, asking, pools)
    return tuple(found)


def why_each(
    offer: Offer,
    people: Sequence[Specialist],
    start: Minute,
    asking: Asking,
    pools: Sequence[Pool] = (),
) -> dict[str, tuple[Refusal, ...]]:
    """The reasons for each specialist who cannot take the start; {"": NO_SPECIALIST} for none."""
    if not people:
        return {"": (Refusal(Reason.NO_SPECIALIST),)}
    reasons = {person.id: why(offer, person, start, asking, pools) for person in people}
    return {id_: found for id_, found in reasons.items() if found}


def why_wall_clock(
    offer: Offer,
    person: Specialist,
    ordinal: int,
    minute: int,
    asking: Asking,
    pools: Sequence[Pool] = (),
) -> tuple[Refusal, ...]:
    """The same for a time read off the specialist's wall clock (date ordinal, minute of the day).

    A time that the clocks skip has MISSING_TIME, and the instant it moves forward to.
    """
    if not person.bookable:
        return why(offer, person, 0, asking, pools)
    tz = person.hours[0].tz
    at = instant(tz, ordinal, minute)
    if wall_clock(tz, ordinal, minute) is WallClock.MISSING:
        return (Refusal(Reason.MISSING_TIME, since=at),)
    return why(offer, person, at, asking, pools)


def _reach(offer: Offer, person: Specialist, start: Minute, now_s: int) -> Iterator[Refusal]:
    earliest = offer.earliest(now_s)
    if start < earliest:
        yield Refusal(Reason.TOO_SOON, until=earliest, limit=offer.min_notice_min)
    stop = offer.too_late_from(person.hours[0].tz, now_s)
    if stop is not None and start >= stop and offer.horizon is not None:
        yield Refusal(Reason.BEYOND_HORIZON, since=stop, limit=offer.horizon.days)


def _session_at(offer: Offer, person: Specialist, start: Minute) -> Session | None:
    if offer.capacity < 2:
        return None
    at_start = [session for session in person.sessions if session.start == start]
    return max(at_start, key=lambda one: places_left(offer.capacity, one), default=None)


def _day(offer: Offer, person: Specialist, start: Minute) -> Iterator[Refusal]:
    limit = offer.max_per_day
    if limit is None:
        return
    day = local_ordinal(person.hours[0].tz, start)
    if limit == 0 or day in full_days(limit, person, (start, start + 1)):
        yield Refusal(Reason.DAY_FULL, limit=limit)


def _hours(offer: Offer, person: Specialist, start: Minute) -> Iterator[Refusal]:
    runs = runs_for(offer, person, (start, start + 1))
    run = next((run for run in runs if run.start <= start < run.end), None)
    if run is None:
        yield _outside(person, start)
        return
    visit = person.visit(offer)
    if not visit.fits(start, run, buffers_inside=False):
        yield Refusal(Reason.ENDS_AFTER_HOURS, run.start, run.end)
    elif offer.buffers_inside_hours and not visit.fits(start, run, buffers_inside=True):
        yield Refusal(Reason.BUFFER_OUTSIDE_HOURS, run.start, run.end)
    yield from _off_grid(offer, visit, run, start)


def _off_grid(offer: Offer, visit: Visit, run: Run, start: Minute) -> Iterator[Refusal]:
    origin = max(origin for origin in run.origins if origin <= start)
    past = (start - origin) % offer.step_min
    if past:
        later = min((at for at in run.origins if at > start), default=start + offer.step_min)
        following = min(start - past + offer.step_min, later)
        _first, last = bounds(visit, run, buffers_inside=offer.buffers_inside_hours)
        yield Refusal(Reason.OFF_GRID, start - past, following if following <= last else None)


def _outside(person: Specialist, start: Minute) -> Refusal:
    layers = person.hours
    runs = working_runs(layers, start - _NEIGHBOURS_MIN, start + _NEIGHBOURS_MIN)
    before = max((run.end for run in runs if run.end <= start), default=None)
    after = min((run.start for run in runs if run.start > start), default=None)
    reason = Reason.DAY_CLOSED if _closes(person, start, runs) else Reason.OUTSIDE_HOURS
    return Refusal(reason, before, after)


def _closes(person: Specialist, start: Minute, runs: Iterable[Run]) -> bool:
    """Whether an override, and no lack of weekly hours, leaves the start's date empty."""
    for layer in person.hours:
        day = local_ordinal(layer.tz, start)
        if layer.replaces(day) and not any(
            overlaps((run.start, run.end), (instant(layer.tz, day, 0), instant(layer.tz, day, DAY)))
            for run in runs
        ):
            return True
    return False


def _taken(
    offer: Offer, person: Specialist, start: Minute, asking: Asking, besides: Session | None
) -> Iterator[Refusal]:
    visit = person.visit(offer)
    wanted = visit.footprint(start)
    for hold in person.holds:
        if hold.blocks(asking.now_s, asking.client):
            entry = hold.busy()
            if overlaps(footprint(entry), wanted):
                yield Refusal(
                    Reason.HELD, *footprint(entry), ref=hold.ref, expires_s=hold.expires_s
                )
            else:
                yield from _rest(visit, entry, start)
    if person.footprints is not NOTHING:
        raise ValueError("only rows of taken time can be explained")
    sessions = [session.busy() for session in person.sessions if session is not besides]
    for entry in (Busy(*row) for row in (*person.busy, *sessions)):
        if overlaps(footprint(entry), wanted):
            yield Refusal(Reason.OVERLAPS, *footprint(entry), kind=entry.kind, ref=entry.ref)
        else:
            yield from _rest(visit, entry, start)


def _rest(visit: Visit, entry: Busy, start: Minute) -> Iterator[Refusal]:
    near = start - visit.rest, start + visit.duration + visit.rest
    if visit.rest and entry.kind in RESTING and overlaps((entry.start, entry.end), near):
        yield Refusal(Reason.COOLDOWN, entry.start, entry.end, visit.rest, entry.kind, entry.ref)


def _pools(
    offer: Offer, person: Specialist, start: Minute, asking: Asking, pools: Sequence[Pool]
) -> Iterator[Refusal]:
    for pool in (one.at(person.site) for one in pools):
        if not any(pool_starts(Axis(start, 1, 1), person.visit(offer), pool, asking)):
            names = ", ".join(resource.name or resource.id for resource in pool.resources)
            yield Refusal(Reason.RESOURCE_TAKEN, kind=pool.kind, ref=names)
