"""The family of named errors that every floor raises and the web surfaces translate.

An error carries a stable `code` for machines, a `message_key` for the catalogue and plain `params`
to fill the sentence. It knows nothing of HTTP: `app.web` decides which status answers which family.
Params may reach logs, so no contact or health value is ever put in them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class DomainError(Exception):
    """Something the product foresaw, told by `code`; `message_key` is `error.<code>`.

    A family has a code of its own; a raiser may name a narrower one: `Refused("no_clinic")`.
    """

    code: str = "error"

    def __init__(self, code: str | None = None, /, **params: object) -> None:
        if code is not None:
            self.code = code
        self.params: Mapping[str, object] = dict(params)
        super().__init__(self.code)

    @property
    def message_key(self) -> str:
        """The catalogue key of the sentence a person reads."""
        return f"error.{self.code}"

    def __str__(self) -> str:
        detail = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({detail})" if detail else self.code


class NotFound(DomainError):
    """The thing does not exist, or belongs to someone who must not be revealed."""

    code = "not_found"


class Conflict(DomainError):
    """The request was fine a moment ago; the world moved on (slot taken, state changed)."""

    code = "conflict"


class Refused(DomainError):
    """The actor is known and may not do this."""

    code = "refused"


class Expired(DomainError):
    """A link, token or hold outlived its time."""

    code = "expired"


class Unavailable(DomainError):
    """A server we depend on did not answer; the same request may succeed later."""

    code = "unavailable"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused input field: its name, a stable code, and values for the sentence."""

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def message_key(self) -> str:
        """The catalogue key of the sentence shown beside the field."""
        return f"invalid.{self.code}"


class Invalid(DomainError):
    """Input that cannot be accepted, told field by field."""

    code = "invalid"

    def __init__(self, errors: Iterable[FieldError], **params: object) -> None:
        super().__init__(**params)
        self.errors = tuple(errors)

    @classmethod
    def one(cls, field: str, code: str, **params: object) -> Invalid:
        """An error of exactly one field."""
        return Invalid([FieldError(field, code, params)])

    def by_field(self) -> dict[str, list[FieldError]]:
        """The errors grouped by field, in the order in which they were found."""
        grouped: dict[str, list[FieldError]] = {}
        for error in self.errors:
            grouped.setdefault(error.field, []).append(error)
        return grouped

    def __str__(self) -> str:
        return "; ".join(f"{error.field}: {error.code}" for error in self.errors) or self.code
