"""The secrets shared with the telemetry process, from the settings."""

from __future__ import annotations

from app.telerehab.tokens import TelemetryKeys
from app.web.http import context


def telemetry_keys() -> TelemetryKeys:
    """Ours to sign tokens of sessions, its own to verify what it writes back."""
    settings = context.settings()
    return TelemetryKeys(settings.telemetry_token_secret, settings.telemetry_service_secret)
