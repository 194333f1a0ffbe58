"""Declaring an operation: its address, what it takes, what it gives. Validation and description come from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from flask import Response, g
from flask_limiter.util import get_remote_address
from pydantic import TypeAdapter, ValidationError
from werkzeug.exceptions import NotFound

from app.web.api import blueprint
from app.web.api.fields import Given, HoldToken, Plain, Slug, Taken, VisitToken
from app.web.api.reading import body_of, key_of_request, query_of
from app.web.http import guards
from app.web.http.limits import limiter
from app.web.http.locale import current_language

READS, WRITES = "120 per minute", "20 per minute"
WHY = "the public API has no accounts; it reads no cookie, so no browser's rights are behind a request"
PATH_FIELDS: dict[str, Any] = {
    "calendar": Slug,
    "hold_token": HoldToken,
    "booking_token": VisitToken,
}
_PATH: dict[str, TypeAdapter[str]] = {name: TypeAdapter(kind) for name, kind in PATH_FIELDS.items()}


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a kind of value."""
    return TypeAdapter(kind).json_schema(schema_generator=Plain)


class NoQuery(Taken):
    """An operation without parameters."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with headers of its own."""

    content: Given | None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `problems` are the statuses beyond those that every operation may answer."""

    name: str
    method: str
    path: str
    summary: str
    tag: str
    answer: type[Given] | None
    status: int = 200
    query: type[Taken] = NoQuery
    body: type[Taken] | None = None
    idempotent: bool = False
    problems: tuple[int, ...] = ()
    description: str = ""

    @property
    def arguments(self) -> list[str]:
        """The names in the address."""
        return re.findall(r"<(\w+)>", self.path)


OPERATIONS: list[Operation] = []
Returned = Given | Reply | None
View = TypeVar("View", bound=Callable[..., Returned])


def operation(
    method: str, path: str, *, summary: str, tag: str, answer: type[Given] | None, **declared: Any
) -> Callable[[View], View]:
    """Attach a view. It is called with the arguments of the address and, as declared, `query`, `body`, `key`."""

    def attach(view: View) -> View:
        made = Operation(
            view.__name__,
            method,
            path,
            summary,
            tag,
            answer,
            description=view.__doc__ or "",
            **declared,
        )
        OPERATIONS.append(made)

        @wraps(view)
        def run(**arguments: str) -> Response:
            return _response(made, view(**_read(made, arguments)))

        limit = READS if method == "GET" else WRITES
        limited = limiter.shared_limit(limit, scope=f"api.{limit}", key_func=_who)(run)
        blueprint.add_url_rule(
            path, view.__name__, guards.api(WHY)(limited), methods=[method], strict_slashes=False
        )
        return view

    return attach


def _who() -> str:
    """An address at one clinic: a busy clinic's callers do not use up another's."""
    return f"{get_remote_address()}|{g.get('clinic_slug')}"


def _read(made: Operation, arguments: dict[str, str]) -> dict[str, Any]:
    read: dict[str, Any] = {name: _argument(name, value) for name, value in arguments.items()}
    query = query_of(made.query)
    if made.query is not NoQuery:
        read["query"] = query
    if made.idempotent:
        read["key"] = key_of_request()
    if made.body is not None:
        read["body"] = body_of(made.body)
    return read


def _argument(name: str, value: str) -> str:
    try:
        return _PATH[name].validate_python(value)
    except ValidationError:
        raise NotFound from None


def _response(made: Operation, returned: Returned) -> Response:
    reply = returned if isinstance(returned, Reply) else Reply(returned)
    if reply.content is None:
        response = Response(status=made.status)
    else:
        response = Response(
            reply.content.model_dump_json(), made.status, mimetype="application/json"
        )
        response.headers["Content-Language"] = current_language()
    response.headers.update(reply.headers)
    return response
