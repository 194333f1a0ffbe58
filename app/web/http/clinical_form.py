"""A clinical form on a page: its fields as inputs, what was answered, and the finished document to read or print.

Shared by the tablet, the portal and the console; the rules of a form lie in app.forms.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, TextAreaField

from app.forms.models import FormInstance
from app.forms.rules import seal
from app.forms.rules.answers import AGREE, CHOICE, MAX_ANSWER, TEXT, in_language
from app.web.http.inputs import Input, choices

# Keys come from a clinic's template and must not meet the names of the form itself.
PREFIX = "answer_"

STATES: dict[str, tuple[LazyString, str, str]] = {
    "pending": (_l("Not opened yet"), "mute", "circle-dashed"),
    "in_progress": (_l("Being read"), "info", "writing-sign"),
    "completed": (_l("Ready to sign"), "warn", "clipboard-check"),
    "signed": (_l("Signed"), "ok", "signature"),
    "voided": (lazy_pgettext("form", "Set aside"), "mute", "ban"),
}
MODES: dict[str, LazyString] = {
    "drawn_kiosk": _l("Drawn on the clinic's tablet"),
    "click_typed": _l("Typed name in the portal"),
}


def answers_input(form: FormInstance) -> Input:
    """The form's fields as inputs in its language, filled with what is kept, or with what was just sent."""
    locale, fields = form.locale or "ro", form.snapshot["body"]["fields"]
    members = {PREFIX + field["key"]: _MAKERS[field["kind"]](field, locale) for field in fields}
    made = type("AnswersInput", (Input,), members)
    return made(data={PREFIX + key: answer for key, answer in form.answers.items()})


def field_names(form: FormInstance) -> dict[str, str]:
    """From the keys of the template to the names of the inputs, for errors."""
    return {field["key"]: PREFIX + field["key"] for field in form.snapshot["body"]["fields"]}


def given() -> dict[str, str]:
    """What the request answers, by key of the template."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in request.form.items()
        if name.startswith(PREFIX)
    }


def _choice(field: Mapping[str, Any], locale: str) -> Field:
    options = choices((o["value"], in_language(o["labels"], locale)) for o in field["options"])
    return RadioField(in_language(field["labels"], locale), choices=options, validate_choice=False)


def _text(field: Mapping[str, Any], locale: str) -> Field:
    return TextAreaField(
        in_language(field["labels"], locale), render_kw={"maxlength": MAX_ANSWER, "rows": 3}
    )


def _agree(field: Mapping[str, Any], locale: str) -> Field:
    return BooleanField(in_language(field["labels"], locale))


_MAKERS: dict[str, Callable[[Mapping[str, Any], str], Field]] = {
    CHOICE: _choice,
    TEXT: _text,
    AGREE: _agree,
}


@dataclass(frozen=True)
class Paper:
    """A form as it is read and printed; signature fields are empty before signing."""

    id: uuid.UUID
    shown: seal.Shown
    locale: str
    patient_name: str
    state: str
    optional: frozenset[str]
    """Labels of the questions that may stay unanswered."""
    signer_name: str | None
    guardian: bool
    mode: str | None
    signed_at: dt.datetime | None
    evidence: Mapping[str, Any]
    content_sha256: str | None
    chain_number: int | None
    view_box: str | None
    path: str | None
    """The drawn signature as SVG path data."""


def paper(form: FormInstance, patient_name: str, drawing: tuple[str, str] | None = None) -> Paper:
    """The document of a form in its language. A signed one names the patient as at signing."""
    locale, evidence = form.locale or "ro", form.evidence or {}
    return Paper(
        id=form.id,
        shown=seal.shown(form.snapshot, form.answers, locale),
        locale=locale,
        patient_name=evidence.get("patient", {}).get("name", patient_name),
        state=form.state,
        optional=frozenset(_optional(form.snapshot["body"]["fields"], locale)),
        signer_name=form.signer_name,
        guardian=evidence.get("capacity") == "guardian",
        mode=form.signature_mode,
        signed_at=form.signed_at,
        evidence=evidence,
        content_sha256=form.content_sha256,
        chain_number=form.chain_number,
        view_box=drawing[0] if drawing else None,
        path=drawing[1] if drawing else None,
    )


def _optional(fields: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    return [in_language(f["labels"], locale) for f in fields if not f.get("required")]
