"""Who arrives with a request: the clinic of its address and whoever is signed in there, read in one statement.

Every page asks this, so the statement is built once; what it reads is decided by the policies of the scope that
`kernel.tenancy.scope.enter_by_slug` has set before.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, load_only

from app.kernel.access.models import ElevatedAccess, Membership, Role
from app.kernel.access.queries import StaffAccess, permissions_of_role
from app.kernel.identity.models import Human, LoginSession
from app.kernel.identity.signing_in import is_live, since_when_idle, touch
from app.kernel.tenancy.models import Location, Organization
from app.people.models import Specialist


class Place(NamedTuple):
    """A location of the clinic, in its order."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A login that lasts, and what its person is in this clinic; `access` is None for who does not work here.

    `support_inside` tells of elevated access to the clinic, anybody's, that is open now (KRN-13); `locations` are where
    the clinic works now, for who works there.
    """

    session_id: uuid.UUID
    method: str
    human: Human
    access: StaffAccess | None
    specialist_id: uuid.UUID | None
    support_inside: bool
    locations: tuple[Place, ...]


def _own_profile() -> ScalarSelect[Any]:
    return (
        select(Specialist.id)
        .where(
            Specialist.org_id == Organization.id,
            Specialist.human_id == Human.id,
            Specialist.deleted_at.is_(None),
        )
        .limit(1)
        .correlate(Organization, Human)
        .scalar_subquery()
    )


def _support_inside() -> ColumnElement[bool]:
    return (
        select(ElevatedAccess.id)
        .where(
            ElevatedAccess.org_id == Organization.id,
            ElevatedAccess.closed_at.is_(None),
            ElevatedAccess.expires_at > bindparam("now"),
        )
        .correlate(Organization)
        .exists()
    )


def _locations() -> ColumnElement[Any]:
    row = func.jsonb_build_array(Location.id, Location.name)
    found = (
        select(func.jsonb_agg(aggregate_order_by(row, Location.position, Location.name)))
        .where(Location.org_id == Organization.id, Location.closed_at.is_(None))
        .correlate(Organization)
        .scalar_subquery()
    )
    return case((Membership.id.is_not(None), found))


_ARRIVAL = (
    select(
        Organization,
        LoginSession.id,
        LoginSession.method,
        LoginSession.last_seen_at,
        Human,
        Membership.id,
        Role.code,
        Role.name,
        func.array(permissions_of_role()),
        Role.own_patients_only,
        _own_profile(),
        _support_inside(),
        _locations(),
    )
    .select_from(Organization)
    .outerjoin(LoginSession, and_(LoginSession.id == bindparam("login"), is_live()))
    .outerjoin(Human, and_(Human.id == LoginSession.human_id, Human.disabled_at.is_(None)))
    .outerjoin(
        Membership,
        and_(
            Membership.org_id == Organization.id,
            Membership.human_id == Human.id,
            Membership.deactivated_at.is_(None),
        ),
    )
    .outerjoin(Role, and_(Role.org_id == Membership.org_id, Role.id == Membership.role_id))
    .where(Organization.id == bindparam("org_id"))
    # The secrets of an account are not for every page; one that needs them reads them by asking.
    .options(load_only(Human.name, Human.email, Human.locale, Human.is_platform_staff))
)


def arrival(
    session: Session,
    org_id: uuid.UUID,
    session_id: uuid.UUID,
    human_id: uuid.UUID,
    now: dt.datetime,
) -> tuple[Organization, SignedIn | None]:
    """The clinic of the scope, and the login while it lasts. The scope's person is `human_id`."""
    asked = {
        "org_id": org_id,
        "login": session_id,
        "human": human_id,
        "now": now,
        "idle_since": since_when_idle(now),
    }
    clinic, login_id, method, seen, human, *member, specialist, support, places = session.execute(
        _ARRIVAL, asked
    ).one()
    if human is None:
        return clinic, None
    touch(session, login_id, seen, now)
    locations = tuple(Place(uuid.UUID(id_), name) for id_, name in places or ())
    access = _access(*member)
    return clinic, SignedIn(login_id, method, human, access, specialist, support, locations)


def _access(
    membership_id: uuid.UUID | None,
    code: str,
    name: str,
    permissions: list[str],
    own_patients_only: bool,
) -> StaffAccess | None:
    if membership_id is None:
        return None
    return StaffAccess(membership_id, code, name, frozenset(permissions), own_patients_only)
