"""The OpenAPI 3.1 description, written from the declarations that read input and shape answers: they cannot differ.

It is English only: programmers read it, and the sentences of answers come in the reader's language anyway.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from app.web.api import blueprint
from app.web.api.fields import Given, Key, Plain
from app.web.api.operations import OPERATIONS, PATH_FIELDS, WHY, Operation, schema_of
from app.web.http import context, guards, problems

REFERENCE = "#/components/schemas/{model}"
# What any operation may answer: unknown clinic or address, wrong method, too many, ours.
ALWAYS = (404, 405, 422, 429, 500, 503)
INTRODUCTION = """Free times and bookings of one clinic, without an account.

- Nothing is authenticated and no cookie is read. A booking's token is what its owner has: keep it secret.
- Moments have their offset; what comes back is on the clock of the zone that was asked for, else of the clinic.
- Unknown fields and parameters are refused by name. Errors are RFC 9457 problem documents in the language that
  `Accept-Language` prefers (ro, en); `code` is for programs.
- Limits count by address and clinic and are told in `RateLimit` and `RateLimit-Policy`; `Retry-After` says when
  to come back.
"""


class Fault(Given):
    """One thing that was refused: in the body by `pointer` (RFC 6901), else by the `name` of parameter or header."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    where: Literal["body", "query", "header"] = Field(serialization_alias="in")
    code: str
    detail: str
    pointer: str = ""
    name: str = ""


class Problem(Given):
    """Why a request was refused (RFC 9457). `errors` is there for wrong fields."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[Fault] = []


@blueprint.get("/openapi.json")
@guards.api(WHY)
def openapi() -> Response:
    """The description of this API."""
    server = {"url": f"{context.settings().base_url}/{context.clinic().slug}/api/v1"}
    described = {**description(), "servers": [server]}
    return Response(json.dumps(described, ensure_ascii=False), mimetype="application/json")


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Everything but the server's address."""
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        address = re.sub(r"<(\w+)>", r"{\1}", one.path) or "/"
        paths.setdefault(address, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bookings of a clinic",
            "version": "1.0.0",
            "description": INTRODUCTION,
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "headers": _HEADERS},
    }


_HEADERS: dict[str, Any] = {
    "RateLimit": {"description": "What is left of the limit.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "The limit itself.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "“true” where the booking had been made before.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where the booking is read.", "schema": {"type": "string"}},
}


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": one.description,
        "tags": [one.tag],
        "parameters": _parameters(one),
        "responses": _responses(one),
    }
    if one.body is not None:
        said["requestBody"] = {"required": True, "content": _json(one.body)}
    return said


def _parameters(one: Operation) -> list[dict[str, Any]]:
    said = [
        {"name": name, "in": "path", "required": True, "schema": schema_of(PATH_FIELDS[name])}
        for name in one.arguments
    ]
    query = one.query.model_json_schema(schema_generator=Plain)
    for name, schema in query["properties"].items():
        parameter = {"name": name, "in": "query", "required": name in query.get("required", ())}
        said.append({**parameter, "schema": schema})
    if one.idempotent:
        key = {"name": "Idempotency-Key", "in": "header", "required": True}
        said.append({**key, "schema": schema_of(Key)})
    return said


def _responses(one: Operation) -> dict[str, Any]:
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _headers(one)}
    fine: dict[str, Any] = {"description": HTTPStatus(one.status).phrase, "headers": headers}
    if one.answer is not None:
        fine["content"] = _json(one.answer)
    unreadable = (400, 413, 415) if one.body else ()
    refused = sorted({*ALWAYS, *one.problems, *unreadable})
    return {str(one.status): fine} | {str(status): _refusal(status) for status in refused}


def _headers(one: Operation) -> tuple[str, ...]:
    limits = ("RateLimit", "RateLimit-Policy")
    return (*limits, "Idempotency-Replayed", "Location") if one.idempotent else limits


def _refusal(status: int) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="Problem")}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {problems.MEDIA_TYPE: {"schema": schema}},
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}


def _schemas() -> dict[str, Any]:
    wanted: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    for one in OPERATIONS:
        wanted += [(one.body, "validation")] if one.body else []
        wanted += [(one.answer, "serialization")] if one.answer else []
    wanted.append((Problem, "serialization"))
    _, schema = models_json_schema(
        list(dict.fromkeys(wanted)), ref_template=REFERENCE, schema_generator=Plain
    )
    found: dict[str, Any] = schema["$defs"]
    return found
