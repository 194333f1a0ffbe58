"""The description for people: every operation with an example that runs against this clinic, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import url_for
from pydantic import BaseModel
from werkzeug.wrappers import Response

from app.scheduling.queries import public_calendars
from app.web.api import blueprint
from app.web.api.offer import texts_consent
from app.web.api.openapi import INTRODUCTION, description
from app.web.api.operations import OPERATIONS, Operation
from app.web.http import context, guards
from app.web.http.render import page

TAGS = ("Offer", "Times", "Holds", "Bookings", "Waiting list")


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of a body, a parameter or an answer."""

    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation as the page shows it."""

    operation: Operation
    fields: list[FieldLine]
    answer: list[FieldLine]
    curl: str


@blueprint.get("/docs")
@guards.public("whoever writes a program for the clinic reads it here")
def docs() -> Response:
    """The API in words."""
    examples = _examples()
    shown = [_shown(one, examples) for one in OPERATIONS]
    return page(
        "api/docs.html",
        steps=[],
        introduction=[line[2:] for line in re.split(r"\n(?=- )", INTRODUCTION)[1:]],
        objects=[(name, _lines(one)) for name, one in _objects().items()],
        groups=[(tag, [one for one in shown if one.operation.tag == tag]) for tag in TAGS],
        root=_root(),
        description_url=url_for("api.openapi"),
    )


def _root() -> str:
    return f"{context.settings().base_url}/{context.clinic().slug}/api/v1"


def _examples() -> dict[str, Any]:
    """Values that a reader can try: this clinic's first calendar, tomorrow."""
    offered = public_calendars(context.session(), context.org_id())
    consent = texts_consent()
    tomorrow = context.now().date().toordinal() + 1
    day = context.now().date().fromordinal(tomorrow).isoformat()
    contact = {"name": "Ana Pop", "email": "ana@example.com", "phone": "0722 123 456"}
    given = [{"purpose": consent.purpose, "version": consent.version}] if consent else []
    return {
        "calendar": offered[0].view.slug if offered else "CALENDAR",
        "from": day,
        "starts_at": f"{day}T09:00:00+02:00",
        "contact": contact,
        "consents": given,
        "hold_token": "HOLD",
        "booking_token": "BOOKING",
    }


def _shown(one: Operation, examples: dict[str, Any]) -> Shown:
    said = description()["paths"][re.sub(r"<(\w+)>", r"{\1}", one.path) or "/"]
    parameters = said[one.method.lower()]["parameters"]
    fields = [
        FieldLine(each["name"], _kind(each["schema"]), each["required"], _text(each["schema"]))
        for each in parameters
    ]
    return Shown(
        one,
        fields + _fields(one.body),
        _fields(one.answer),
        _curl(one, examples),
    )


def _fields(model: type[BaseModel] | None) -> list[FieldLine]:
    if model is None:
        return []
    return _lines(description()["components"]["schemas"][model.__name__])


def _objects() -> dict[str, dict[str, Any]]:
    """What stands inside bodies and answers, and the problem document."""
    whole = {model.__name__ for one in OPERATIONS for model in (one.body, one.answer) if model}
    schemas: dict[str, dict[str, Any]] = description()["components"]["schemas"]
    return {name: schema for name, schema in schemas.items() if name not in whole}


def _lines(schema: dict[str, Any]) -> list[FieldLine]:
    required = schema.get("required", ())
    return [
        FieldLine(name, _kind(one), name in required, _text(one))
        for name, one in schema["properties"].items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """The type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum") or [schema["const"]]))
    return str(schema.get("format") or schema.get("type", "any"))


def _text(schema: dict[str, Any]) -> str:
    return str(schema.get("description", ""))


def _curl(one: Operation, examples: dict[str, Any]) -> str:
    """A command that a shell takes as it stands; words in capitals are to be replaced."""
    path = re.sub(r"<(\w+)>", lambda found: str(examples[found[1]]), one.path)
    words = [f"'{_root()}{path}{_query(one, examples)}'"]
    if one.method != "GET":
        words.insert(0, f"-X {one.method}")
    if one.idempotent:
        words.append('-H "Idempotency-Key: $(uuidgen)"')
    if one.body is not None:
        body = {name: examples[name] for name in _required(one.body) if name in examples}
        if "consents" in one.body.model_fields and examples["consents"]:
            body["consents"] = examples["consents"]
        words.append("-H 'Content-Type: application/json'")
        words.append(f"-d '{json.dumps(body, ensure_ascii=False, indent=2)}'")
    return "curl " + " \\\n  ".join(words)


def _query(one: Operation, examples: dict[str, Any]) -> str:
    needed = [f"{name}={examples[name]}" for name in _required(one.query)]
    return f"?{'&'.join(needed)}" if needed else ""


def _required(model: type[BaseModel]) -> list[str]:
    return [each.alias or name for name, each in model.model_fields.items() if each.is_required()]
