"""Group classes as one calendar sees them: its own meetings can be joined, a held place counts (CAT-02)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.scheduling.rules.availability import Specialist
from app.scheduling.rules.occupancy import Hold, Session, places_left
from app.scheduling.rules.offer import Offer
from app.scheduling.rules.walltime import Minute


def joining(
    person: Specialist,
    offer: Offer,
    meetings: Sequence[Session],
    group: str,
    client: str | None,
) -> Specialist:
    """The specialist for a class calendar: its meetings are sessions and no longer mere taken time.

    `group` names the calendar in holds. A place that another browser keeps counts as gone, also where nobody has
    booked that meeting yet; one's own counts for nobody. Who keeps a place has it while one is not booked, whatever the
    others keep: a hold outlives its booking by a moment, and would else count twice.
    """
    known = {meeting.ref for meeting in meetings}
    kept = _held(person.holds, offer, group, client)
    own = _own(person.holds, offer, group, client)

    def held_by_others(start: Minute, taken: int = 0) -> int:
        most = offer.capacity - taken - 1 if start in own else kept[start]
        return max(0, min(kept[start], most))

    started = {meeting.start for meeting in meetings}
    unopened = [
        Session(
            start,
            start + offer.duration_min,
            offer.buffer_before_min,
            offer.buffer_after_min,
            held=held_by_others(start),
        )
        for start in kept
        if start not in started
    ]
    return replace(
        person,
        busy=[entry for entry in person.busy if entry[5] not in known],
        holds=[hold for hold in person.holds if hold.group != group],
        sessions=[
            *(one._replace(held=held_by_others(one.start, one.taken)) for one in meetings),
            *unopened,
        ],
    )


def places_at(offer: Offer, people: Sequence[Specialist], start: Minute) -> int:
    """The most places that one of these specialists has left for a class at that start."""
    return max(
        (
            next(
                (places_left(offer.capacity, one) for one in person.sessions if one.start == start),
                offer.capacity,
            )
            for person in people
        ),
        default=0,
    )


def _held(holds: Sequence[Hold], offer: Offer, group: str, client: str | None) -> Counter[Minute]:
    """Places that other browsers keep, by the start of the meeting."""
    return Counter(
        hold.start + offer.buffer_before_min
        for hold in holds
        if hold.group == group and (client is None or hold.owner != client)
    )


def _own(holds: Sequence[Hold], offer: Offer, group: str, client: str | None) -> set[Minute]:
    """The starts of the meetings in which this browser keeps a place."""
    return {
        hold.start + offer.buffer_before_min
        for hold in holds
        if hold.group == group and client is not None and hold.owner == client
    }
