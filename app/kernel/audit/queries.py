"""Reading the trail: what was done, who looked at whose record, who signed in (KRN-05, KRN-15)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    Uuid,
    column,
    false,
    func,
    literal,
    select,
    table,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from app.kernel.audit.models import AuditEvent, RecordAccess
from app.kernel.identity.models import Human, LoginEvent
from app.lib.paging import Page, PageRequest

EXPORT_BATCH = 500
EXPORT_LIMIT = 50_000
SORTABLE = ("at",)


@dataclass(frozen=True)
class TrailFilter:
    """What to look for; empty parts do not narrow. `since` and `until` are instants, `until` excluded."""

    actor_id: uuid.UUID | None = None
    subject: str = ""
    action: str = ""
    outcome: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def actions_query(org_id: uuid.UUID | None, wanted: TrailFilter) -> Select[*tuple[Any, ...]]:
    """Audit events of a clinic, or of the operator where `org_id` is None. `subject` is an identifier or a kind."""
    chosen = select(
        AuditEvent.id,
        AuditEvent.at,
        AuditEvent.actor_kind,
        AuditEvent.actor_human_id,
        Human.name.label("actor_name"),
        AuditEvent.on_behalf_of,
        AuditEvent.elevated_id,
        AuditEvent.action,
        AuditEvent.subject_type,
        AuditEvent.subject_id,
        AuditEvent.outcome,
        AuditEvent.before,
        AuditEvent.after,
        AuditEvent.reason,
        AuditEvent.ip,
        AuditEvent.request_id,
    ).outerjoin(Human, Human.id == AuditEvent.actor_human_id)
    whose = AuditEvent.org_id.is_(None) if org_id is None else AuditEvent.org_id == org_id
    rules = [whose, *_common(AuditEvent, wanted)]
    if wanted.subject:
        rules.append(
            (AuditEvent.subject_id == wanted.subject)
            | (AuditEvent.subject_type == wanted.subject)
            | _acted_for(wanted.subject)
        )
    if wanted.action:
        rules.append(AuditEvent.action.startswith(wanted.action, autoescape=True))
    if wanted.outcome:
        rules.append(AuditEvent.outcome == wanted.outcome)
    return chosen.where(*rules)


def accesses_query(org_id: uuid.UUID, wanted: TrailFilter) -> Select[*tuple[Any, ...]]:
    """Who looked at whose record. `subject` is a patient's identifier, `action` the part looked at."""
    chosen = select(
        RecordAccess.id,
        RecordAccess.at,
        RecordAccess.actor_kind,
        RecordAccess.actor_human_id,
        Human.name.label("actor_name"),
        RecordAccess.elevated_id,
        RecordAccess.patient_id,
        RecordAccess.what,
        RecordAccess.ip,
        RecordAccess.request_id,
    ).outerjoin(Human, Human.id == RecordAccess.actor_human_id)
    rules = [RecordAccess.org_id == org_id, *_common(RecordAccess, wanted)]
    patient_id = _uuid(wanted.subject)
    if patient_id is not None:
        rules.append(RecordAccess.patient_id.in_(_cards(org_id, patient_id)))
    if wanted.action:
        rules.append(RecordAccess.what.startswith(wanted.action, autoescape=True))
    return chosen.where(*rules)


def _cards(org_id: uuid.UUID, patient_id: uuid.UUID) -> CompoundSelect[uuid.UUID]:
    """A patient's card and those merged into it. A table of a higher floor, read by name (house.md, Floors)."""
    cards = table(
        "patients", column("org_id", Uuid), column("id", Uuid), column("merged_into_id", Uuid)
    )
    merged = select(cards.c.id).where(
        cards.c.org_id == org_id, cards.c.merged_into_id == patient_id
    )
    return union_all(select(literal(patient_id, Uuid)), merged)


def logins_query(org_id: uuid.UUID, wanted: TrailFilter) -> Select[*tuple[Any, ...]]:
    """Sign-ins of staff and patients at this clinic, refused ones included. `action` is the method."""
    chosen = select(
        LoginEvent.id,
        LoginEvent.at,
        LoginEvent.human_id.label("actor_human_id"),
        Human.name.label("actor_name"),
        LoginEvent.method,
        LoginEvent.outcome,
        LoginEvent.reason,
        LoginEvent.ip,
        LoginEvent.user_agent,
    ).outerjoin(Human, Human.id == LoginEvent.human_id)
    rules: list[ColumnElement[bool]] = [LoginEvent.org_id == org_id]
    if wanted.actor_id:
        rules.append(LoginEvent.human_id == wanted.actor_id)
    if wanted.outcome:
        rules.append(LoginEvent.outcome == wanted.outcome)
    if wanted.action:
        rules.append(LoginEvent.method == wanted.action)
    return chosen.where(*rules, *_between(LoginEvent, wanted))


def one_page(
    session: Session, chosen: Select[*tuple[Any, ...]], request: PageRequest
) -> Page[Row[Any]]:
    """A page of one of the logs, the newest first unless the request sorts by `at`."""
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows: Sequence[Row[Any]] = session.execute(
        _ordered(chosen, newest_first=_newest_first(request))
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Page(rows, total, request)


def export(session: Session, chosen: Select[*tuple[Any, ...]]) -> Iterator[Row[Any]]:
    """Rows of a log for a file, the newest first, at most EXPORT_LIMIT; read in batches by key and not by offset."""
    columns = chosen.selected_columns
    ordered = _ordered(chosen, newest_first=True).limit(EXPORT_BATCH)
    last: tuple[dt.datetime, uuid.UUID] | None = None
    for _ in range(EXPORT_LIMIT // EXPORT_BATCH):
        batch = ordered if last is None else ordered.where(tuple_(columns.at, columns.id) < last)
        rows = session.execute(batch).all()
        yield from rows
        if len(rows) < EXPORT_BATCH:
            return
        last = (rows[-1].at, rows[-1].id)


def actors(session: Session, org_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """People who stand in the clinic's trail and whose names the clinic knows, by name."""
    present = select(AuditEvent.actor_human_id).where(AuditEvent.org_id == org_id).distinct()
    rows = session.execute(
        select(Human.id, Human.name).where(Human.id.in_(present)).order_by(func.lower(Human.name))
    )
    return [(row.id, row.name) for row in rows]


def _ordered(chosen: Select[*tuple[Any, ...]], *, newest_first: bool) -> Select[*tuple[Any, ...]]:
    columns = chosen.selected_columns
    if newest_first:
        return chosen.order_by(columns.at.desc(), columns.id.desc())
    return chosen.order_by(columns.at, columns.id)


def _newest_first(request: PageRequest) -> bool:
    return not request.sort or request.sort[0].descending


def _common(table: Any, wanted: TrailFilter) -> list[ColumnElement[bool]]:
    rules = _between(table, wanted)
    if wanted.actor_id:
        rules.append(table.actor_human_id == wanted.actor_id)
    return rules


def _between(table: Any, wanted: TrailFilter) -> list[ColumnElement[bool]]:
    rules = []
    if wanted.since:
        rules.append(table.at >= wanted.since)
    if wanted.until:
        rules.append(table.at < wanted.until)
    return rules


def _acted_for(subject: str) -> ColumnElement[bool]:
    patient_id = _uuid(subject)
    return false() if patient_id is None else AuditEvent.on_behalf_of == patient_id


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
