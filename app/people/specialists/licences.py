"""Licences to practise: number, body, dates, scan, and a warning before they run out (SPC-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.blobs.keep import keep
from app.kernel.blobs.models import Blob
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.inspect import Accepted
from app.lib.errors import Invalid, NotFound
from app.lib.ids import uuid7
from app.people.models import Specialist, SpecialistLicence

SCANS = "specialist-licences"
# As long before its end a licence is told of.
WARNING = dt.timedelta(days=60)


@dataclass(frozen=True, slots=True)
class LicenceDraft:
    """A licence as somebody types it in."""

    number: str
    body: str
    issued_on: dt.date | None = None
    expires_on: dt.date | None = None
    stops_booking: bool = False


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """A licence as a list shows it."""

    id: uuid.UUID
    specialist_id: uuid.UUID
    specialist_name: str
    number: str
    body: str
    issued_on: dt.date | None
    expires_on: dt.date | None
    stops_booking: bool
    scan_key: str | None

    def expired(self, today: dt.date) -> bool:
        """Whether it ran out before today; its last day still counts."""
        return self.expires_on is not None and self.expires_on < today

    def expires_soon(self, today: dt.date) -> bool:
        """Whether it runs out within the time of the warning."""
        return (
            self.expires_on is not None
            and not self.expired(today)
            and self.expires_on - today <= WARNING
        )


def add_licence(
    session: Session,
    actor: Actor,
    specialist_id: uuid.UUID,
    draft: LicenceDraft,
    scan: Accepted | None,
    blobs: ClinicStorage,
    *,
    now: dt.datetime,
) -> uuid.UUID:
    """A licence of a specialist, with its scan. Raises Invalid, NotFound."""
    _check(draft)
    known = select(Specialist.id).where(
        Specialist.org_id == actor.clinic,
        Specialist.id == specialist_id,
        Specialist.deleted_at.is_(None),
    )
    if session.scalar(known) is None:
        raise NotFound("specialist_not_found")
    licence_id = uuid7()
    session.execute(
        insert(SpecialistLicence).values(
            org_id=actor.clinic,
            id=licence_id,
            specialist_id=specialist_id,
            number=draft.number.strip(),
            body=draft.body.strip(),
            issued_on=draft.issued_on,
            expires_on=draft.expires_on,
            stops_booking=draft.stops_booking,
            scan_blob_id=None if scan is None else keep(session, actor, SCANS, scan, blobs).id,
            created_at=now,
        )
    )
    record(session, actor, "specialists.add_licence", "specialist", specialist_id, at=now)
    return licence_id


def remove_licence(
    session: Session, actor: Actor, licence_id: uuid.UUID, *, now: dt.datetime
) -> uuid.UUID:
    """Take a licence off the list; gives whose it was. The record and its scan stay in the archive. Raises NotFound."""
    specialist_id = session.scalar(
        update(SpecialistLicence)
        .where(
            SpecialistLicence.org_id == actor.clinic,
            SpecialistLicence.id == licence_id,
            SpecialistLicence.deleted_at.is_(None),
        )
        .values(deleted_at=now)
        .returning(SpecialistLicence.specialist_id)
    )
    if specialist_id is None:
        raise NotFound("licence_not_found")
    record(session, actor, "specialists.remove_licence", "specialist", specialist_id, at=now)
    return specialist_id


def licences(
    session: Session, org_id: uuid.UUID, specialist_id: uuid.UUID | None = None
) -> list[LicenceLine]:
    """Licences of a specialist or of all, those that run out first at the top."""
    query = (
        select(
            SpecialistLicence.id,
            SpecialistLicence.specialist_id,
            Specialist.name,
            SpecialistLicence.number,
            SpecialistLicence.body,
            SpecialistLicence.issued_on,
            SpecialistLicence.expires_on,
            SpecialistLicence.stops_booking,
            Blob.key,
        )
        .join(
            Specialist,
            and_(
                Specialist.org_id == SpecialistLicence.org_id,
                Specialist.id == SpecialistLicence.specialist_id,
            ),
        )
        .outerjoin(
            Blob,
            and_(
                Blob.org_id == SpecialistLicence.org_id,
                Blob.id == SpecialistLicence.scan_blob_id,
            ),
        )
        .where(
            SpecialistLicence.org_id == org_id,
            SpecialistLicence.deleted_at.is_(None),
            Specialist.deleted_at.is_(None),
        )
        .order_by(SpecialistLicence.expires_on.asc().nulls_last(), SpecialistLicence.id)
    )
    if specialist_id is not None:
        query = query.where(SpecialistLicence.specialist_id == specialist_id)
    return [LicenceLine(*row) for row in session.execute(query)]


def running_out(session: Session, org_id: uuid.UUID, today: dt.date) -> Sequence[LicenceLine]:
    """Licences that have run out or soon will: what a list of specialists warns of."""
    return [
        one for one in licences(session, org_id) if one.expired(today) or one.expires_soon(today)
    ]


def licensed() -> ColumnElement[bool]:
    """Whether nothing stops a specialist of an outer query today: no licence that stops booking, or one that is valid.

    The database's date counts, so that the check costs no statement of its own where people are read anyway.
    """
    stops = (
        select(func.max(SpecialistLicence.expires_on))
        .where(
            SpecialistLicence.org_id == Specialist.org_id,
            SpecialistLicence.specialist_id == Specialist.id,
            SpecialistLicence.stops_booking,
            SpecialistLicence.deleted_at.is_(None),
        )
        .correlate(Specialist)
        .scalar_subquery()
    )
    return func.coalesce(stops, func.current_date()) >= func.current_date()


def _check(draft: LicenceDraft) -> None:
    if not draft.number.strip():
        raise Invalid.one("number", "required")
    if not draft.body.strip():
        raise Invalid.one("body", "required")
    if draft.issued_on and draft.expires_on and draft.expires_on < draft.issued_on:
        raise Invalid.one("expires_on", "ends_before_start")
    if draft.stops_booking and draft.expires_on is None:
        raise Invalid.one("expires_on", "required")
