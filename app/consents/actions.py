"""Changing the ledger: publish a text, grant, withdraw. Grants are appended; withdrawal marks (CNS-01, CNS-03)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.consents import events, queries
from app.consents.models import Consent, ConsentPurpose, ConsentPurposeVersion
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.db import write_object
from app.kernel.outbox import emit
from app.lib.errors import Conflict, Invalid, NotFound, Refused
from app.lib.ids import uuid7

FORM, BOOKING, PORTAL, STAFF = "form", "booking", "portal", "staff"


def publish_version(
    session: Session, actor: Actor, *, purpose: str, texts: Mapping[str, str], now: dt.datetime
) -> ConsentPurposeVersion:
    """The next version of a purpose's text in this clinic; `texts` maps a language to the sentence.

    Raises NotFound for an unknown purpose, Invalid where no language has words.
    """
    _purpose(session, purpose)
    kept = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not kept:
        raise Invalid.one("texts", "required")
    version = ConsentPurposeVersion(
        org_id=actor.clinic,
        purpose=purpose,
        version=_next_version(session, actor.clinic, purpose),
        texts=kept,
        published_at=now,
    )
    session.add(version)
    session.flush()
    after = {"purpose": purpose, "version": version.version}
    record(session, actor, "consent_text.publish", "consent_text", version.id, at=now, after=after)
    return version


def grant(
    session: Session,
    actor: Actor,
    *,
    patient_id: uuid.UUID,
    purpose: str,
    source: str,
    now: dt.datetime,
    version_id: uuid.UUID | None = None,
    source_form_id: uuid.UUID | None = None,
    first: bool = False,
) -> Consent:
    """Append a grant of the purpose's current text, or of the text `version_id` that a signed form showed.

    Outside a form, a grant of the same text that still holds is returned instead of a second one; `first` where there
    can be none, since the card was made a moment ago. Raises NotFound for a purpose that the clinic has not published,
    Refused("staff_never_sign") for staff in a patient's place (KRN-14).
    """
    if source == PORTAL and actor.on_behalf_of is not None:
        raise Refused("staff_never_sign")
    version = _version(session, actor.clinic, purpose, version_id)
    if source != FORM and not first:
        for held in queries.live_grants(session, actor.clinic, patient_id, purpose):
            if held.purpose_version_id == version.id:
                return held
    values = {
        "org_id": actor.clinic,
        "id": uuid7(),
        "patient_id": patient_id,
        "purpose": purpose,
        "purpose_version_id": version.id,
        "source": source,
        "source_form_id": source_form_id,
        "granted_at": now,
        "granted_by": actor.human_id,
        "ip": actor.origin.ip,
        "user_agent": actor.origin.user_agent,
        "created_at": now,
    }
    consent: Consent = write_object(session, Consent, values)
    _tell(session, actor, "consent.grant", events.GRANTED, consent, now)
    return consent


def withdraw(
    session: Session, actor: Actor, *, patient_id: uuid.UUID, purpose: str, now: dt.datetime
) -> int:
    """Mark every grant of a purpose that holds; it counts no more from here on. Gives how many.

    The signed form stays as it is (CNS-03). Raises NotFound for an unknown purpose, Refused("consent_not_withdrawable")
    where another legal basis carries it, Conflict("consent_not_held") where there is nothing to withdraw.
    """
    if not _purpose(session, purpose).withdrawable:
        raise Refused("consent_not_withdrawable", purpose=purpose)
    held = queries.live_grants(session, actor.clinic, patient_id, purpose)
    if not held:
        raise Conflict("consent_not_held", purpose=purpose)
    for consent in held:
        _mark(session, actor, consent, now)
    return len(held)


def withdraw_all_medical(
    session: Session, actor: Actor, *, patient_id: uuid.UUID, now: dt.datetime
) -> list[str]:
    """Withdraw every medical consent that holds (CNS-06); gives their purposes."""
    withdrawn = []
    for purpose in queries.medical_purposes(session):
        held = queries.live_grants(session, actor.clinic, patient_id, purpose)
        for consent in held:
            _mark(session, actor, consent, now)
        if held:
            withdrawn.append(purpose)
    return withdrawn


def _mark(session: Session, actor: Actor, consent: Consent, now: dt.datetime) -> None:
    consent.withdrawn_at = now
    consent.withdrawn_by = actor.human_id
    session.flush()
    _tell(session, actor, "consent.withdraw", events.WITHDRAWN, consent, now)


def _tell(
    session: Session, actor: Actor, action: str, event: str, consent: Consent, now: dt.datetime
) -> None:
    detail = {"patient_id": str(consent.patient_id), "purpose": consent.purpose}
    record(session, actor, action, "consent", consent.id, at=now, after=detail)
    emit(session, actor.clinic, event, {"consent_id": consent.id, **detail}, at=now)


def _purpose(session: Session, code: str) -> ConsentPurpose:
    found = session.get(ConsentPurpose, code)
    if found is None:
        raise NotFound("consent_purpose_unknown")
    return found


def _version(
    session: Session, org_id: uuid.UUID, purpose: str, version_id: uuid.UUID | None
) -> ConsentPurposeVersion:
    if version_id is None:
        found = queries.current_version(session, org_id, purpose)
    else:
        found = session.get(ConsentPurposeVersion, (org_id, version_id))
    if found is None or found.purpose != purpose:
        raise NotFound("consent_purpose_unknown")
    return found


def _next_version(session: Session, org_id: uuid.UUID, purpose: str) -> int:
    newest = session.scalar(
        select(func.max(ConsentPurposeVersion.version)).where(
            ConsentPurposeVersion.org_id == org_id, ConsentPurposeVersion.purpose == purpose
        )
    )
    return (newest or 0) + 1
