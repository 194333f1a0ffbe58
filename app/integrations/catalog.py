"""The implementations that ship, registered by name. The composer adds the platform's defaults."""

from __future__ import annotations

from collections.abc import Iterable

from app.integrations.email.port import EMAIL
from app.integrations.email.sandbox import SandboxEmail
from app.integrations.email.smtp import build_smtp
from app.integrations.payment.port import PAYMENT
from app.integrations.payment.sandbox import build_sandbox_payments
from app.integrations.registry import Choice, Registry
from app.integrations.sms.port import SMS
from app.integrations.sms.sandbox import SandboxSms
from app.integrations.sms.twilio import build_twilio


def build_registry(defaults: Iterable[Choice]) -> Registry:
    """Every shipped provider, with these platform defaults (one choice per kind)."""
    registry = Registry(defaults)
    registry.register(EMAIL, "sandbox", SandboxEmail)
    registry.register(EMAIL, "smtp", build_smtp)
    registry.register(SMS, "sandbox", SandboxSms)
    registry.register(SMS, "twilio", build_twilio)
    registry.register(PAYMENT, "sandbox", build_sandbox_payments)
    return registry
