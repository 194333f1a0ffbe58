"""What is sealed when a form is signed, and the hash that proves it (SIG-02, BYD-06).

The sealed document holds what the signer saw, in the language in which it was shown, with answers, consents, signer and
evidence. Its canonical form is JSON with sorted keys, no spaces, UTF-8 and no fractions (after RFC 8785), so that the
same content has the same SHA-256 for ever. Each document names the hash of the one signed before it in the clinic.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.forms.rules.answers import in_language, spoken

FORMAT = "restartix.form/1"


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as somebody reads it, in one language."""

    title: str
    paragraphs: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]
    """Label and answer in words, for every field; an unanswered one has an empty answer."""
    consents: tuple[tuple[str, int, str], ...]
    """Purpose, version and text of each consent that signing grants."""


def shown(snapshot: Mapping[str, Any], answers: Mapping[str, Any], locale: str) -> Shown:
    """The frozen template with answers, in a language."""
    body = snapshot["body"]
    return Shown(
        title=in_language(body["titles"], locale),
        paragraphs=tuple(_in_language_list(body["paragraphs"], locale)),
        questions=tuple(
            (in_language(field["labels"], locale), spoken(field, answers, locale))
            for field in body["fields"]
        ),
        consents=tuple(
            (entry["purpose"], entry["version"], in_language(entry["texts"], locale))
            for entry in snapshot["consents"]
        ),
    )


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the name as given, whether for oneself (`self`) or for the patient (`guardian`), and how."""

    name: str
    capacity: str
    mode: str


@dataclass(frozen=True, slots=True)
class Link:
    """The place in the clinic's chain: from 1, with the hash of the form before (None for the first)."""

    number: int
    previous_sha256: str | None


def document(
    *,
    form_id: str,
    patient: Mapping[str, str],
    snapshot: Mapping[str, Any],
    answers: Mapping[str, Any],
    locale: str,
    signer: Signer,
    evidence: Mapping[str, Any],
    link: Link,
) -> dict[str, Any]:
    """Everything that is sealed. `evidence` has time, address, browser, kiosk opening and hashes of the signature."""
    content = shown(snapshot, answers, locale)
    return {
        "format": FORMAT,
        "clinic": snapshot["clinic"],
        "form": {"id": form_id, **snapshot["template"]},
        "patient": dict(patient),
        "language": locale,
        "title": content.title,
        "paragraphs": list(content.paragraphs),
        "questions": [list(pair) for pair in content.questions],
        "answers": dict(answers),
        "consents": [list(entry) for entry in content.consents],
        "signer": {"name": signer.name, "capacity": signer.capacity, "mode": signer.mode},
        "evidence": dict(evidence),
        "chain": {"number": link.number, "previous_sha256": link.previous_sha256},
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one way to write a document down. Raises ValueError for a fraction, which has several."""
    _demand_exact(content)
    return json.dumps(
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    ).encode("utf-8")


def digest(content: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(content)).hexdigest()


def shown_digest(content: Shown) -> str:
    """Names what a page showed, so that nobody signs something else than they read."""
    return digest(
        {
            "title": content.title,
            "paragraphs": list(content.paragraphs),
            "questions": [list(pair) for pair in content.questions],
            "consents": [list(entry) for entry in content.consents],
        }
    )


def _in_language_list(texts: Mapping[str, Sequence[str]], locale: str) -> Sequence[str]:
    return texts.get(locale) or next((part for part in texts.values() if part), [])


def _demand_exact(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a sealed document has no fractions")
    if isinstance(value, Mapping):
        for part in value.values():
            _demand_exact(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _demand_exact(part)
