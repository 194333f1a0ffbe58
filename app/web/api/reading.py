"""Reading a request strictly: size, kind, JSON, then every field against its declaration, all faults told at once."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.lib.errors import FieldError, Invalid
from app.web.api.fields import Key, Taken

LARGEST_BODY = 64 * 1024
MOST_FAULTS = 20
Model = TypeVar("Model", bound=Taken)
_KEY: TypeAdapter[str] = TypeAdapter(Key)
_CODES = {
    "missing": "required",
    "extra_forbidden": "field_unknown",
    "string_too_long": "too_long",
    "string_too_short": "required",
    "too_long": "too_many",
    "literal_error": "unknown_choice",
    "string_pattern_mismatch": "wrong_form",
    "greater_than_equal": "out_of_bounds",
    "less_than_equal": "out_of_bounds",
    "int_parsing": "wrong_type",
}
# Faults that the fields of this API name themselves.
_OWN = ("day_malformed", "moment_malformed", "out_of_range", "zone_unknown")


class Unreadable(BadRequest):
    """The body is no JSON."""


def body_of(model: type[Model]) -> Model:
    """The body. Raises 413, 415, Unreadable (400), or Invalid naming every field that is wrong."""
    request.max_content_length = LARGEST_BODY
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    raw = request.get_data(cache=False)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        raise Unreadable
    raise Invalid(_fault(one, "") for one in found[:MOST_FAULTS])


def query_of(model: type[Model]) -> Model:
    """The query. Raises Invalid naming every parameter that is wrong, unknown or repeated."""
    given = request.args.to_dict(flat=False)
    twice = [name for name, values in given.items() if len(values) > 1]
    if twice:
        raise Invalid(FieldError(f"query:{name[:60]}", "repeated") for name in twice[:MOST_FAULTS])
    try:
        return model.model_validate_strings({name: values[0] for name, values in given.items()})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    raise Invalid(_fault(one, "query:") for one in found[:MOST_FAULTS])


def key_of_request() -> str:
    """The Idempotency-Key. Raises Invalid where it is missing or too short to be unique."""
    try:
        return _KEY.validate_python(request.headers.get("Idempotency-Key", ""))
    except ValidationError:
        raise Invalid.one("header:Idempotency-Key", "key_wrong") from None


def below(name: str, error: Invalid) -> Invalid:
    """The same faults, told of the object `/name`."""
    return Invalid(FieldError(f"/{name}/{one.field}", one.code, one.params) for one in error.errors)


def _fault(found: ErrorDetails, where: str) -> FieldError:
    kind, context = found["type"], found.get("ctx", {})
    code = kind if kind in _OWN else _CODES.get(kind, "wrong_type")
    params: dict[str, Any] = {}
    if code == "out_of_range":
        params = context
    elif code == "too_long":
        params = {"max": context["max_length"]}
    return FieldError(_place(found["loc"], where), code, params)


def _place(path: tuple[int | str, ...], where: str) -> str:
    parts = [str(part)[:60] for part in path]
    if where:
        return where + (parts[0] if parts else "")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
