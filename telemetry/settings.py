"""The telemetry process's own settings, from the environment (names as in the README)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

MIN_SECRET_LENGTH = 32
ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """A setting is missing or malformed; one line for the operator."""


@dataclass(frozen=True)
class Settings:
    """Typed settings. spool: disk:/folder or s3://bucket...; storage: where replays go."""

    host: str
    port: int
    token_secret: str
    service_secret: str
    redis_url: str
    app_url: str
    allowed_origin: str
    spool: str
    outbox: Path
    storage: str
    grace_seconds: float
    idle_seconds: float
    log_level: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read and check every setting. Raises SettingsError at the first wrong one."""
        base_url = _url(env, "BASE_URL", ("http", "https"), "http://127.0.0.1:8000")
        production = env.get("MODE", "").strip() == "production"
        var = None if production else ROOT / "var"
        spool = _place(env, "TELEMETRY_SPOOL", None if var is None else f"disk:{var / 'spool'}")
        return cls(
            host=env.get("TELEMETRY_HOST", "").strip() or "127.0.0.1",
            port=_whole(env, "TELEMETRY_PORT", 8001, 1, 65535),
            token_secret=_secret(env, "TELEMETRY_TOKEN_SECRET"),
            service_secret=_secret(env, "TELEMETRY_SERVICE_SECRET"),
            redis_url=_url(env, "REDIS_URL", ("redis", "rediss", "unix"), None),
            app_url=_url(env, "APP_URL", ("http", "https"), base_url).rstrip("/"),
            allowed_origin=_origin(base_url),
            spool=spool,
            outbox=_outbox(env, spool),
            storage=_place(env, "STORAGE", None if var is None else f"disk:{var / 'blobs'}"),
            grace_seconds=_whole(env, "TELEMETRY_GRACE_SECONDS", 5, 0, 600),
            idle_seconds=_whole(env, "TELEMETRY_IDLE_SECONDS", 120, 1, 86400),
            log_level=_level(env),
        )


def _secret(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if len(value) < MIN_SECRET_LENGTH:
        state = "too short" if value else "not set"
        raise SettingsError(f"{name} is {state} (expected {MIN_SECRET_LENGTH} random characters)")
    return value


def _url(env: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str | None) -> str:
    value = env.get(name, "").strip() or default
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not value:
        raise SettingsError(f"{name} is not set (expected a URL that starts with {wanted})")
    try:
        parts = urlsplit(value)
        sound = parts.port is None or parts.port > 0
    except ValueError:
        sound = False
    if not sound or parts.scheme not in schemes or not (parts.netloc or parts.path):
        raise SettingsError(f"{name} is malformed (expected a URL that starts with {wanted})")
    return value


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _place(env: Mapping[str, str], name: str, default: str | None) -> str:
    value = env.get(name, "").strip() or default or ""
    value = f"disk:{value}" if value.startswith("/") else value
    for start in ("disk:", "s3://"):
        if value.startswith(start) and len(value) > len(start):
            return value
    raise SettingsError(
        f"{name} must be /folder, disk:/folder or s3://bucket[?endpoint=URL&region=NAME]"
    )


def _outbox(env: Mapping[str, str], spool: str) -> Path:
    """Results wait on disk: beside a disk spool unless TELEMETRY_OUTBOX names a folder."""
    value = env.get("TELEMETRY_OUTBOX", "").strip()
    if value:
        return Path(value)
    if spool.startswith("disk:"):
        return Path(spool.removeprefix("disk:")) / "outbox"
    raise SettingsError("TELEMETRY_OUTBOX must name a folder when TELEMETRY_SPOOL is s3://")


def _origin(base_url: str) -> str:
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _level(env: Mapping[str, str]) -> str:
    value = env.get("LOG_LEVEL", "").strip() or "INFO"
    if value not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingsError("LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR")
    return value
