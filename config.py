"""The one place where the process environment becomes typed settings.

Nothing else in the project reads environment variables for configuration. A missing or malformed setting raises
`SettingsError`, whose text is one line for the operator; in production no secret has a default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
MODES = ("development", "production", "test")
MIN_SECRET_LENGTH = 32
# Outside production a command such as `flask slots explain` needs no set-up; production has no default for these.
LOCAL_DATABASE = "postgresql://restartix_app@127.0.0.1:5432/restartix"
LOCAL_REDIS = "redis://127.0.0.1:6379/0"
LOCAL_ENCRYPTION_KEYS = "development:Zm9yLWRldmVsb3BtZW50LW9ubHktMzItYnl0ZXMtISE="


class SettingsError(ValueError):
    """A setting is missing or malformed; the message names it and says what is expected."""


@dataclass(frozen=True)
class Settings:
    """Typed settings of web, worker and command line (see README, "Settings")."""

    mode: str
    database_url: str
    database_owner_url: str | None
    redis_url: str
    storage: str
    secret_key: str
    encryption_keys: str
    base_url: str
    telemetry_url: str
    telemetry_token_secret: str
    telemetry_service_secret: str
    smtp_url: str | None
    log_level: str
    pool_size: int

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting. Raises SettingsError on the first one that is wrong."""
        source = os.environ if env is None else env
        mode = _one_of(source, "MODE", MODES, default="development")
        base_url = _url(source, "BASE_URL", ("http", "https"), default="http://127.0.0.1:8000")
        if mode == "production" and not base_url.startswith("https://"):
            raise SettingsError("BASE_URL must start with https:// in production mode")
        return cls(
            mode=mode,
            database_url=_url(
                source,
                "DATABASE_URL",
                ("postgresql", "postgres"),
                default=None if mode == "production" else LOCAL_DATABASE,
            ),
            database_owner_url=_optional_url(
                source, "DATABASE_OWNER_URL", ("postgresql", "postgres")
            ),
            redis_url=_url(
                source,
                "REDIS_URL",
                ("redis", "rediss", "unix"),
                default=None if mode == "production" else LOCAL_REDIS,
            ),
            storage=_storage(source, mode),
            secret_key=_secret(source, "SECRET_KEY", mode),
            encryption_keys=_encryption_keys(source, mode),
            base_url=base_url.rstrip("/"),
            telemetry_url=_url(
                source, "TELEMETRY_URL", ("http", "https"), default="http://127.0.0.1:8001"
            ).rstrip("/"),
            telemetry_token_secret=_secret(source, "TELEMETRY_TOKEN_SECRET", mode),
            telemetry_service_secret=_secret(source, "TELEMETRY_SERVICE_SECRET", mode),
            smtp_url=_optional_url(source, "SMTP_URL", ("smtp", "smtps")),
            log_level=_one_of(
                source, "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO"
            ),
            pool_size=_int(source, "DATABASE_POOL_SIZE", default=8, low=1, high=200),
        )


def _required(source: Mapping[str, str], name: str, expected: str) -> str:
    value = source.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set (expected {expected})")
    return value


def _secret(source: Mapping[str, str], name: str, mode: str) -> str:
    if mode != "production" and not source.get(name, "").strip():
        return f"for-development-only:{name.lower()}:nobody-should-trust-this"
    value = _required(source, name, f"at least {MIN_SECRET_LENGTH} random characters")
    if len(value) < MIN_SECRET_LENGTH:
        raise SettingsError(f"{name} is too short (at least {MIN_SECRET_LENGTH} characters)")
    return value


def _encryption_keys(source: Mapping[str, str], mode: str) -> str:
    if mode != "production" and not source.get("ENCRYPTION_KEYS", "").strip():
        return LOCAL_ENCRYPTION_KEYS
    return _required(source, "ENCRYPTION_KEYS", "name:base64-of-32-bytes[,...]")


def _url(
    source: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str | None = None
) -> str:
    value = source.get(name, "").strip() or default
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not value:
        raise SettingsError(f"{name} is not set (expected a URL that starts with {wanted})")
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    if not port_is_valid or parts.scheme not in schemes:
        raise SettingsError(f"{name} is malformed (expected a URL that starts with {wanted})")
    return value


def _optional_url(source: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    return _url(source, name, schemes) if source.get(name, "").strip() else None


def _one_of(source: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = source.get(name, "").strip() or default
    if value not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}")
    return value


def _int(source: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = source.get(name, "").strip() or str(default)
    if not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _storage(source: Mapping[str, str], mode: str) -> str:
    value = source.get("STORAGE", "").strip()
    if not value and mode != "production":
        return f"disk:{ROOT / 'var' / 'blobs'}"
    if value.startswith("disk:") and len(value) > len("disk:"):
        return value
    if value.startswith("s3://") and len(value) > len("s3://"):
        return value
    raise SettingsError("STORAGE must be disk:/folder or s3://bucket[?endpoint=URL&region=NAME]")
