"""Merging two cards of one person, taking it back, and saying that two cards are two people (BYD-09).

What can change goes along (visits, courses, the waiting list, open forms, exercise sessions). Signed forms, consents,
logs and profiles stay where they were written and are read through people.persons: the database refuses to change
them, and a merge that is undone must find them untouched.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.lib.ids import uuid7
from app.lib.text import fold
from app.people.actions.contacts import Contact, search_text
from app.people.merging.cards import Card, as_json, card, from_json, locked_pair
from app.people.merging.followers import Follower, followers
from app.people.merging.models import ApartPair, PatientMerge
from app.people.models import Patient
from app.people.rules.keeping import FIELDS, in_order, two_logins

UNDO_DAYS = 30
MERGED, UNMERGED = "patient.merged", "patient.unmerged"


def merge(
    session: Session,
    actor: Actor,
    one: uuid.UUID,
    other: uuid.UUID,
    choices: Mapping[str, uuid.UUID],
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """Make one card of two; gives the merge. `choices` says for a field (rules.keeping.FIELDS) whose value counts;
    unsaid, the kept card's does, or the other's where that one is empty.

    Raises NotFound, Conflict `merge_changed` when one of them was merged meanwhile, Conflict `merge_two_logins` when
    two people sign in as these two.
    """
    if one == other:
        raise Conflict("merge_changed")
    _lock_rows(session, actor.clinic, one, other)
    cards = locked_pair(session, actor.clinic, one, other)
    kept, absorbed = _decided(cards[one], cards[other])
    after = _written(kept, absorbed, choices)
    merge_id = uuid7()
    moved = _carry(session, actor.clinic, absorbed.id, kept.id)
    _write_cards(session, actor.clinic, kept.id, absorbed.id, after)
    session.execute(
        insert(PatientMerge).values(
            org_id=actor.clinic,
            id=merge_id,
            kept_id=kept.id,
            absorbed_id=absorbed.id,
            merged_at=now,
            merged_by=actor.human_id,
            moved=moved,
            before={"kept": as_json(kept.values), "absorbed": as_json(absorbed.values)},
            after={name: as_json(values) for name, values in after.items()},
            created_at=now,
        )
    )
    _tell(session, actor, "patients.merge", MERGED, kept.id, absorbed.id, moved, now)
    return merge_id


def undo_merge(session: Session, actor: Actor, merge_id: uuid.UUID, *, now: dt.datetime) -> int:
    """Make two cards of one again; gives how many rows could not go back since they were sealed meanwhile.

    What was written since the merge stays with the kept card, as does a field that was changed since. Raises NotFound,
    Expired `merge_undo_over` after `UNDO_DAYS`, Conflict `merge_undo_order` while a later merge stands on this one.
    """
    found = _undoable(session, actor, merge_id, now)
    _lock_rows(session, actor.clinic, found.kept_id, found.absorbed_id)
    cards = locked_pair(session, actor.clinic, found.kept_id, found.absorbed_id)
    if _stands_on(session, found) or cards[found.kept_id].merged_into_id is not None:
        raise Conflict("merge_undo_order")
    left = _bring_back(session, found)
    _restore_cards(session, found, cards[found.kept_id])
    session.execute(
        update(PatientMerge)
        .where(PatientMerge.org_id == actor.clinic, PatientMerge.id == merge_id)
        .values(undone_at=now, undone_by=actor.human_id)
    )
    _tell(
        session,
        actor,
        "patients.unmerge",
        UNMERGED,
        found.kept_id,
        found.absorbed_id,
        found.moved,
        now,
    )
    return left


def keep_apart(
    session: Session, actor: Actor, one: uuid.UUID, other: uuid.UUID, *, now: dt.datetime
) -> None:
    """These two are two people: never suggested again. Saying it twice is no error. Raises NotFound."""
    first, second = sorted((one, other))
    if first == second:
        raise Invalid.one("other", "invalid_choice")
    for each in (first, second):
        card(session, actor.clinic, each)
    session.execute(
        upsert(ApartPair)
        .values(
            org_id=actor.clinic,
            id=uuid7(),
            first_id=first,
            second_id=second,
            decided_by=actor.human_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    after = {"other_id": str(second)}
    record(session, actor, "patients.keep_apart", "patient", first, at=now, after=after)


def _decided(one: Card, other: Card) -> tuple[Card, Card]:
    if one.merged_into_id is not None or other.merged_into_id is not None:
        raise Conflict("merge_changed")
    if two_logins(one.standing, other.standing):
        raise Conflict("merge_two_logins")
    kept, _absorbed = in_order(one.standing, other.standing)
    return (one, other) if kept.id == one.id else (other, one)


def _written(
    kept: Card, absorbed: Card, choices: Mapping[str, uuid.UUID]
) -> dict[str, dict[str, Any]]:
    """What the merge writes in both cards; columns of a clinic's or a person's one place change hands."""
    chosen = {name: _chosen(name, kept, absorbed, choices.get(name)) for name in FIELDS}
    contact = Contact(chosen["name"], chosen["email"], chosen["phone"])
    on_kept = chosen | {
        "search_name": fold(contact.name),
        "search_text": search_text(contact),
        "onboarded_at": _earliest(kept.values["onboarded_at"], absorbed.values["onboarded_at"]),
    }
    on_absorbed: dict[str, Any] = {}
    for single, along in (("number", ()), ("profile_id", ("profile_shared_at",))):
        if kept.values[single] is None and absorbed.values[single] is not None:
            on_kept |= {name: absorbed.values[name] for name in (single, *along)}
            on_absorbed |= dict.fromkeys((single, *along))
    return {"kept": on_kept, "absorbed": on_absorbed}


def _chosen(name: str, kept: Card, absorbed: Card, whose: uuid.UUID | None) -> Any:
    if whose is not None:
        return (absorbed if whose == absorbed.id else kept).values[name]
    value = kept.values[name]
    return absorbed.values[name] if value is None else value


def _earliest(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _lock_rows(session: Session, org_id: uuid.UUID, *patients: uuid.UUID) -> None:
    """Rows before cards: who changes a visit holds it first and touches the card afterwards."""
    for each in followers():
        table = each.table
        session.execute(
            select(table.c.id)
            .where(table.c.org_id == org_id, table.c.patient_id.in_(patients))
            .order_by(table.c.id)
            .with_for_update()
        )


def _carry(
    session: Session, org_id: uuid.UUID, source: uuid.UUID, target: uuid.UUID
) -> dict[str, list[str]]:
    """Give every row that may change to the other card; cards merged earlier follow as well."""
    moved = {each.table.name: _give(session, each, org_id, source, target) for each in followers()}
    cards = session.scalars(
        update(Patient)
        .where(Patient.org_id == org_id, Patient.merged_into_id == source)
        .values(merged_into_id=target)
        .returning(Patient.id)
    )
    moved["patients"] = sorted(str(one) for one in cards)
    return {name: ids for name, ids in moved.items() if ids}


def _give(
    session: Session,
    follower: Follower,
    org_id: uuid.UUID,
    source: uuid.UUID,
    target: uuid.UUID,
    only: list[uuid.UUID] | None = None,
) -> list[str]:
    table = follower.table
    rows = update(table).where(*follower.belonging_to(org_id, source), *follower.may_go_to(target))
    if only is not None:
        rows = rows.where(table.c.id.in_(only))
    given = session.scalars(rows.values(patient_id=target).returning(table.c.id))
    return sorted(str(one) for one in given)


def _write_cards(
    session: Session,
    org_id: uuid.UUID,
    kept: uuid.UUID,
    absorbed: uuid.UUID,
    after: Mapping[str, Mapping[str, Any]],
) -> None:
    """The card that gives comes first, since a number and a profile have one place each."""
    _set(session, org_id, absorbed, {**after["absorbed"], "merged_into_id": kept})
    _set(session, org_id, kept, after["kept"])


def _set(
    session: Session, org_id: uuid.UUID, patient_id: uuid.UUID, values: Mapping[str, Any]
) -> None:
    if values:
        session.execute(
            update(Patient)
            .where(Patient.org_id == org_id, Patient.id == patient_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _undoable(
    session: Session, actor: Actor, merge_id: uuid.UUID, now: dt.datetime
) -> PatientMerge:
    found = session.scalars(
        select(PatientMerge)
        .where(PatientMerge.org_id == actor.clinic, PatientMerge.id == merge_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NotFound("merge_unknown")
    if found.undone_at is not None:
        raise Conflict("merge_undone")
    if now > found.merged_at + dt.timedelta(days=UNDO_DAYS):
        raise Expired("merge_undo_over")
    return found


def _stands_on(session: Session, merge: PatientMerge) -> bool:
    """Whether a later merge into the same card still counts: the last one is taken back first."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    PatientMerge.org_id == merge.org_id,
                    PatientMerge.kept_id == merge.kept_id,
                    PatientMerge.undone_at.is_(None),
                    PatientMerge.id > merge.id,
                )
            )
        )
    )


