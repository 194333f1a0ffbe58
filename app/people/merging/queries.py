"""Reading duplicates: which cards look alike, what two cards hold, which merges can be taken back (BYD-09)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from app.kernel.identity.models import Human
from app.people.merging.actions import UNDO_DAYS
from app.people.merging.followers import followers
from app.people.merging.models import ApartPair, PatientMerge
from app.people.models import Caregiver, Patient, PatientProfile
from app.people.rules.keeping import Standing
from app.people.rules.likeness import (
    SAME_NAME,
    WEIGHTS,
    Likeness,
    Traits,
    likeness,
    name_words,
)

MOST_PAIRS = 5000
"""Pairs with a sign in common that are compared at one look; those that are decided make room for others."""
MOST_LIKE, SHOWN_LIKE = 200, 5


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card as the list of duplicates shows it."""

    id: uuid.UUID
    name: str
    phone: str | None
    email: str | None
    number: int | None
    guest: bool
    created_at: dt.datetime
    birth_date: dt.date | None
    logins: list[uuid.UUID]

    @property
    def standing(self) -> Standing:
        return Standing(self.id, self.created_at, not self.guest, frozenset(self.logins))

    @property
    def traits(self) -> Traits:
        return Traits(self.name, self.phone, self.email, self.birth_date)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two cards that may be one person, the older one first."""

    one: CardLine
    other: CardLine
    likeness: Likeness


def _lines(org_id: uuid.UUID) -> Select[Any]:
    """Cards that stand for themselves."""
    return (
        select(
            Patient.id,
            Patient.name,
            Patient.phone,
            Patient.email,
            Patient.number,
            Patient.onboarded_at.is_(None).label("guest"),
            Patient.created_at,
            _kept_birth_date().label("birth_date"),
            _login_ids().label("logins"),
        )
        .outerjoin(PatientProfile, PatientProfile.id == Patient.profile_id)
        .where(
            Patient.org_id == org_id,
            Patient.deleted_at.is_(None),
            Patient.merged_into_id.is_(None),
        )
    )


def _kept_birth_date() -> ColumnElement[dt.date | None]:
    """The date of birth where the clinic keeps it; that of a profile with a login is its person's to share (CNS-05)."""
    return case((PatientProfile.human_id.is_(None), PatientProfile.birth_date))


def _login_ids() -> ColumnElement[Any]:
    """Who signs in as the patient, through this card or one that was merged into it."""
    card, profile = aliased(Patient), aliased(PatientProfile)
    found = (
        select(profile.human_id)
        .join(card, card.profile_id == profile.id)
        .where(
            card.org_id == Patient.org_id,
            or_(card.id == Patient.id, card.merged_into_id == Patient.id),
            profile.human_id.is_not(None),
        )
        .correlate(Patient)
    )
    return func.array(found.scalar_subquery())


def candidates(
    session: Session, org_id: uuid.UUID, *, among: Select[Any] | None = None
) -> list[Candidate]:
    """Pairs of cards worth a look, surest first; `among` limits both cards to the patients that the reader may see."""
    pairs = session.execute(_pairs(org_id, among).limit(MOST_PAIRS)).all()
    lines = _by_id(session, org_id, {one for pair in pairs for one in pair})
    found = [
        Candidate(lines[a], lines[b], likeness(lines[a].traits, lines[b].traits))
        for a, b in pairs
        if a in lines and b in lines
    ]
    worth = [one for one in found if one.likeness.worth_a_look]
    return sorted(worth, key=lambda one: (-one.likeness.score, one.one.created_at, one.one.id))


def _by_id(
    session: Session, org_id: uuid.UUID, ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, CardLine]:
    rows = session.execute(_lines(org_id).where(Patient.id.in_(list(ids))))
    return {row.id: CardLine(*row) for row in rows}


def _pairs(org_id: uuid.UUID, among: Select[Any] | None) -> Select[Any]:
    """Pairs that share a phone, an e-mail, all words of the name or a birth date, and were not found to be two."""
    cards = _lines(org_id).with_only_columns(
        Patient.id,
        Patient.phone,
        Patient.email,
        _kept_birth_date().label("birth_date"),
        _sorted_name().label("words"),
    )
    if among is not None:
        cards = cards.where(Patient.id.in_(among))
    source = cards.cte("cards")
    one, other = source.alias("one"), source.alias("other")
    shared = union(
        *(
            select(one.c.id.label("a"), other.c.id.label("b")).join_from(
                one, other, and_(one.c[key] == other.c[key], one.c.id < other.c.id)
            )
            for key in ("phone", "email", "words", "birth_date")
        )
    ).subquery("shared")
    apart = select(ApartPair.id).where(
        ApartPair.org_id == org_id,
        ApartPair.first_id == shared.c.a,
        ApartPair.second_id == shared.c.b,
    )
    return select(shared.c.a, shared.c.b).where(~apart.exists()).order_by(shared.c.a, shared.c.b)


