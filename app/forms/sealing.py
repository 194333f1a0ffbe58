"""From rows to the sealed document, and whether a stored form still matches its seal (BYD-06)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.forms.models import FormInstance
from app.forms.rules import seal
from app.kernel.storage import ClinicStorage
from app.lib.errors import NotFound


def lock_chain(session: Session, org_id: uuid.UUID) -> None:
    """One signature at a time in a clinic, until the transaction ends; the database refuses a fork besides."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"forms.chain:{org_id}"},
    )


def next_link(session: Session, org_id: uuid.UUID) -> seal.Link:
    """The place after the clinic's newest signed form. Call under `lock_chain`."""
    newest = session.execute(
        select(FormInstance.chain_number, FormInstance.content_sha256)
        .where(FormInstance.org_id == org_id, FormInstance.chain_number.is_not(None))
        .order_by(FormInstance.chain_number.desc())
        .limit(1)
    ).first()
    if newest is None:
        return seal.Link(1, None)
    return seal.Link(newest.chain_number + 1, newest.content_sha256)


def sealed_document(form: FormInstance, link: seal.Link) -> dict[str, Any]:
    """The document of a form whose signature is filled in, at a place of the chain."""
    evidence = dict(form.evidence or {})
    patient = evidence.pop("patient")
    capacity = evidence.pop("capacity")
    return seal.document(
        form_id=str(form.id),
        patient=patient,
        snapshot=form.snapshot,
        answers=form.answers,
        locale=form.locale or "ro",
        signer=seal.Signer(form.signer_name or "", capacity, form.signature_mode or ""),
        evidence=evidence,
        link=link,
    )


@dataclass(frozen=True)
class SealCheck:
    """What a check of one signed form found.

    `content`: the stored form has the hash it was signed with; `before`, `after`: its neighbours in the chain fit
    (true where there is none); `picture`: the stored image and strokes are those that were signed.
    """

    content: bool
    before: bool
    after: bool
    picture: bool
    number: int

    @property
    def intact(self) -> bool:
        return self.content and self.before and self.after and self.picture


def check(session: Session, form: FormInstance, blobs: ClinicStorage) -> SealCheck:
    """Compute the seal of a signed form afresh and compare it with its neighbours."""
    number = form.chain_number or 0
    previous, following = (_at(session, form.org_id, place) for place in (number - 1, number + 1))
    return SealCheck(
        content=recomputed(form) == form.content_sha256 and _dated_as_sealed(form),
        before=form.previous_sha256 == (previous.content_sha256 if previous else None)
        and (previous is None or recomputed(previous) == previous.content_sha256),
        after=following is None or following.previous_sha256 == form.content_sha256,
        picture=_picture_matches(form, blobs),
        number=number,
    )


def recomputed(form: FormInstance) -> str:
    """The hash of a signed form as it is stored now."""
    link = seal.Link(form.chain_number or 0, form.previous_sha256)
    return seal.digest(sealed_document(form, link))


def _dated_as_sealed(form: FormInstance) -> bool:
    signed_at = form.signed_at.astimezone(dt.UTC).isoformat() if form.signed_at else None
    return signed_at == (form.evidence or {}).get("signed_at")


def _at(session: Session, org_id: uuid.UUID, number: int) -> FormInstance | None:
    return session.scalars(
        select(FormInstance).where(
            FormInstance.org_id == org_id, FormInstance.chain_number == number
        )
    ).first()


def _picture_matches(form: FormInstance, blobs: ClinicStorage) -> bool:
    evidence = form.evidence or {}
    if form.signature_png_key is None:
        return "signature_png_sha256" not in evidence
    strokes = hashlib.sha256((form.signature_path or "").encode()).hexdigest()
    if strokes != evidence.get("signature_strokes_sha256"):
        return False
    try:
        image = blobs.get(form.signature_png_key)
    except NotFound:
        return False
    return hashlib.sha256(image).hexdigest() == evidence.get("signature_png_sha256")
