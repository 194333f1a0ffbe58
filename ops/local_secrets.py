"""Secrets of a local system, made at the first start and kept in var/secrets.env (mode 600). Standard library only."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from ops.errors import OpsError

GENERATED = (
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "TELEMETRY_TOKEN_SECRET",
    "TELEMETRY_SERVICE_SECRET",
    "POSTGRES_PASSWORD",
    "DATABASE_OWNER_PASSWORD",
    "DATABASE_APP_PASSWORD",
)


def load(path: Path) -> dict[str, str]:
    """The kept secrets; missing ones are made and kept. A damaged file raises OpsError rather than losing keys."""
    kept = _read(path) if path.exists() else {}
    missing = [name for name in GENERATED if not kept.get(name)]
    if missing:
        kept |= {name: _make(name) for name in missing}
        _write(path, kept)
    return kept


def _make(name: str) -> str:
    if name == "ENCRYPTION_KEYS":
        return "local-1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(36)


def _read(path: Path) -> dict[str, str]:
    kept = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise OpsError(f"{path}, line {number}: expected NAME=value")
        kept[name.strip()] = value.strip()
    return kept


def _write(path: Path, kept: dict[str, str]) -> None:
    """Replace in one step: a power cut leaves the old file or the new one, never half a key."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(
            "# Keys of this local system. Without them its encrypted columns cannot be read.\n"
        )
        handle.writelines(f"{name}={value}\n" for name, value in kept.items())
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(path)
