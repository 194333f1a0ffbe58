"""Rooms and devices: which a service needs, and taking one for a visit (SCH-07)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Service
from app.kernel import live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.ids import uuid7
from app.scheduling.actions.occupancy import Taken, occupy
from app.scheduling.models import Occupancy, Room, ServiceSpace
from app.scheduling.queries.spaces import DEVICE, ROOM, Needs, Space, needs_of, spaces_of

# Visits of the same specialist this near speak for their room: nobody likes to move house between two patients.
NEAR = dt.timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Placed:
    """The room and the device that a visit has; None where it needs none."""

    room_id: uuid.UUID | None = None
    device_id: uuid.UUID | None = None


NOWHERE = Placed()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visit needs: kinds of spaces for a service, at the specialist's location.

    `prefer` are the spaces it had; `held` are resource numbers that other browsers keep, taken last.
    """

    kinds: tuple[str, ...]
    service_id: uuid.UUID
    location_id: uuid.UUID | None
    specialist_resource_id: uuid.UUID
    prefer: frozenset[uuid.UUID] = field(default_factory=frozenset)
    held: frozenset[int] = field(default_factory=frozenset)


def take_spaces(
    session: Session,
    org_id: uuid.UUID,
    wanted: Wanted,
    taken: Taken,
    reference_id: uuid.UUID,
    *,
    kind: str,
) -> Placed | None:
    """Take one space of each kind that is needed; None when one kind has none free, and the caller rolls back.

    A room always before a device, so that two who come at once never wait for each other in a circle.
    """
    if not wanted.kinds:
        return NOWHERE
    order = _order(session, org_id, wanted, taken)
    found: dict[str, uuid.UUID] = {}
    for needed in wanted.kinds:
        won = next(
            (
                one
                for one in order
                if one.kind == needed
                and occupy(
                    session,
                    org_id,
                    one.resource_id,
                    one.resource,
                    taken,
                    kind=kind,
                    reference_id=reference_id,
                )
            ),
            None,
        )
        if won is None:
            return None
        found[needed] = won.id
    return Placed(found.get(ROOM), found.get(DEVICE))


def best_spaces(
    session: Session, org_id: uuid.UUID, wanted: Wanted, taken: Taken
) -> tuple[Space, ...]:
    """Those that a visit would be given now, one a kind, for a hold; fewer where none is free."""
    order = _order(session, org_id, wanted, taken) if wanted.kinds else ()
    firsts = (
        next((one for one in order if one.kind == kind and one.resource not in wanted.held), None)
        for kind in wanted.kinds
    )
    return tuple(one for one in firsts if one is not None)


def set_needs(
    session: Session,
    actor: Actor,
    service_id: uuid.UUID,
    needs: Needs,
    *,
    seen: str,
    now: dt.datetime,
) -> None:
    """Say what a service needs beside its specialist. Visits that are booked keep what they have.

    Raises Conflict when it is no longer what `seen` (of `mark_of_needs`) marks; Invalid for a space that is no
    longer in use, or a device needed where none is chosen.
    """
    locked = select(Service.id).where(Service.org_id == actor.clinic, Service.id == service_id)
    if session.scalar(locked.with_for_update()) is None:
        raise NotFound("service_not_found")
    before = needs_of(session, actor.clinic, service_id)
    if seen != mark_of_needs(before):
        raise Conflict("changed_meanwhile")
    _check(session, actor.clinic, needs)
    _write(session, actor.clinic, service_id, needs, now)
    record(
        session,
        actor,
        "schedule.set_needs",
        "service",
        service_id,
        at=now,
        before=_said(before),
        after=_said(needs),
    )
    live.tell(session, actor.clinic, live.AVAILABILITY)


def copy_needs(session: Session, org_id: uuid.UUID, source: uuid.UUID, copy: uuid.UUID) -> None:
    """Give a copied service the needs of the one it was copied from."""
    needs = needs_of(session, org_id, source)
    _write(session, org_id, copy, needs, None)


