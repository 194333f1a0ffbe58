"""What must never be written to a log: contact data, identifiers, health data, secrets (SEC-01).

Two nets: names of fields whose values are dropped whole, and patterns of values that are masked
wherever they appear, exception texts included. Neither is an excuse to log such a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

REMOVED = "[removed]"
_DEEPEST = 6
_LONGEST_TEXT = 4000

_SECRET_PARTS = (
    "password", "passwd", "secret", "token", "authorization", "cookie", "api_key", "apikey", "otp",
    "csrf", "signature",
)  # fmt: skip
_CONTACT_PARTS = (
    "email", "e_mail", "phone", "mobile", "address", "first_name", "last_name", "full_name",
    "patient_name", "display_name", "recipient", "iban", "cnp", "national_id", "tax_id", "birth",
    "passport", "emergency",
)  # fmt: skip
_HEALTH_PARTS = (
    "diagnos", "symptom", "complaint", "allerg", "medication", "prescription", "anamnesis", "icd",
    "blood", "pain", "clinical", "answers", "landmarks",
)  # fmt: skip
_SENSITIVE_PARTS = _SECRET_PARTS + _CONTACT_PARTS + _HEALTH_PARTS
_SENSITIVE_NAMES = frozenset(
    [
        "name",
        "to",
        "cc",
        "bcc",
        "subject",
        "body",
        "text",
        "html",
        "note",
        "notes",
        "reason",
        "data",
        "form",
        "args",
        "params",
        "parameters",
        "query_string",
        "headers",
        "payload",
        "username",
        "sex",
    ]
)
# Counts and identifiers whose names only resemble sensitive ones.
_HARMLESS_SUFFIXES = ("_id", "_ids", "_count", "_ms", "_seconds", "_bytes", "_kind", "_code")
_STILL_SENSITIVE = ("national_id", "tax_id")

_EMAIL = re.compile(r"[\w.+%'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# An international number, or a Romanian one as people write it. Plain integers are left alone.
_INTERNATIONAL = re.compile(r"(?<![\w.])(?:\+|00|%2B)[1-9](?:[ ().-]{0,2}[0-9]){7,13}(?![\w])")
_ROMANIAN = re.compile(r"(?<![\w.+-])0[ .-]?[237](?:[ .-]?[0-9]){8}(?![\w])")
# Personal numeric code: sex and century, date of birth, county, serial, check digit.
_CNP = re.compile(
    r"(?<![0-9A-Za-z-])[1-9][0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{6}(?![0-9A-Za-z-])"
)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
# Postgres puts the offending values into DETAIL, SQLAlchemy into [parameters: ...]. A value may have lines of its own:
# a detail ends where SQLAlchemy's own words or the next entry of a traceback begin.
_DETAIL = re.compile(
    r"^(\s*(?:DETAIL|CONTEXT):).*?(?=\n\[SQL: |\n\(Background on this error|\n\nThe above exception|"
    r"\n\nDuring handling|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PARAMETERS = re.compile(r"\[parameters: .*?(?=\n|\Z)", re.DOTALL)
# Signed links and single-use tokens travel in paths; identifiers (36 characters) stay.
_PATH_SECRET = re.compile(r"(?<=/)(?=[\w.~-]*[A-Za-z])[\w.~-]{40,}")
_QUERY = re.compile(r"(?<=[?])[\w.~%+&=;,:@/-]*=[^\s\"'<>]*")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")

# An identifier says nothing by itself, and every line carries some.
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
# A personal code has 13 digits; a phone number written as a number has lost the zeros that show it.
_SHORTEST_CODE = 10**12

_MASKS = (
    (_CREDENTIALS, REMOVED),
    (_PARAMETERS, f"[parameters: {REMOVED}]"),
    (_DETAIL, rf"\1 {REMOVED}"),
    (_QUERY, REMOVED),
    (_PATH_SECRET, REMOVED),
    (_EMAIL, "[email]"),
    (_IBAN, "[iban]"),
    (_CNP, "[national id]"),
    (_INTERNATIONAL, "[phone]"),
    (_ROMANIAN, "[phone]"),
)


@lru_cache(1024)
def is_sensitive(name: str) -> bool:
    """Whether a field of that name is dropped whole, whatever its value."""
    plain = name.casefold().replace("-", "_")
    if plain in _SENSITIVE_NAMES:
        return True
    if plain.endswith(_HARMLESS_SUFFIXES) and not plain.endswith(_STILL_SENSITIVE):
        return False
    return any(part in plain for part in _SENSITIVE_PARTS)


def mask_text(text: str) -> str:
    """The text with everything masked that looks like contact data, an identifier or a secret."""
    if len(text) <= _LONGEST_TEXT and text.isalpha():
        return text  # Every mask looks for a digit or a sign.
    if _IDENTIFIER.fullmatch(text):
        return text
    shortened = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… [cut]"
    for pattern, mask in _MASKS:
        shortened = pattern.sub(mask, shortened)
    return shortened


def scrub_value(value: object, depth: int = 0) -> object:
    """A log value made harmless, mappings and sequences included."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if abs(value) < _SHORTEST_CODE:
            return value
        return value if mask_text(str(value)) == str(value) else REMOVED
    if depth >= _DEEPEST:
        return REMOVED
    if isinstance(value, Mapping):
        return {str(key): scrub_field(str(key), inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [scrub_value(inner, depth + 1) for inner in value]
    return REMOVED if isinstance(value, bytes) else mask_text(str(value))


def scrub_field(name: str, value: object, depth: int = 0) -> object:
    """A named log value made harmless."""
    if is_sensitive(name) and value is not None:
        return REMOVED
    return scrub_value(value, depth)
