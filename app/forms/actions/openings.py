"""Handing a form over on a tablet: a link or a short code, claimed once by one browser (SIG-01).

The link's token is stored as a hash, the short code as one under the house's key. Whoever presents one of them first
gets a claim, a secret of that browser: the page can be reloaded there, and a copied link is worth nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.forms import queries
from app.forms.models import FormInstance, KioskOpening
from app.forms.queries import CLAIM_TTL
from app.forms.states import OPEN_STATES
from app.kernel import crypto, live
from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tokens import hash_token, new_single_use_token, same_secret
from app.lib.errors import Conflict, Expired, Invalid, NotFound
from app.lib.ids import normalise_reference, reference_code

OPENING_TTL = dt.timedelta(minutes=10)
CODE_LENGTH = 6


@dataclass(frozen=True)
class Handover:
    """What the reception sees once: `token` for the link, `code` to type. Neither can be read again later."""

    opening: KioskOpening
    token: str
    code: str


def open_on_kiosk(
    session: Session, actor: Actor, *, form_id: uuid.UUID, now: dt.datetime
) -> Handover:
    """Open a form on a tablet: valid for OPENING_TTL, for one browser. Earlier openings of the form end.

    Raises NotFound, Conflict("form_closed") for a form that is signed or voided.
    """
    form = queries.form_or_404(session, actor.clinic, form_id, lock=True)
    if form.state not in OPEN_STATES:
        raise Conflict("form_closed", state=form.state)
    revoke_live(session, actor, form.id, now)
    token, code = new_single_use_token(), _free_code(session, actor.clinic)
    opening = KioskOpening(
        org_id=actor.clinic,
        form_id=form.id,
        token_digest=token.hashed,
        code_digest=_code_digest(code),
        opened_by=actor.human_id,
        expires_at=now + OPENING_TTL,
        created_at=now,
    )
    session.add(opening)
    session.flush()
    _tell(session, actor, "form.open_on_kiosk", opening, now)
    return Handover(opening, token.plain, code)


def waiting(session: Session, org_id: uuid.UUID, token: str, now: dt.datetime) -> KioskOpening:
    """The opening that a link names, while it waits for its tablet.

    Raises NotFound for a token that this clinic never gave, Expired("kiosk_used", "kiosk_revoked" or "kiosk_expired").
    """
    opening = _opening(session, org_id, KioskOpening.token_digest == hash_token(token))
    _demand_waiting(opening, now)
    return opening


def claim(session: Session, actor: Actor, *, token: str, now: dt.datetime) -> str:
    """Exchange a link's token for a claim, once. Gives the claim secret. Raises as `waiting`."""
    return _claim(session, actor, waiting(session, actor.clinic, token, now), now)


def claim_by_code(session: Session, actor: Actor, *, code: str, now: dt.datetime) -> str:
    """Exchange a typed code for a claim, once. Raises Invalid on `code`: `required` or `kiosk_code_unknown`."""
    if not code.strip():
        raise Invalid.one("code", "required")
    typed = normalise_reference(code)
    if typed is None:
        raise Invalid.one("code", "kiosk_code_unknown")
    try:
        opening = _opening(session, actor.clinic, KioskOpening.code_digest == _code_digest(typed))
        _demand_waiting(opening, now)
    except (NotFound, Expired):
        # One answer for wrong, old and used codes: a guesser learns nothing.
        raise Invalid.one("code", "kiosk_code_unknown") from None
    return _claim(session, actor, opening, now)


def claimed(
    session: Session, org_id: uuid.UUID, claim_secret: str, now: dt.datetime
) -> tuple[KioskOpening, FormInstance]:
    """The opening and form that a tablet holds, both locked.

    Raises Expired as `waiting` does, or "kiosk_ended" past CLAIM_TTL.
    """
    try:
        opening = _opening(
            session, org_id, KioskOpening.claim_digest == hash_token(claim_secret), lock=True
        )
    except NotFound:
        raise Expired("kiosk_ended") from None
    if opening.used_at is not None:
        raise Expired("kiosk_used")
    if opening.revoked_at is not None:
        raise Expired("kiosk_revoked")
    if opening.claimed_at is None or opening.claimed_at + CLAIM_TTL <= now:
        raise Expired("kiosk_ended")
    return opening, queries.form_or_404(session, org_id, opening.form_id, lock=True)


