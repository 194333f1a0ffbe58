"""Opening a clinic: a draft with its roles, its owner and its first location, later activated. The operator's alone."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.kernel.access.actor import PLATFORM, SYSTEM, Actor
from app.kernel.access.default_roles import DEFAULT_ROLES, OWNER, DefaultRole, granted
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.audit.record import record
from app.kernel.identity.humans import create_human
from app.kernel.identity.signing_in import human_id_by_email
from app.kernel.outbox import emit
from app.kernel.tenancy import directory
from app.kernel.tenancy.models import Location, Organization
from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scope_of, scoped
from app.kernel.tenancy.slugs import checked_slug
from app.lib.errors import Conflict, Invalid, Refused
from app.lib.ids import uuid7
from app.lib.text import bounded_line

CLINIC_ACTIVATED = "clinic.activated"


@dataclass(frozen=True)
class ClinicOpened:
    """What opening a clinic made. `role_ids` by role code."""

    org_id: uuid.UUID
    owner_id: uuid.UUID
    location_id: uuid.UUID
    role_ids: dict[str, uuid.UUID]


def create_clinic(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    name: str,
    owner_name: str,
    owner_email: str,
    city: str,
    time_zone: str,
    locale: str,
    now: dt.datetime,
) -> ClinicOpened:
    """A draft clinic with the default roles, its owner and one location.

    An owner who is known already keeps the account. Raises Invalid for fields, `slug_taken` among them, and Refused for
    anybody who is not of the operator.
    """
    _operator_only(actor)
    if time_zone not in available_timezones():
        raise Invalid.one("time_zone", "unknown_choice")
    values = {
        "slug": checked_slug(slug),
        "name": bounded_line(name, "name"),
        "email": owner_email.strip().lower(),
        "locale": locale,
        "time_zone": time_zone,
        "created_at": now,
    }
    org_id = _insert_clinic(session, values)
    with scoped(session, replace(scope_of(session), org_id=org_id, role=None)):
        role_ids = add_default_roles(session, org_id, locale)
        owner_id = _owner(session, owner_name, owner_email, locale, now)
        session.execute(
            insert(Membership).values(
                org_id=org_id, id=uuid7(), human_id=owner_id, role_id=role_ids[OWNER]
            )
        )
        location_id = _first_location(session, org_id, name, city, time_zone)
        record_twice(
            session, actor, org_id, "clinic.create", at=now, after={"slug": values["slug"]}
        )
    return ClinicOpened(org_id, owner_id, location_id, role_ids)


def activate_clinic(session: Session, actor: Actor, org_id: uuid.UUID, *, now: dt.datetime) -> None:
    """Put a draft on the air: its addresses answer from now on. Raises Conflict `clinic_active`."""
    _operator_only(actor)
    with scoped(session, Scope(human_id=actor.human_id, role=PLATFORM_ROLE)):
        changed = session.execute(
            update(Organization)
            .where(Organization.id == org_id, Organization.activated_at.is_(None))
            .values(activated_at=now)
            .returning(Organization.id)
        ).one_or_none()
        if changed is None:
            directory.clinic(session, org_id)  # NotFound for one that does not exist.
            raise Conflict("clinic_active")
        record_twice(session, actor, org_id, "clinic.activate", at=now)
        emit(session, org_id, CLINIC_ACTIVATED, {"org_id": org_id}, at=now)


def add_default_roles(session: Session, org_id: uuid.UUID, locale: str) -> dict[str, uuid.UUID]:
    """The default roles of a clinic, in whose scope the session acts, named in its language; ids by code."""
    declared = [permission.code for permission in all_permissions()]
    return {role.code: _add_role(session, org_id, role, locale, declared) for role in DEFAULT_ROLES}


def record_twice(
    session: Session,
    actor: Actor,
    org_id: uuid.UUID,
    action: str,
    *,
    at: dt.datetime,
    after: dict[str, object] | None = None,
    reason: str | None = None,
) -> None:
    """An operator's act on a clinic stands in the operator's trail and in the clinic's."""
    for whose in (None, org_id):
        told = replace(actor, org_id=whose)
        record(session, told, action, "clinic", org_id, at=at, after=after, reason=reason)


def _operator_only(actor: Actor) -> None:
    if actor.kind not in (PLATFORM, SYSTEM):
        raise Refused("operator_only")


def _insert_clinic(session: Session, values: dict[str, object]) -> uuid.UUID:
    with scoped(session, replace(scope_of(session), role=PLATFORM_ROLE)):
        added: uuid.UUID | None = session.execute(
            upsert(Organization)
            .values(id=uuid7(), **values)
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(Organization.id)
        ).scalar_one_or_none()
    if added is None:
        raise Invalid.one("slug", "slug_taken")
    return added


def _owner(session: Session, name: str, email: str, locale: str, now: dt.datetime) -> uuid.UUID:
    known = human_id_by_email(session, email)
    if known is not None:
        return known
    checked = bounded_line(name, "owner_name")
    return create_human(session, email=email, name=checked, now=now, locale=locale)


def _first_location(
    session: Session, org_id: uuid.UUID, name: str, city: str, time_zone: str
) -> uuid.UUID:
    location_id = uuid7()
    session.execute(
        insert(Location).values(
            org_id=org_id,
            id=location_id,
            name=name,
            city=bounded_line(city, "city"),
            time_zone=time_zone,
        )
    )
    return location_id


def _add_role(
    session: Session, org_id: uuid.UUID, role: DefaultRole, locale: str, declared: list[str]
) -> uuid.UUID:
    role_id = uuid7()
    session.execute(
        insert(Role).values(
            org_id=org_id,
            id=role_id,
            code=role.code,
            name=role.names.get(locale, role.names["en"]),
            own_patients_only=role.own_patients_only,
        )
    )
    codes = granted(role, declared)
    if codes:
        session.execute(
            insert(RolePermission),
            [
                {"org_id": org_id, "id": uuid7(), "role_id": role_id, "permission": code}
                for code in codes
            ],
        )
    return role_id
