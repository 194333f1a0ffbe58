"""Roles and team of a clinic as screens show them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.identity.models import Human


@dataclass(frozen=True)
class RoleView:
    """A role with what it allows and how many active colleagues have it."""

    id: uuid.UUID
    code: str
    name: str
    own_patients_only: bool
    permissions: frozenset[str]
    members: int


@dataclass(frozen=True)
class MemberView:
    """A colleague. `invited`: has never set a password."""

    id: uuid.UUID
    human_id: uuid.UUID
    name: str
    email: str
    role_id: uuid.UUID
    role_name: str
    invited: bool
    has_second_factor: bool
    deactivated_at: dt.datetime | None


def roles(session: Session, org_id: uuid.UUID) -> list[RoleView]:
    """The clinic's roles, the oldest first."""
    granted: dict[uuid.UUID, set[str]] = {}
    for row in session.execute(
        select(RolePermission.role_id, RolePermission.permission).where(
            RolePermission.org_id == org_id
        )
    ):
        granted.setdefault(row.role_id, set()).add(row.permission)
    counted = _members_by_role(session, org_id)
    found = session.scalars(
        select(Role).where(Role.org_id == org_id).order_by(Role.created_at, Role.id)
    )
    return [
        RoleView(
            role.id,
            role.code,
            role.name,
            role.own_patients_only,
            frozenset(granted.get(role.id, ())),
            counted.get(role.id, 0),
        )
        for role in found
    ]


def team(session: Session, org_id: uuid.UUID) -> list[MemberView]:
    """Everybody who is or was on the team, active ones first, by name."""
    rows = session.execute(
        select(
            Membership.id,
            Membership.human_id,
            Human.name,
            Human.email,
            Role.id.label("role_id"),
            Role.name.label("role_name"),
            Human.password_hash.is_(None).label("invited"),
            Human.totp_confirmed_at.is_not(None).label("has_second_factor"),
            Membership.deactivated_at,
        )
        .join(Human, Human.id == Membership.human_id)
        .join(Role, (Role.org_id == Membership.org_id) & (Role.id == Membership.role_id))
        .where(Membership.org_id == org_id)
        .order_by(Membership.deactivated_at.is_not(None), func.lower(Human.name), Membership.id)
    )
    return [MemberView(*row) for row in rows]


def _members_by_role(session: Session, org_id: uuid.UUID) -> dict[uuid.UUID, int]:
    rows = session.execute(
        select(Membership.role_id, func.count().label("members"))
        .where(Membership.org_id == org_id, Membership.deactivated_at.is_(None))
        .group_by(Membership.role_id)
    )
    return {row.role_id: row.members for row in rows}
