"""What messaging does when something happened: it sends what is queued, and tells owners of elevated access."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.models import ElevatedAccess, Membership, Role
from app.kernel.identity.models import Human
from app.kernel.outbox import Event, subscribe
from app.kernel.tenancy.models import Organization
from app.messaging import wordings
from app.messaging.actions import enqueue
from app.messaging.events import DELIVERY_QUEUED
from app.messaging.sending import deliver

OWNER = "owner"


@subscribe(DELIVERY_QUEUED, "messaging.send")
def send(session: Session, event: Event) -> None:
    """Send one delivery; a second attempt at the event may follow a sent message that was not noted."""
    deliver(
        session,
        event.org_id,
        event.uuid("delivery_id"),
        now=event.now,
        interrupted=event.attempt > 1,
    )


@subscribe("access.elevated", "messaging.tell_owners")
def tell_owners(session: Session, event: Event) -> None:
    """The operator looks into the clinic: every owner learns of it at once, by e-mail (KRN-13)."""
    access = session.get_one(ElevatedAccess, (event.org_id, event.uuid("elevated_id")))
    zone = session.scalars(
        select(Organization.time_zone).where(Organization.id == event.org_id)
    ).one()
    owners = session.execute(
        select(Human.id, Human.email, Human.name, Human.locale)
        .join(Membership, Membership.human_id == Human.id)
        .join(Role, (Role.org_id == Membership.org_id) & (Role.id == Membership.role_id))
        .where(
            Membership.org_id == event.org_id,
            Membership.deactivated_at.is_(None),
            Role.code == OWNER,
        )
    )
    for owner in owners:
        enqueue(
            session,
            event.org_id,
            template="elevated_access_opened",
            channel=wordings.EMAIL,
            recipient=owner.email,
            locale=owner.locale,
            context={
                "name": owner.name,
                "case_kind": access.case_kind,
                "reason": access.reason,
                "opened_at": access.opened_at,
                "expires_at": access.expires_at,
                "time_zone": zone,
            },
            subject_type="elevated_access",
            subject_id=access.id,
            idempotency_key=f"elevated_access:{access.id}:{owner.id}",
            now=event.now,
        )
