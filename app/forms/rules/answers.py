"""Fields of a form and what a valid answer to each is (FRM-02, FRM-03).

A field is {"key", "kind", "required", "labels": {language: text}, "options": [{"value", "labels"}]}; kinds are
`choice`, `text`, `agree` (a box to tick). An answer is text, or true for a ticked box; an empty answer is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.lib.errors import FieldError, Invalid
from app.lib.text import clean_block

CHOICE, TEXT, AGREE = "choice", "text", "agree"
KINDS = (CHOICE, TEXT, AGREE)
MAX_ANSWER = 2000

Field = Mapping[str, Any]
Answers = dict[str, Any]


def draft(fields: Sequence[Field], given: Mapping[str, str]) -> Answers:
    """What can be kept of what was given, nothing demanded: for a form that is put down half filled."""
    kept = {field["key"]: _answer(field, given.get(field["key"], "")) for field in fields}
    return {key: answer for key, answer in kept.items() if answer}


def complete(fields: Sequence[Field], given: Mapping[str, str]) -> Answers:
    """The answers of a form that is ready to be signed.

    Raises Invalid, field by field: `required`, `agree_required`, `too_long`, `unknown_choice`.
    """
    errors = [error for field in fields if (error := _error(field, given.get(field["key"], "")))]
    if errors:
        raise Invalid(errors)
    return draft(fields, given)


def in_language(texts: Mapping[str, str], locale: str) -> str:
    """A text in a language, else in any that it has."""
    return texts.get(locale) or next((text for text in texts.values() if text), "")


def spoken(field: Field, answers: Mapping[str, Any], locale: str) -> str:
    """The answer in words of the language; empty where there is none. A ticked box repeats its label."""
    answer = answers.get(field["key"])
    if not answer:
        return ""
    if field["kind"] == AGREE:
        return in_language(field["labels"], locale)
    if field["kind"] == CHOICE:
        return next(
            (in_language(o["labels"], locale) for o in field["options"] if o["value"] == answer), ""
        )
    return str(answer)


def _answer(field: Field, raw: str) -> Any:
    if field["kind"] == AGREE:
        return bool(raw)
    cleaned = clean_block(raw[: 4 * MAX_ANSWER])
    if field["kind"] == CHOICE:
        return cleaned if cleaned in _values(field) else ""
    return cleaned[:MAX_ANSWER]


def _error(field: Field, raw: str) -> FieldError | None:
    key, required = field["key"], field.get("required", False)
    cleaned = clean_block(raw[: 4 * MAX_ANSWER])
    if not cleaned:
        code = "agree_required" if field["kind"] == AGREE else "required"
        return FieldError(key, code) if required else None
    if field["kind"] == CHOICE and cleaned not in _values(field):
        return FieldError(key, "unknown_choice")
    if field["kind"] == TEXT and len(cleaned) > MAX_ANSWER:
        return FieldError(key, "too_long", {"limit": MAX_ANSWER, "max": MAX_ANSWER})
    return None


def _values(field: Field) -> list[str]:
    return [option["value"] for option in field["options"]]
