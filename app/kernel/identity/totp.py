"""Time-based one-time codes as a second factor (RFC 6238), each accepted once."""

from __future__ import annotations

import datetime as dt
import hmac

import pyotp

ISSUER = "RestartiX"
STEP_SECONDS = 30
DRIFT_STEPS = 1


def new_secret() -> str:
    """A fresh base32 secret of 160 bits."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, account: str) -> str:
    """The otpauth address that an authenticator application scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def next_code(secret: str, at: dt.datetime, last_step: int | None) -> str | None:
    """A code that would be accepted at `at`, or None when the usable ones were used already."""
    now_step = int(at.timestamp()) // STEP_SECONDS
    step = now_step if last_step is None else max(now_step, last_step + 1)
    return pyotp.TOTP(secret).at(step * STEP_SECONDS) if step <= now_step + DRIFT_STEPS else None


def accepted_step(secret: str, code: str, at: dt.datetime, last_step: int | None) -> int | None:
    """The time step whose code this is, or None.

    One step of drift either way is forgiven; a step at or before `last_step` was used and is refused (RFC 6238, 5.2).
    """
    digits = "".join(char for char in code if char.isdigit())
    now_step = int(at.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    for step in range(now_step - DRIFT_STEPS, now_step + DRIFT_STEPS + 1):
        matches = hmac.compare_digest(generator.at(step * STEP_SECONDS), digits)
        if matches and (last_step is None or step > last_step):
            return step
    return None