def _bring_back(session: Session, merge: PatientMerge) -> int:
    left = 0
    for each in followers():
        ids = [uuid.UUID(one) for one in merge.moved.get(each.table.name, ())]
        if ids:
            back = _give(session, each, merge.org_id, merge.kept_id, merge.absorbed_id, ids)
            left += len(ids) - len(back)
    cards = [uuid.UUID(one) for one in merge.moved.get("patients", ())]
    session.execute(
        update(Patient)
        .where(
            Patient.org_id == merge.org_id,
            Patient.id.in_(cards),
            Patient.merged_into_id == merge.kept_id,
        )
        .values(merged_into_id=merge.absorbed_id)
        .execution_options(synchronize_session=False)
    )
    return left


def _restore_cards(session: Session, merge: PatientMerge, kept: Card) -> None:
    """Fields that nobody changed since the merge are as before; name and search words belong together."""
    before, after = from_json(merge.before["kept"]), from_json(merge.after["kept"])
    same = {name for name, value in after.items() if kept.values[name] == value}
    back = {name: before[name] for name in after if name in same}
    if not {"name", "phone", "email"} <= same:
        contact = Contact(
            *(back.get(name, kept.values[name]) for name in ("name", "email", "phone"))
        )
        back |= {"search_name": fold(contact.name), "search_text": search_text(contact)}
    absorbed = from_json(merge.before["absorbed"])
    given = {name: absorbed[name] for name in merge.after["absorbed"]}
    _set(session, merge.org_id, merge.kept_id, back)
    _set(session, merge.org_id, merge.absorbed_id, {**given, "merged_into_id": None})


def _tell(
    session: Session,
    actor: Actor,
    action: str,
    event: str,
    kept: uuid.UUID,
    absorbed: uuid.UUID,
    moved: Mapping[str, Any],
    now: dt.datetime,
) -> None:
    counts = {name: len(ids) for name, ids in moved.items()}
    after = {"other_id": str(absorbed), "rows": sum(counts.values())}
    record(session, actor, action, "patient", kept, at=now, after=after)
    ids = {"patient_id": kept, "other_id": absorbed}
    emit(session, actor.clinic, event, ids, at=now)