def _sorted_name() -> Any:
    """The folded words of the name in order of the alphabet: "Pop Maria" meets "Maria Pop"."""
    word = func.regexp_split_to_table(Patient.search_name, "[^[:alnum:]]+").column_valued("word")
    return select(func.string_agg(word, aggregate_order_by(literal(" "), word))).scalar_subquery()


def card_lines(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> list[CardLine]:
    """Cards that stand for themselves, in the order asked for."""
    found = _by_id(session, org_id, patient_ids)
    return [found[one] for one in patient_ids if one in found]


@dataclass(frozen=True, slots=True)
class Match:
    """A card that may be the person whom somebody is typing in."""

    card: CardLine
    likeness: Likeness


def like_this(
    session: Session, org_id: uuid.UUID, typed: Traits, *, among: Select[Any] | None = None
) -> list[Match]:
    """Cards that may be the person whom somebody is typing in, surest first, at most five."""
    signs = [Patient.search_text.contains(word, autoescape=True) for word in _long_words(typed)]
    signs += [Patient.phone == typed.phone] if typed.phone else []
    signs += [Patient.email == typed.email] if typed.email else []
    if not signs:
        return []
    query = _lines(org_id).where(or_(*signs))
    if among is not None:
        query = query.where(Patient.id.in_(among))
    cards = [CardLine(*row) for row in session.execute(query.order_by(Patient.id).limit(MOST_LIKE))]
    found = [Match(one, likeness(typed, one.traits)) for one in cards]
    alike = [one for one in found if one.likeness.score >= WEIGHTS[SAME_NAME]]
    return sorted(alike, key=lambda one: (-one.likeness.score, one.card.created_at))[:SHOWN_LIKE]


def _long_words(typed: Traits) -> list[str]:
    return sorted((word for word in name_words(typed.name) if len(word) > 2), key=len)[-3:]


@dataclass(frozen=True, slots=True)
class Holdings:
    """What hangs on a card: rows by table, and how many people may act for the patient."""

    counts: dict[str, int]
    caregivers: int


def holdings(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Holdings]:
    """What hangs on each card."""
    counts: dict[uuid.UUID, dict[str, int]] = {one: {} for one in patient_ids}
    for name, patient_id, count in session.execute(_counted(org_id, patient_ids)):
        counts[patient_id][name] = count
    caring = _caregivers(session, org_id, patient_ids)
    return {one: Holdings(counts[one], caring.get(one, 0)) for one in patient_ids}


def _counted(org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]) -> CompoundSelect[Any]:
    """Rows of every table that follows, counted for each card in one statement."""
    return union_all(
        *(
            select(literal(each.table.name), each.table.c.patient_id, func.count())
            .where(each.table.c.org_id == org_id, each.table.c.patient_id.in_(patient_ids))
            .group_by(each.table.c.patient_id)
            for each in followers()
        )
    )


def _caregivers(
    session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, int]:
    """How many people may act for each; who they are is theirs and not the clinic's to read."""
    rows = session.execute(
        select(Patient.id, func.count())
        .join(Caregiver, Caregiver.profile_id == Patient.profile_id)
        .where(
            Patient.org_id == org_id, Patient.id.in_(patient_ids), Caregiver.revoked_at.is_(None)
        )
        .group_by(Patient.id)
    )
    return {row[0]: row[1] for row in rows}


def merges(
    session: Session, org_id: uuid.UUID, now: dt.datetime, *, into: uuid.UUID | None = None
) -> Sequence[Row[Any]]:
    """Merges of the last month, newest first, with both names, who did it and whether it can be taken back."""
    kept = aliased(Patient)
    later = aliased(PatientMerge)
    stands_on = select(later.id).where(
        later.org_id == PatientMerge.org_id,
        later.kept_id == PatientMerge.kept_id,
        later.undone_at.is_(None),
        later.id > PatientMerge.id,
    )
    query = (
        select(
            PatientMerge.id,
            PatientMerge.kept_id,
            kept.name.label("name"),
            PatientMerge.before["absorbed"]["name"].astext.label("other"),
            PatientMerge.merged_at,
            PatientMerge.undone_at,
            Human.name.label("by"),
            and_(
                PatientMerge.undone_at.is_(None), kept.merged_into_id.is_(None), ~stands_on.exists()
            ).label("undoable"),
        )
        .join(kept, and_(kept.org_id == PatientMerge.org_id, kept.id == PatientMerge.kept_id))
        .outerjoin(Human, Human.id == PatientMerge.merged_by)
        .where(
            PatientMerge.org_id == org_id,
            PatientMerge.merged_at >= now - dt.timedelta(days=UNDO_DAYS),
        )
        .order_by(PatientMerge.id.desc())
    )
    if into is not None:
        query = query.where(PatientMerge.kept_id == into)
    return session.execute(query.limit(100)).all()
