"""Errors carry codes and keys that the catalogue knows."""

from __future__ import annotations

from app.lib.errors import Conflict, FieldError, Invalid, NotFound, Refused


def test_codes_and_keys() -> None:
    assert NotFound().message_key == "error.not_found"
    assert Refused("no_clinic", tries=2).message_key == "error.no_clinic"
    assert str(Refused("no_clinic", tries=2)) == "no_clinic (tries=2)"
    assert (Refused.code, Conflict.code) == ("refused", "conflict")


def test_invalid_groups_by_field() -> None:
    both = Invalid([FieldError("a", "required"), FieldError("a", "too_long", {"limit": 3})])
    assert [error.message_key for error in both.by_field()["a"]] == [
        "invalid.required",
        "invalid.too_long",
    ]
    assert str(Invalid.one("b", "required")) == "b: required"
