"""The clinic's own card, which patients read on its pages and in its messages, corrected by the clinic (TEN-01)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import asdict, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.access.actor import Actor
from app.kernel.audit.record import record
from app.kernel.tenancy.models import Organization
from app.lib.errors import Conflict, Invalid, NotFound
from app.lib.fingerprint import fingerprint
from app.lib.origins import parse_web_address
from app.lib.text import bounded_line

NAME_LIMIT, TAGLINE_LIMIT = 120, 160
_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class ClinicCard:
    """What a clinic says of itself. `tagline` by language, `accent` a colour such as `#0f766e`."""

    name: str
    tagline: dict[str, str]
    email: str | None
    phone: str | None
    website: str | None
    accent: str

    @property
    def mark(self) -> str:
        """The mark of what is stored so, for `seen`."""
        return fingerprint(asdict(self))


def clinic_card(session: Session, org_id: uuid.UUID) -> ClinicCard:
    """The card as it is stored. Raises NotFound."""
    return _card_of(_row(session, org_id))


def change_clinic(
    session: Session, actor: Actor, card: ClinicCard, *, seen: str, now: dt.datetime
) -> bool:
    """Correct the card; whether anything is new. Raises Conflict when it is not what `seen` marks, and Invalid."""
    row = _row(session, actor.clinic, lock=True)
    before, checked = _card_of(row), _checked(card)
    if checked == before:
        return False
    if seen != before.mark:
        raise Conflict("changed_meanwhile")
    for name, value in asdict(checked).items():
        setattr(row, name, value)
    session.flush()
    record(
        session,
        actor,
        "clinic.change",
        "clinic",
        actor.clinic,
        at=now,
        before=asdict(before),
        after=asdict(checked),
    )
    return True


def _row(session: Session, org_id: uuid.UUID, *, lock: bool = False) -> Organization:
    asked = select(Organization).where(Organization.id == org_id)
    if lock:
        asked = asked.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(asked).one_or_none()
    if found is None:
        raise NotFound
    return found


def _card_of(row: Organization) -> ClinicCard:
    return ClinicCard(
        row.name, dict(row.tagline or {}), row.email, row.phone, row.website, row.accent
    )


def _checked(card: ClinicCard) -> ClinicCard:
    accent = card.accent.strip().lower()
    if not _COLOR.fullmatch(accent):
        raise Invalid.one("accent", "color_malformed")
    said = {
        code: bounded_line(text, f"tagline_{code}", limit=TAGLINE_LIMIT)
        for code, text in card.tagline.items()
    }
    return replace(
        card,
        name=bounded_line(card.name, "name", limit=NAME_LIMIT),
        tagline=said,
        website=parse_web_address(card.website, field="website") if card.website else None,
        accent=accent,
    )
