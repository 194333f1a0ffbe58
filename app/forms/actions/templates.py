"""Publishing templates; a clinic starts with a few (FRM-02)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.consents.actions import publish_version
from app.consents.queries import current_version
from app.forms.defaults import DefaultTemplate, default_templates
from app.forms.models import FormTemplate, FormTemplateVersion
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.lib.errors import NotFound


def create_default_templates(
    session: Session, actor: Actor, now: dt.datetime
) -> list[FormTemplate]:
    """The templates that a clinic starts with; those it has already stay as they are. Gives the new ones."""
    existing = set(
        session.scalars(select(FormTemplate.code).where(FormTemplate.org_id == actor.clinic))
    )
    missing = [template for template in default_templates() if template.code not in existing]
    return [_create(session, actor, template, now) for template in missing]


def publish_template(
    session: Session,
    actor: Actor,
    *,
    code: str,
    body: dict[str, Any],
    purposes: Sequence[str],
    now: dt.datetime,
) -> FormTemplateVersion:
    """The next version of a template; forms opened before keep the version that they froze.

    Signing it grants the newest published text of each purpose. Raises NotFound where a purpose has none.
    """
    template = _template(session, actor.clinic, code)
    version = FormTemplateVersion(
        org_id=actor.clinic,
        template_id=template.id,
        version=_next_version(session, actor.clinic, template.id),
        body=body,
        consent_purposes=[[code, _text_version(session, actor.clinic, code)] for code in purposes],
        published_at=now,
    )
    session.add(version)
    session.flush()
    after = {"code": code, "version": version.version, "purposes": list(purposes)}
    record(
        session, actor, "form_template.publish", "form_template", template.id, at=now, after=after
    )
    return version


def _create(
    session: Session, actor: Actor, template: DefaultTemplate, now: dt.datetime
) -> FormTemplate:
    for purpose, texts in template.purposes.items():
        if current_version(session, actor.clinic, purpose) is None:
            publish_version(session, actor, purpose=purpose, texts=texts, now=now)
    publish_template(
        session,
        actor,
        code=template.code,
        body=template.body,
        purposes=list(template.purposes),
        now=now,
    )
    return _template(session, actor.clinic, template.code)


def _template(session: Session, org_id: uuid.UUID, code: str) -> FormTemplate:
    found = session.scalars(
        select(FormTemplate).where(FormTemplate.org_id == org_id, FormTemplate.code == code)
    ).first()
    if found is not None:
        return found
    made = FormTemplate(org_id=org_id, code=code)
    session.add(made)
    session.flush()
    return made


def _next_version(session: Session, org_id: uuid.UUID, template_id: uuid.UUID) -> int:
    newest = session.scalar(
        select(func.max(FormTemplateVersion.version)).where(
            FormTemplateVersion.org_id == org_id, FormTemplateVersion.template_id == template_id
        )
    )
    return (newest or 0) + 1


def _text_version(session: Session, org_id: uuid.UUID, purpose: str) -> int:
    found = current_version(session, org_id, purpose)
    if found is None:
        raise NotFound("consent_purpose_unknown")
    return found.version