def names(opening: KioskOpening, token: str) -> bool:
    """Whether a link's token is the one of this opening."""
    return same_secret(opening.token_digest, hash_token(token))


def put_away(session: Session, actor: Actor, *, claim_secret: str, now: dt.datetime) -> None:
    """The tablet went back to its start: its claim ends, signed or not. Nothing happens if it had ended already."""
    try:
        opening, _ = claimed(session, actor.clinic, claim_secret, now)
    except Expired:
        return
    opening.revoked_at = now
    session.flush()
    _tell(session, actor, "form.put_away", opening, now)


def revoke_opening(
    session: Session, actor: Actor, *, opening_id: uuid.UUID, now: dt.datetime
) -> KioskOpening:
    """Take an opening back, also from a tablet that shows it. Raises Conflict("kiosk_used") once it was signed."""
    opening = _opening(session, actor.clinic, KioskOpening.id == opening_id, lock=True)
    if opening.used_at is not None:
        raise Conflict("kiosk_used")
    if opening.revoked_at is None:
        _revoke(session, actor, opening, now)
    return opening


def revoke_live(session: Session, actor: Actor, form_id: uuid.UUID, now: dt.datetime) -> None:
    """Take back every opening of a form that could still be used."""
    live = session.scalars(
        select(KioskOpening)
        .where(
            KioskOpening.org_id == actor.clinic,
            KioskOpening.form_id == form_id,
            KioskOpening.used_at.is_(None),
            KioskOpening.revoked_at.is_(None),
        )
        .with_for_update()
    )
    for opening in live.all():
        _revoke(session, actor, opening, now)


def _revoke(session: Session, actor: Actor, opening: KioskOpening, now: dt.datetime) -> None:
    opening.revoked_at = now
    opening.code_digest = None
    session.flush()
    _tell(session, actor, "form.revoke_opening", opening, now)


def _claim(session: Session, actor: Actor, opening: KioskOpening, now: dt.datetime) -> str:
    secret = new_single_use_token()
    # The condition is the decision: of two tablets at the same moment, one row is changed by one.
    changed = session.execute(
        update(KioskOpening)
        .where(
            KioskOpening.org_id == actor.clinic,
            KioskOpening.id == opening.id,
            KioskOpening.claimed_at.is_(None),
            KioskOpening.revoked_at.is_(None),
        )
        .values(claimed_at=now, claim_digest=secret.hashed, code_digest=None)
        .returning(KioskOpening.id)
    ).first()
    if changed is None:
        raise Expired("kiosk_used")
    session.refresh(opening)
    _tell(session, actor, "form.claim", opening, now)
    return secret.plain


def _opening(
    session: Session, org_id: uuid.UUID, which: ColumnElement[bool], *, lock: bool = False
) -> KioskOpening:
    wanted = select(KioskOpening).where(KioskOpening.org_id == org_id, which)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound("kiosk_unknown")
    return found


def _demand_waiting(opening: KioskOpening, now: dt.datetime) -> None:
    if opening.revoked_at is not None:
        raise Expired("kiosk_revoked")
    if opening.used_at is not None or opening.claimed_at is not None:
        raise Expired("kiosk_used")
    if opening.expires_at <= now:
        raise Expired("kiosk_expired")


def _code_digest(code: str) -> str:
    return crypto.ring().digest(code, "kiosk_openings.code")


def _free_code(session: Session, org_id: uuid.UUID) -> str:
    while True:
        code = reference_code(CODE_LENGTH)
        taken = select(KioskOpening.id).where(
            KioskOpening.org_id == org_id, KioskOpening.code_digest == _code_digest(code)
        )
        if session.execute(taken).first() is None:
            return code


def _tell(
    session: Session, actor: Actor, action: str, opening: KioskOpening, now: dt.datetime
) -> None:
    after = {"form_id": str(opening.form_id)}
    record(session, actor, action, "kiosk_opening", opening.id, at=now, after=after)
    live.tell(session, actor.clinic, live.FORMS)
