"""Signing: state, signature, seal, consents, audit and event in one transaction (FRM-03, CNS-03, SIG-01, SIG-02)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import io
import uuid
from dataclasses import dataclass
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from app.consents import actions as consents
from app.forms import events, sealing
from app.forms.models import FormInstance, KioskOpening
from app.forms.queries import patient_of
from app.forms.rules import seal
from app.forms.rules.signature import MODE_DRAWN, MODE_TYPED, Drawing, from_pad
from app.forms.states import COMPLETED, MACHINE, SIGNED
from app.kernel import live
from app.kernel.access.actor import STAFF, Actor
from app.kernel.audit.record import record
from app.kernel.blobs.keep import keep
from app.kernel.outbox import emit
from app.kernel.storage import Accepted, ClinicStorage, UploadPolicy, inspect_upload
from app.lib.errors import Conflict, Invalid, Refused
from app.lib.files import FileKind
from app.lib.text import bounded_line

SELF, GUARDIAN = "self", "guardian"
CAPACITIES = (SELF, GUARDIAN)
SURFACE = "signatures"
FIELD = "signature"
PNG_PREFIX = "data:image/png;base64,"
POLICY = UploadPolicy(
    max_bytes=400_000,
    kinds=frozenset({FileKind.PNG}),
    max_pixels=12_000_000,
    field=FIELD,
)


@dataclass(frozen=True)
class DrawnSignature:
    """What a tablet sends: the pad's image as a data URL and its strokes as JSON; `capacity` is one of CAPACITIES."""

    name: str
    capacity: str
    png: str
    points: str
    opening: KioskOpening


@dataclass(frozen=True)
class TypedSignature:
    """A name typed by a person who is signed in to the portal."""

    name: str
    capacity: str


@dataclass(frozen=True)
class _Mark:
    """A signature that was examined and may be stored."""

    mode: str
    evidence: dict[str, Any]
    drawing: Drawing | None = None
    image: Accepted | None = None


def sign(
    session: Session,
    actor: Actor,
    *,
    form: FormInstance,
    signature: DrawnSignature | TypedSignature,
    seen_sha256: str,
    blobs: ClinicStorage,
    now: dt.datetime,
) -> FormInstance:
    """Sign a completed form, whose row the caller has locked. It can never change afterwards.

    `seen_sha256` names what the page showed (`rules.seal.shown_digest`). Raises Refused("staff_never_sign") for
    staff in a patient's place (KRN-14), Conflict("form_closed"), Conflict("form_changed") where something else was
    shown, Invalid for a name or signature that will not do. On an error nothing is stored.
    """
    _demand_signer(actor)
    _demand_ready(form, seen_sha256)
    name = bounded_line(signature.name, "name", limit=200)
    if signature.capacity not in CAPACITIES:
        raise Invalid.one("capacity", "required")
    mark = _examined(signature)
    if mark.mode not in form.snapshot["body"]["modes"]:
        raise Refused("signature_mode_off")
    patient = patient_of(session, actor.clinic, form.patient_id)
    evidence = {
        "patient": {"id": str(patient.id), "name": patient.name},
        "capacity": signature.capacity,
        "signed_at": now.astimezone(dt.UTC).isoformat(),
        "ip": actor.origin.ip,
        "user_agent": actor.origin.user_agent,
        **mark.evidence,
    }
    _store(session, actor, form, name, mark, evidence, blobs, now)
    _after(session, actor, form, signature, now)
    return form


def _demand_signer(actor: Actor) -> None:
    if actor.on_behalf_of is not None or actor.kind == STAFF:
        raise Refused("staff_never_sign")


def _demand_ready(form: FormInstance, seen_sha256: str) -> None:
    if form.state != COMPLETED:
        raise Conflict("form_closed" if form.state == SIGNED else "form_changed", state=form.state)
    shown = seal.shown(form.snapshot, form.answers, form.locale or "ro")
    if seal.shown_digest(shown) != seen_sha256:
        raise Conflict("form_changed")


def _examined(signature: DrawnSignature | TypedSignature) -> _Mark:
    if isinstance(signature, TypedSignature):
        return _Mark(MODE_TYPED, {})
    drawing = from_pad(signature.points, FIELD)
    image = _image(signature.png)
    evidence = {
        "kiosk_opening_id": str(signature.opening.id),
        "opened_by": str(signature.opening.opened_by) if signature.opening.opened_by else None,
        "signature_png_sha256": image.sha256,
        "signature_strokes_sha256": hashlib.sha256(drawing.to_text().encode()).hexdigest(),
        "signature_points": drawing.points,
        "signature_ms": drawing.duration_ms,
    }
    return _Mark(MODE_DRAWN, evidence, drawing, image)


def _image(data_url: str) -> Accepted:
    if not data_url.startswith(PNG_PREFIX):
        raise Invalid.one(FIELD, "signature_missing" if not data_url else "signature_unreadable")
    try:
        raw = base64.b64decode(data_url[len(PNG_PREFIX) :], validate=True)
    except (binascii.Error, ValueError):
        raise Invalid.one(FIELD, "signature_unreadable") from None
    accepted = inspect_upload(io.BytesIO(raw), "signature.png", POLICY)
    _demand_ink(accepted.content)
    return accepted


def _demand_ink(content: bytes) -> None:
    """An image of one colour, or fully transparent, shows no signature."""
    with Image.open(io.BytesIO(content)) as picture:
        drawn = picture.getchannel("A") if "A" in picture.getbands() else picture.convert("L")
        lowest, highest = drawn.getextrema()
    if lowest == highest:
        raise Invalid.one(FIELD, "signature_missing")


def _store(
    session: Session,
    actor: Actor,
    form: FormInstance,
    name: str,
    mark: _Mark,
    evidence: dict[str, Any],
    blobs: ClinicStorage,
    now: dt.datetime,
) -> None:
    target = MACHINE.move(form.state, "sign", {actor.kind})
    image_key = keep(session, actor, SURFACE, mark.image, blobs).key if mark.image else None
    sealing.lock_chain(session, actor.clinic)
    link = sealing.next_link(session, actor.clinic)
    form.signer_name, form.signature_mode, form.evidence = name, mark.mode, evidence
    form.signature_path = mark.drawing.to_text() if mark.drawing else None
    form.previous_sha256, form.chain_number = link.previous_sha256, link.number
    form.content_sha256 = seal.digest(sealing.sealed_document(form, link))
    form.signed_at, form.state = now, target
    form.signature_png_key = image_key
    session.flush()


def _after(
    session: Session,
    actor: Actor,
    form: FormInstance,
    signature: DrawnSignature | TypedSignature,
    now: dt.datetime,
) -> None:
    if isinstance(signature, DrawnSignature):
        signature.opening.used_at = now
    for entry in form.snapshot["consents"]:
        consents.grant(
            session,
            actor,
            patient_id=form.patient_id,
            purpose=entry["purpose"],
            version_id=uuid.UUID(entry["version_id"]),
            source=consents.FORM,
            source_form_id=form.id,
            now=now,
        )
    ids = {"form_id": str(form.id), "patient_id": str(form.patient_id)}
    after = {**ids, "mode": form.signature_mode, "sha256": form.content_sha256}
    record(session, actor, "form.sign", "form", form.id, at=now, after=after)
    emit(session, actor.clinic, events.SIGNED, ids, at=now)
    live.tell(session, actor.clinic, live.FORMS)
