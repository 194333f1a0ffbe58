"""Reading people: whose record is this, who is the specialist behind a login, finding a patient by any part."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from app.kernel.db import read_rows
from app.lib.paging import Page, PageRequest, SortKey
from app.lib.text import fold, search_tokens
from app.people.access import own_patients
from app.people.actions import Contact
from app.people.models import Patient


def _own_patients() -> Select[*tuple[uuid.UUID, bool]]:
    human: ColumnElement[uuid.UUID] = bindparam("human_id", type_=Uuid())
    whose = func.profiles_of_human(human).table_valued(
        column("profile_id", Uuid()), column("is_own", Boolean())
    )
    return (
        select(func.coalesce(Patient.merged_into_id, Patient.id).label("id"), whose.c.is_own)
        .select_from(whose)
        .join(Patient, Patient.profile_id == whose.c.profile_id)
        .where(Patient.org_id == bindparam("org_id"), Patient.deleted_at.is_(None))
        .order_by(whose.c.is_own.desc(), Patient.created_at)
    )


# Asked by every page of the portal, so built once.
_OWN_PATIENTS = _own_patients()


def own_patient_ids(session: Session, org_id: uuid.UUID, human_id: uuid.UUID) -> list[uuid.UUID]:
    """The patients of this clinic whom a person is, or cares for; the person first (KRN-02).

    A card that was merged leads to the one that is kept.
    """
    rows = read_rows(session, _OWN_PATIENTS, {"org_id": org_id, "human_id": human_id})
    return list(dict.fromkeys(row.id for row in rows))


@dataclass(frozen=True, slots=True)
class FoundPatient:
    """A patient as a search shows them."""

    id: uuid.UUID
    number: int | None
    name: str
    email: str | None
    phone: str | None
    guest: bool
    created_at: dt.datetime


_FOUND = (
    Patient.id,
    Patient.number,
    Patient.name,
    Patient.email,
    Patient.phone,
    Patient.onboarded_at.is_(None).label("guest"),
    Patient.created_at,
)
_SORTS = {
    "name": Patient.search_name,
    "number": Patient.number,
    "created": Patient.created_at,
}
SORTABLE = tuple(_SORTS)


def search_patients(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    *,
    limit: int = 20,
    offset: int = 0,
    of_specialist: uuid.UUID | None = None,
) -> list[FoundPatient]:
    """Patients whose name, e-mail or phone has every typed part; accents do not matter.

    "Stefan" finds "Ștefan", "0722" and "722 000" find the number. Names that begin with what was typed come first.
    """
    tokens = search_tokens(typed)
    query = select(*_FOUND).where(*_matching(org_id, tokens, of_specialist))
    if tokens:
        begins = Patient.search_name.startswith(tokens[0], autoescape=True)
        query = query.order_by(begins.desc(), Patient.search_name, Patient.id)
    else:
        query = query.order_by(Patient.search_name, Patient.id)
    rows = session.execute(query.limit(limit).offset(offset))
    return [FoundPatient(*row) for row in rows]


def patients_page(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    request: PageRequest,
    *,
    of_specialist: uuid.UUID | None = None,
) -> Page[FoundPatient]:
    """One page of the patients that match, in the order asked for; the total comes with the rows."""
    query = select(*_FOUND, func.count().over().label("total")).where(
        *_matching(org_id, search_tokens(typed), of_specialist)
    )
    rows = session.execute(
        query.order_by(*_order(request.sort)).limit(request.size).offset(request.offset)
    ).all()
    total = rows[0].total if rows else _total(session, org_id, typed, request, of_specialist)
    return Page([FoundPatient(*row[:-1]) for row in rows], total, request)


def all_patients(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    sort: Sequence[SortKey],
    *,
    of_specialist: uuid.UUID | None = None,
) -> list[FoundPatient]:
    """Every patient that matches, for an export."""
    tokens = search_tokens(typed)
    query = select(*_FOUND).where(*_matching(org_id, tokens, of_specialist))
    return [FoundPatient(*row) for row in session.execute(query.order_by(*_order(sort)))]


def look_alikes(session: Session, org_id: uuid.UUID, contact: Contact) -> list[FoundPatient]:
    """Patients who may be the same person: the same phone, e-mail or name. At most five, surest first."""
    same = [Patient.search_name == fold(contact.name)]
    if contact.phone:
        same.insert(0, Patient.phone == contact.phone)
    if contact.email:
        same.insert(0, Patient.email == contact.email)
    sureness = reduce(add, (case((one, 1), else_=0) for one in same))
    rows = session.execute(
        select(*_FOUND)
        .where(*_matching(org_id, [], None), or_(*same))
        .order_by(sureness.desc(), Patient.created_at)
        .limit(5)
    )
    return [FoundPatient(*row) for row in rows]


def _matching(
    org_id: uuid.UUID, tokens: list[str], of_specialist: uuid.UUID | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Patient.org_id == org_id,
        Patient.deleted_at.is_(None),
        Patient.merged_into_id.is_(None),
        *(Patient.search_text.contains(token, autoescape=True) for token in _parts(tokens)),
    ]
    if of_specialist is not None:
        found.append(Patient.id.in_(own_patients(org_id, of_specialist)))
    return found


def _order(sort: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    columns = [(_SORTS[key.name], key.descending) for key in sort if key.name in _SORTS]
    ordered = [
        column.desc().nulls_last() if down else column.asc().nulls_last()
        for column, down in columns
    ]
    return [*ordered, Patient.id.asc()]


def _total(
    session: Session,
    org_id: uuid.UUID,
    typed: str,
    request: PageRequest,
    of_specialist: uuid.UUID | None,
) -> int:
    """How many there are when the page asked for lies behind the last one."""
    if request.page == 1:
        return 0
    conditions = _matching(org_id, search_tokens(typed), of_specialist)
    return session.scalar(select(func.count()).select_from(Patient).where(*conditions)) or 0


def _parts(tokens: list[str]) -> list[str]:
    """Phone numbers are typed with gaps: a search of digits only is one number."""
    joined = "".join(tokens)
    if len(tokens) > 1 and joined.lstrip("+").isdigit():
        return [joined.lstrip("+")]
    return [token.lstrip("+") or token for token in tokens]
