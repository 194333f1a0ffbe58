"""The register of permissions. Each domain declares its own in its `permissions` module (KRN-03)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """A (resource, action) pair that a role may hold. `label` is an English catalogue message.

    `elevated` is false for what the operator's staff may not read even under elevated access (KRN-13).
    """

    code: str
    label: str
    elevated: bool = True


_registered: dict[str, Permission] = {}


def declare(code: str, label: str, *, elevated: bool = True) -> Permission:
    """Register a permission once; declaring the same code with another label is an error."""
    permission = Permission(code, label, elevated)
    if _registered.setdefault(code, permission) != permission:
        raise ValueError(f"permission {code} is declared twice")
    return permission


def all_permissions() -> list[Permission]:
    """Every declared permission, by code."""
    return [_registered[code] for code in sorted(_registered)]
