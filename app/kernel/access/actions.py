"""Changing roles and the team of a clinic (KRN-03). Nobody gives away more than they hold, and somebody always remains
who can manage roles and team.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.access.queries import clinics_of
from app.kernel.audit.record import record
from app.kernel.identity.humans import create_human
from app.kernel.identity.signing_in import human_id_by_email
from app.kernel.permissions import ROLES, TEAM
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from app.lib.ids import uuid7
from app.lib.text import bounded_line, fold

KEYS_OF_THE_HOUSE = frozenset({ROLES.code, TEAM.code})


def create_role(session: Session, actor: Actor, *, name: str, now: dt.datetime) -> Role:
    """A role without permissions yet. Raises Invalid: `role_exists`."""
    actor.demand(ROLES)
    clean = bounded_line(name, "name", limit=60)
    code = "-".join(fold(clean).split())
    if not code or session.scalar(
        select(Role.id).where(Role.org_id == actor.clinic, Role.code == code)
    ):
        raise Invalid.one("name", "role_exists")
    role = Role(org_id=actor.clinic, code=code, name=clean, own_patients_only=False)
    session.add(role)
    session.flush()
    record(session, actor, "role.create", "role", role.id, at=now, after={"name": clean})
    return role


def change_role(
    session: Session,
    actor: Actor,
    role_id: uuid.UUID,
    *,
    name: str,
    permissions: Collection[str],
    own_patients_only: bool,
    now: dt.datetime,
) -> None:
    """Set what a role allows.

    Raises NotFound; Invalid for an unknown permission; Refused `beyond_own_permissions` for giving or taking what the
    actor does not hold; Conflict `last_owner` when nobody could manage roles and team any more.
    """
    actor.demand(ROLES)
    _lock_roles(session, actor.clinic)
    role = _role(session, actor.clinic, role_id)
    before, wanted = _permissions_of(session, role), frozenset(permissions)
    if not wanted <= {permission.code for permission in all_permissions()} | before:
        raise Invalid.one("permissions", "unknown_choice")
    _not_beyond(actor, before ^ wanted)
    limited = role.own_patients_only
    role.name, role.own_patients_only = bounded_line(name, "name", limit=60), own_patients_only
    _replace_permissions(session, role, before, wanted)
    _somebody_remains(session, actor.clinic)
    record(
        session,
        actor,
        "role.change",
        "role",
        role.id,
        at=now,
        before={"permissions": sorted(before), "own_patients_only": limited},
        after={"permissions": sorted(wanted), "own_patients_only": own_patients_only},
    )


def add_member(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    role_id: uuid.UUID,
    locale: str,
    now: dt.datetime,
) -> uuid.UUID:
    """Take a colleague into the team; who has no account gets one without a password. Gives the person's id.

    Raises Invalid: `member_exists`; Refused `beyond_own_permissions` for a role that allows more than the actor may.
    """
    actor.demand(TEAM)
    role = _role(session, actor.clinic, role_id)
    _not_beyond(actor, _permissions_of(session, role))
    human_id = human_id_by_email(session, email)
    if human_id is None:
        checked = bounded_line(name, "name")
        human_id = create_human(session, email=email, name=checked, now=now, locale=locale)
    if session.scalar(_membership_of(actor.clinic, human_id)):
        raise Invalid.one("email", "member_exists")
    membership_id = uuid7()
    session.execute(
        insert(Membership).values(
            org_id=actor.clinic, id=membership_id, human_id=human_id, role_id=role.id
        )
    )
    record(
        session,
        actor,
        "team.add",
        "membership",
        membership_id,
        at=now,
        after={"human_id": str(human_id), "role": role.code},
    )
    return human_id


def change_member_role(
    session: Session,
    actor: Actor,
    membership_id: uuid.UUID,
    *,
    role_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    """Give a colleague another role. Raises NotFound, Refused, Conflict `last_owner`."""
    actor.demand(TEAM)
    _lock_roles(session, actor.clinic)
    member = _member(session, actor.clinic, membership_id)
    old, new = (_role(session, actor.clinic, one) for one in (member.role_id, role_id))
    _not_beyond(actor, _permissions_of(session, old) | _permissions_of(session, new))
    member.role_id = new.id
    session.flush()
    _somebody_remains(session, actor.clinic)
    record(
        session,
        actor,
        "team.change_role",
        "membership",
        member.id,
        at=now,
        before={"role": old.code},
        after={"role": new.code},
    )


def deactivate_member(
    session: Session, actor: Actor, membership_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """End a colleague's access to this clinic from the next request on. The person's account stays."""
    _set_active(session, actor, membership_id, now, active=False)


def reactivate_member(
    session: Session, actor: Actor, membership_id: uuid.UUID, *, now: dt.datetime
) -> None:
    """Let a former colleague in again, in the role that they had."""
    _set_active(session, actor, membership_id, now, active=True)


def member_for_help(session: Session, actor: Actor, membership_id: uuid.UUID) -> uuid.UUID:
    """The person behind an active membership, whom the actor may send a password link. Raises NotFound, Refused."""
    actor.demand(TEAM)
    member = _member(session, actor.clinic, membership_id)
    if member.deactivated_at is not None:
        raise NotFound
    _not_beyond(actor, _permissions_of(session, _role(session, actor.clinic, member.role_id)))
    return member.human_id


def may_drop_second_factor(session: Session, human_id: uuid.UUID) -> bool:
    """Whether a clinic may help with a lost phone: only for somebody who works nowhere else."""
    return sum(clinic.is_staff for clinic in clinics_of(session, human_id)) == 1


def _set_active(
    session: Session,
    actor: Actor,
    membership_id: uuid.UUID,
    now: dt.datetime,
    *,
    active: bool,
) -> None:
    actor.demand(TEAM)
    _lock_roles(session, actor.clinic)
    member = _member(session, actor.clinic, membership_id)
    _not_beyond(actor, _permissions_of(session, _role(session, actor.clinic, member.role_id)))
    member.deactivated_at = None if active else now
    session.flush()
    _somebody_remains(session, actor.clinic)
    verb = "team.reactivate" if active else "team.deactivate"
    record(session, actor, verb, "membership", member.id, at=now)


def _lock_roles(session: Session, org_id: uuid.UUID) -> None:
    """Two changes at once must not each count on the other's owner."""
    session.execute(
        select(Role.id).where(Role.org_id == org_id).order_by(Role.id).with_for_update()
    )


