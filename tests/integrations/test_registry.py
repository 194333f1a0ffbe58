"""A clinic's choice of provider is data; the platform's default serves the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.integrations.catalog import build_registry
from app.integrations.email.port import EMAIL
from app.integrations.email.sandbox import SandboxEmail
from app.integrations.email.smtp import SmtpEmail
from app.integrations.errors import ProviderError, ProviderSettingsError, UnknownProvider
from app.integrations.payment.port import PAYMENT, PaymentOrder
from app.integrations.payment.sandbox import SandboxPayments
from app.integrations.registry import Choice, Surroundings
from app.integrations.sms.port import SMS
from app.integrations.sms.twilio import TwilioSms
from app.lib.money import Money
from app.lib.webhook_signature import new_secret
from tests.support.sandbox_outbox import SandboxOutbox

pytestmark = pytest.mark.proves("KRN-09")

AROUND = Surroundings(SandboxOutbox())
REGISTRY = build_registry([Choice("email", "sandbox"), Choice("sms", "sandbox")])
SMTP = Choice("email", "smtp", {"url": "smtp://u:hunter2@mail.example:587", "sender": "a@b.ro"})
TWILIO = Choice(
    "sms", "twilio", {"account_sid": "AC" + "0" * 32, "auth_token": "x", "sender": "Clinic"}
)


def test_without_a_choice_the_default_serves() -> None:
    assert isinstance(REGISTRY.resolve(EMAIL, [TWILIO], AROUND), SandboxEmail)


def test_an_own_choice_wins() -> None:
    assert isinstance(REGISTRY.resolve(EMAIL, [TWILIO, SMTP], AROUND), SmtpEmail)
    assert isinstance(REGISTRY.resolve(SMS, [TWILIO, SMTP], AROUND), TwilioSms)


def test_a_shared_payment_sandbox_keeps_clinics_apart(tmp_path: Path) -> None:
    settings = {
        "folder": str(tmp_path),
        "pay_url": "http://127.0.0.1/pay",
        "webhook_secret": new_secret(b"s" * 32),
    }
    registry = build_registry([Choice("payment", "sandbox", settings)])
    mine, same, theirs = (
        registry.resolve(PAYMENT, [], Surroundings(SandboxOutbox(), clinic_id=clinic))
        for clinic in ("c1", "c1", "c2")
    )
    assert isinstance(mine, SandboxPayments)
    payment = mine.start(PaymentOrder(Money(100), "r", "d", "https://x"), "key")
    assert same.fetch(payment.provider_id) == payment
    with pytest.raises(ProviderError):
        theirs.fetch(payment.provider_id)


def test_every_kind_has_a_sandbox() -> None:
    assert REGISTRY.names(EMAIL) == ["sandbox", "smtp"]
    assert REGISTRY.names(SMS) == ["sandbox", "twilio"]
    assert REGISTRY.names(PAYMENT) == ["sandbox"]


@pytest.mark.parametrize(
    ("choice", "setting"),
    [
        (Choice("email", "smtp", {"sender": "a@b.ro"}), "url"),
        (Choice("email", "smtp", {"url": "smtp://h", "sender": " "}), "sender"),
        (Choice("email", "smtp", {"url": "smtp://h", "sender": "clinic"}), "sender"),
        (Choice("email", "smtp", {"url": "http://h", "sender": "a@b.ro"}), "url"),
        (Choice("email", "smtp", {"url": "smtp://h:port", "sender": "a@b.ro"}), "url"),
        (Choice("email", "smtp", {"url": 7, "sender": "a@b.ro"}), "url"),
        (Choice("sms", "twilio", {**TWILIO.settings, "account_sid": "../x"}), "account_sid"),
        (Choice("sms", "twilio", {**TWILIO.settings, "auth_token": ""}), "auth_token"),
    ],
)
def test_a_broken_choice_is_named_and_never_replaced_by_the_default(
    choice: Choice, setting: str
) -> None:
    kind = EMAIL if choice.kind == "email" else SMS
    with pytest.raises(ProviderSettingsError) as refused:
        REGISTRY.resolve(kind, [choice], AROUND)
    assert refused.value.setting == setting
    assert refused.value.permanent


def test_unknown_providers_and_kinds_are_named() -> None:
    with pytest.raises(UnknownProvider):
        REGISTRY.resolve(EMAIL, [Choice("email", "pigeon")], AROUND)
    with pytest.raises(UnknownProvider):
        REGISTRY.resolve(PAYMENT, [], AROUND)


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        build_registry([]).register(EMAIL, "smtp", SandboxEmail)


def test_secrets_do_not_show() -> None:
    provider = REGISTRY.resolve(EMAIL, [SMTP], AROUND)
    assert isinstance(provider, SmtpEmail)
    assert "hunter2" not in repr(SMTP) + repr(provider._server)
