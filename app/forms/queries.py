"""Reading forms: templates, instances for lists and pages, openings, and whether a seal holds."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from app.forms.models import FormInstance, FormTemplate, FormTemplateVersion, KioskOpening
from app.forms.rules.signature import MODE_TYPED
from app.forms.states import OPEN_STATES
from app.lib.errors import NotFound
from app.lib.paging import Page, PageRequest
from app.lib.text import search_tokens
from app.people.models import Patient
from app.people.persons import cards_of

CLAIM_TTL = dt.timedelta(minutes=30)
"""How long a tablet may hold a form that it claimed."""
SORTABLE = ("created_at", "signed_at", "patient")


def form_or_404(
    session: Session, org_id: uuid.UUID, form_id: uuid.UUID, *, lock: bool = False
) -> FormInstance:
    """A form of this clinic; `lock` holds the row until the transaction ends. Raises NotFound."""
    wanted = select(FormInstance).where(FormInstance.org_id == org_id, FormInstance.id == form_id)
    found = session.scalars(wanted.with_for_update() if lock else wanted).first()
    if found is None:
        raise NotFound("form_unknown")
    return found


@dataclass(frozen=True)
class TemplateCard:
    """A template with its newest version."""

    id: uuid.UUID
    code: str
    version_id: uuid.UUID
    version: int
    body: dict[str, Any]
    consents: list[list[Any]]
    published_at: dt.datetime

    @property
    def titles(self) -> dict[str, str]:
        titles: dict[str, str] = self.body["titles"]
        return titles

    @property
    def purposes(self) -> list[str]:
        """Codes of the consents that its signature grants."""
        return [entry[0] for entry in self.consents]


def templates(session: Session, org_id: uuid.UUID) -> list[TemplateCard]:
    """The templates in use, each with its newest version, by the order in which they were made."""
    rows = session.execute(_newest(org_id).order_by(FormTemplate.created_at, FormTemplate.id))
    return [TemplateCard(*row) for row in rows]


def template_for_consent(session: Session, org_id: uuid.UUID, purpose: str) -> TemplateCard | None:
    """The template that patients sign with their typed name and that grants this consent, with the fewest others."""
    fitting = [
        one
        for one in templates(session, org_id)
        if purpose in one.purposes and MODE_TYPED in one.body["modes"]
    ]
    return min(fitting, key=lambda one: len(one.purposes), default=None)


def template_or_404(session: Session, org_id: uuid.UUID, template_id: uuid.UUID) -> TemplateCard:
    """A template in use with its newest version. Raises NotFound."""
    row = session.execute(_newest(org_id).where(FormTemplate.id == template_id)).first()
    if row is None:
        raise NotFound("form_template_unknown")
    return TemplateCard(*row)


def _newest(org_id: uuid.UUID) -> Select[Any]:
    newest = (
        select(func.max(FormTemplateVersion.version))
        .where(
            FormTemplateVersion.org_id == FormTemplate.org_id,
            FormTemplateVersion.template_id == FormTemplate.id,
        )
        .correlate(FormTemplate)
        .scalar_subquery()
    )
    return (
        select(
            FormTemplate.id,
            FormTemplate.code,
            FormTemplateVersion.id,
            FormTemplateVersion.version,
            FormTemplateVersion.body,
            FormTemplateVersion.consent_purposes,
            FormTemplateVersion.published_at,
        )
        .join(
            FormTemplateVersion,
            (FormTemplateVersion.org_id == FormTemplate.org_id)
            & (FormTemplateVersion.template_id == FormTemplate.id)
            & (FormTemplateVersion.version == newest),
        )
        .where(FormTemplate.org_id == org_id, FormTemplate.archived_at.is_(None))
    )


@dataclass(frozen=True)
class FormFilter:
    """What a list of forms is narrowed to. `patients` is a statement of patient ids whom the reader may see."""

    state: str = ""
    words: str = ""
    patient_ids: Sequence[uuid.UUID] | None = None
    patients: Select[Any] | None = None


_LISTED = (
    FormInstance.id,
    FormInstance.patient_id,
    Patient.name.label("patient_name"),
    FormInstance.snapshot["body"]["titles"].label("titles"),
    FormInstance.state,
    FormInstance.created_at,
    FormInstance.signed_at,
    FormInstance.signer_name,
    FormInstance.signature_mode,
)


def forms_page(
    session: Session, org_id: uuid.UUID, wanted: FormFilter, request: PageRequest
) -> Page[Row[Any]]:
    """A page of forms with the patient's name; sortable by SORTABLE."""
    conditions = _conditions(org_id, wanted)
    found = select(*_LISTED).join(Patient, _of_patient()).where(*conditions)
    total = session.scalar(
        select(func.count())
        .select_from(FormInstance)
        .join(Patient, _of_patient())
        .where(*conditions)
    )
    rows = session.execute(
        found.order_by(*_order(request), FormInstance.id.desc())
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Page(rows, total or 0, request)


def forms_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Sequence[Row[Any]]:
    """Every form of one patient, newest first; voided ones too."""
    return session.execute(
        select(*_LISTED)
        .join(Patient, _of_patient())
        .where(
            FormInstance.org_id == org_id,
            FormInstance.patient_id.in_(cards_of(org_id, [patient_id])),
        )
        .order_by(FormInstance.created_at.desc(), FormInstance.id.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class WaitingForm:
    """A form that waits for a signature."""

    id: uuid.UUID
    titles: dict[str, str]
    state: str


def to_sign(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> list[WaitingForm]:
    """The forms of a patient that wait for a signature, the oldest first."""
    rows = session.execute(
        select(
            FormInstance.id,
            FormInstance.snapshot["body"]["titles"].label("titles"),
            FormInstance.state,
        )
        .where(
            FormInstance.org_id == org_id,
            FormInstance.patient_id == patient_id,
            FormInstance.state.in_(OPEN_STATES),
        )
        .order_by(FormInstance.created_at, FormInstance.id)
    )
    return [WaitingForm(*row) for row in rows]


def waiting_count(session: Session, org_id: uuid.UUID, patient_ids: Sequence[uuid.UUID]) -> int:
    """How many forms of these patients wait for a signature."""
    return (
        session.scalar(
            select(func.count())
            .select_from(FormInstance)
            .where(
                FormInstance.org_id == org_id,
                FormInstance.patient_id.in_(patient_ids),
                FormInstance.state.in_(OPEN_STATES),
            )
        )
        or 0
    )


def openings_of(session: Session, org_id: uuid.UUID, form_id: uuid.UUID) -> Sequence[KioskOpening]:
    """The openings of a form on tablets, newest first."""
    return session.scalars(
        select(KioskOpening)
        .where(KioskOpening.org_id == org_id, KioskOpening.form_id == form_id)
        .order_by(KioskOpening.id.desc())
    ).all()


def opening_or_404(
    session: Session, org_id: uuid.UUID, form_id: uuid.UUID, opening_id: uuid.UUID
) -> KioskOpening:
    """An opening of this form. Raises NotFound."""
    found = session.get(KioskOpening, (org_id, opening_id))
    if found is None or found.form_id != form_id:
        raise NotFound("kiosk_unknown")
    return found


def opening_status(opening: KioskOpening, now: dt.datetime) -> str:
    """Where a handover stands: `signed`, `ended` (taken back or put away), `reading`, `waiting`, `expired`."""
    if opening.used_at is not None:
        return "signed"
    if opening.revoked_at is not None:
        return "ended"
    if opening.claimed_at is not None:
        return "reading" if opening.claimed_at + CLAIM_TTL > now else "expired"
    return "waiting" if opening.expires_at > now else "expired"


def patient_of(session: Session, org_id: uuid.UUID, patient_id: uuid.UUID) -> Patient:
    """The patient a form is for, of this clinic. Raises NotFound."""
    found = session.get(Patient, (org_id, patient_id))
    if found is None or found.deleted_at is not None:
        raise NotFound("patient_unknown")
    return found


def _conditions(org_id: uuid.UUID, wanted: FormFilter) -> list[ColumnElement[bool]]:
    conditions = [FormInstance.org_id == org_id]
    if wanted.state == "open":
        conditions.append(FormInstance.state.in_(OPEN_STATES))
    elif wanted.state:
        conditions.append(FormInstance.state == wanted.state)
    conditions += [
        Patient.search_text.contains(token, autoescape=True)
        for token in search_tokens(wanted.words)
    ]
    if wanted.patient_ids is not None:
        conditions.append(FormInstance.patient_id.in_(cards_of(org_id, wanted.patient_ids)))
    if wanted.patients is not None:
        conditions.append(FormInstance.patient_id.in_(wanted.patients))
    return conditions


def _of_patient() -> ColumnElement[bool]:
    return (Patient.org_id == FormInstance.org_id) & (Patient.id == FormInstance.patient_id)


def _order(request: PageRequest) -> list[ColumnElement[Any]]:
    columns: dict[str, Any] = {
        "created_at": FormInstance.created_at,
        "signed_at": FormInstance.signed_at,
        "patient": Patient.search_name,
    }
    return [
        columns[key.name].desc().nulls_last() if key.descending else columns[key.name].asc()
        for key in request.sort
    ]