def _somebody_remains(session: Session, org_id: uuid.UUID) -> None:
    holders: dict[uuid.UUID, set[str]] = {}
    rows = session.execute(
        select(Membership.id, RolePermission.permission)
        .join(
            RolePermission,
            (RolePermission.org_id == Membership.org_id)
            & (RolePermission.role_id == Membership.role_id),
        )
        .where(
            Membership.org_id == org_id,
            Membership.deactivated_at.is_(None),
            RolePermission.permission.in_(KEYS_OF_THE_HOUSE),
        )
    )
    for row in rows:
        holders.setdefault(row.id, set()).add(row.permission)
    if not any(held >= KEYS_OF_THE_HOUSE for held in holders.values()):
        raise Conflict("last_owner")


def _not_beyond(actor: Actor, permissions: Collection[str]) -> None:
    if not frozenset(permissions) <= actor.permissions:
        raise Refused("beyond_own_permissions")


def _role(session: Session, org_id: uuid.UUID, role_id: uuid.UUID) -> Role:
    found = session.get(Role, (org_id, role_id))
    if found is None:
        raise NotFound
    return found


def _member(session: Session, org_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:
    found = session.get(Membership, (org_id, membership_id))
    if found is None:
        raise NotFound
    return found


def _membership_of(org_id: uuid.UUID, human_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Membership.id).where(Membership.org_id == org_id, Membership.human_id == human_id)


def _permissions_of(session: Session, role: Role) -> frozenset[str]:
    return frozenset(
        session.scalars(
            select(RolePermission.permission).where(
                RolePermission.org_id == role.org_id, RolePermission.role_id == role.id
            )
        )
    )


def _replace_permissions(
    session: Session, role: Role, before: frozenset[str], wanted: frozenset[str]
) -> None:
    session.execute(
        delete(RolePermission).where(
            RolePermission.org_id == role.org_id,
            RolePermission.role_id == role.id,
            RolePermission.permission.in_(before - wanted),
        )
    )
    for code in sorted(wanted - before):
        session.execute(
            insert(RolePermission).values(
                org_id=role.org_id, id=uuid7(), role_id=role.id, permission=code
            )
        )
