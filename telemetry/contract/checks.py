"""Field checks of the contract: each gives the value or names the field that is wrong."""

import re
from collections.abc import Mapping
from typing import Any

_LARGEST = 1e12
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class ContractError(ValueError):
    """A value does not fit the contract; the message names the field, never its content."""


def need(good: bool, name: str) -> None:
    """Raise ContractError for `name` unless `good`."""
    if not good:
        raise ContractError(f"{name} is missing or malformed")


def text(data: Mapping[str, Any], name: str, limit: int = 120) -> str:
    """A non-empty text of at most `limit` characters."""
    value = data.get(name)
    if not isinstance(value, str) or not value or len(value) > limit:
        raise ContractError(f"{name} is missing or malformed")
    return value


def identifier(data: Mapping[str, Any], name: str) -> str:
    """Letters, digits, - and _, at most 64: safe in a path and in a Redis key."""
    value = data.get(name)
    if not isinstance(value, str) or not _IDENTIFIER.fullmatch(value):
        raise ContractError(f"{name} is missing or malformed")
    return value


def whole(data: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A whole number from low to high; True is none."""
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ContractError(f"{name} is missing or malformed")
    return value


def number(data: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """A finite number from low to high."""
    value = data.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ContractError(f"{name} is missing or malformed")
    # NaN fails both comparisons; a whole number too large for a float never reaches one.
    if not low <= value <= high:
        raise ContractError(f"{name} is missing or malformed")
    return float(value)


def maybe_number(data: Mapping[str, Any], name: str, low: float, high: float) -> float | None:
    """A finite number, or None where there is none."""
    return None if data.get(name) is None else number(data, name, low, high)


def one_of(data: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed words."""
    value = data.get(name)
    need(value in allowed, name)
    return str(value)


def flag(data: Mapping[str, Any], name: str) -> bool:
    """true or false."""
    value = data.get(name)
    need(isinstance(value, bool), name)
    return bool(value)


def mapping(data: Any, name: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(data, Mapping):
        raise ContractError(f"{name} is missing or malformed")
    return data


def items(data: Mapping[str, Any], name: str, limit: int) -> list[Any]:
    """A list of at most `limit` items; empty where there is none."""
    value = data.get(name, [])
    if not isinstance(value, list | tuple) or len(value) > limit:
        raise ContractError(f"{name} is missing or malformed")
    return list(value)


def texts(data: Mapping[str, Any], name: str, limit: int = 50) -> tuple[str, ...]:
    """A list of short texts."""
    values = items(data, name, limit)
    need(all(isinstance(value, str) and len(value) <= 80 for value in values), name)
    return tuple(values)


def numbers(data: Mapping[str, Any], name: str, limit: int) -> tuple[float, ...]:
    """A list of finite numbers."""
    values = items(data, name, limit)
    need(
        all(
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and -_LARGEST <= value <= _LARGEST
            for value in values
        ),
        name,
    )
    return tuple(float(value) for value in values)
