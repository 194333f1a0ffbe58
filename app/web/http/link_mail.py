"""One-time links leave by e-mail of a clinic: made here, sealed in the message that waits, told to nobody else."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from flask import url_for
from sqlalchemy.orm import Session

from app.kernel.identity import signing_in
from app.kernel.identity.models import Human
from app.kernel.tenancy.scope import scope_of, scoped
from app.messaging.actions import enqueue
from app.web.http import context
from app.web.http.login import attempt

INVITATION_LIFE = dt.timedelta(hours=72)


def mail_sign_in_link(
    session: Session, human: Human, token: str, *, target: str | None = None
) -> None:
    """Mail a patient the link that signs in to this clinic's portal, and leads on to `target`, a path of this site."""
    clinic = context.clinic()
    link = _absolute(url_for("portal.use_link", clinic=clinic.slug, token=token, next=target))
    _mail(session, clinic.id, human, "sign_in_link", link, signing_in.LINK_LIFE)


def mail_password_link(
    session: Session, org_id: uuid.UUID, human: Human, *, template: str, purpose: str
) -> None:
    """Mail a colleague the link that sets a password: `claim` invites, `reset` helps after a forgotten one."""
    with scoped(session, replace(scope_of(session), org_id=org_id, human_id=human.id, role=None)):
        tried = replace(attempt(), org_id=org_id)
        token = signing_in.issue_link(session, human.id, purpose, tried, INVITATION_LIFE)
        link = _absolute(url_for("entrance.set_password", token=token))
        _mail(session, org_id, human, template, link, INVITATION_LIFE)


def _mail(
    session: Session,
    org_id: uuid.UUID,
    human: Human,
    template: str,
    link: str,
    life: dt.timedelta,
) -> None:
    now = context.now()
    enqueue(
        session,
        org_id,
        template=template,
        channel="email",
        recipient=human.email,
        locale=human.locale,
        context={
            "name": human.name,
            "minutes": int(life.total_seconds()) // 60,
            "hours": int(life.total_seconds()) // 3600,
        },
        sealed={"link": link},
        subject_type="human",
        subject_id=human.id,
        idempotency_key=f"{template}:{human.id}:{now.timestamp():.6f}",
        now=now,
    )


def _absolute(path: str) -> str:
    return f"{context.settings().base_url}{path}"