def mark_of_needs(needs: Needs) -> str:
    """The mark of needs as they are stored, for `seen`."""
    return fingerprint(_said(needs))


def _said(needs: Needs) -> dict[str, object]:
    return {
        "room": needs.room,
        "device": needs.device,
        "space_ids": sorted(str(one) for one in needs.space_ids),
    }


def _check(session: Session, org_id: uuid.UUID, needs: Needs) -> None:
    rows = session.execute(
        select(Room.id, Room.kind).where(
            Room.org_id == org_id, Room.id.in_(needs.space_ids), Room.archived_at.is_(None)
        )
    ).all()
    if len(rows) != len(needs.space_ids):
        raise Invalid.one("spaces", "unknown_choice")
    if needs.device and not any(row.kind == DEVICE for row in rows):
        raise Invalid.one("devices", "device_not_chosen")


def _write(
    session: Session,
    org_id: uuid.UUID,
    service_id: uuid.UUID,
    needs: Needs,
    now: dt.datetime | None,
) -> None:
    session.execute(
        update(Service)
        .where(Service.org_id == org_id, Service.id == service_id)
        .values(needs_room=needs.room, needs_device=needs.device)
    )
    session.execute(
        delete(ServiceSpace).where(
            ServiceSpace.org_id == org_id, ServiceSpace.service_id == service_id
        )
    )
    dated = {} if now is None else {"created_at": now}
    rows = [
        {"org_id": org_id, "id": uuid7(), "service_id": service_id, "room_id": one, **dated}
        for one in sorted(needs.space_ids, key=str)
    ]
    if rows:
        session.execute(insert(ServiceSpace), rows)


def _order(session: Session, org_id: uuid.UUID, wanted: Wanted, taken: Taken) -> Sequence[Space]:
    """The spaces that are free then, best first: the one it had, the specialist's of that day, then by name."""
    spaces = [
        one
        for one in spaces_of(session, org_id, [wanted.service_id]).get(wanted.service_id, ())
        if wanted.location_id in (None, one.location_id)
    ]
    busy = _busy(session, org_id, [one.resource_id for one in spaces], taken)
    near = _used_near(session, org_id, wanted.specialist_resource_id, taken)
    able = [one for one in spaces if one.resource_id not in busy]
    return sorted(
        able,
        key=lambda one: (
            one.resource in wanted.held,
            one.id not in wanted.prefer,
            -near.get(one.resource_id, 0),
            one.name,
            one.id,
        ),
    )


def _busy(
    session: Session, org_id: uuid.UUID, resource_ids: Collection[uuid.UUID], taken: Taken
) -> set[uuid.UUID]:
    return set(
        session.scalars(
            select(Occupancy.resource_id).where(
                Occupancy.org_id == org_id,
                Occupancy.resource_id.in_(resource_ids),
                Occupancy.live,
                Occupancy.starts_at < taken.ends_at,
                Occupancy.ends_at > taken.starts_at,
            )
        )
    )


def _used_near(
    session: Session, org_id: uuid.UUID, specialist_resource_id: uuid.UUID, taken: Taken
) -> dict[uuid.UUID, int]:
    """How often the specialist's other visits around that time have each space."""
    own, beside = aliased(Occupancy), aliased(Occupancy)
    rows = session.execute(
        select(beside.resource_id, func.count())
        .join(
            own,
            (own.org_id == beside.org_id)
            & (own.reference_id == beside.reference_id)
            & (own.resource_id != beside.resource_id),
        )
        .where(
            own.org_id == org_id,
            own.resource_id == specialist_resource_id,
            own.live,
            beside.live,
            own.starts_at > taken.starts_at - NEAR,
            own.starts_at < taken.ends_at + NEAR,
        )
        .group_by(beside.resource_id)
    )
    return {row[0]: row[1] for row in rows}
