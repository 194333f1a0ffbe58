"""What every payment provider does. A payment is its own state, apart from any visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.integrations.registry import Kind
from app.lib.money import Money


class PaymentState(StrEnum):
    """Where a payment stands at the provider."""

    INITIATED = "initiated"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What is to be paid. `description` is a neutral catalogue name, never a diagnosis."""

    amount: Money
    reference: str
    description: str
    return_url: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as the provider sees it. `pay_url` is where the payer goes while it is open."""

    provider_id: str
    reference: str
    state: PaymentState
    amount: Money
    refunded: Money
    pay_url: str = ""


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """Proven news: something changed with that payment. Read it afresh; news come unordered."""

    event_id: str
    provider_id: str


class PaymentProvider(Protocol):
    """Takes money for one clinic."""

    name: str

    def start(self, order: PaymentOrder, idempotency_key: str) -> Payment:
        """Open a payment; called when someone chooses to pay, before they are sent to `pay_url`.

        The same key and order give the same payment; the same key with another order is a
        permanent `ProviderError` (`key_conflict`). It must not charge anything yet.
        """
        ...

    def fetch(self, provider_id: str) -> Payment:
        """The payment as it is now; called on return, on news, and by a sweeping job.

        Raises a permanent `ProviderError` (`unknown_payment`).
        """
        ...

    def refund(self, provider_id: str, amount: Money, idempotency_key: str) -> Payment:
        """Give back all or part; called by a job after the refund was decided and committed.

        The same key refunds once. Raises permanent `ProviderError`: `not_refundable`, or
        `refund_too_large`, `currency`, `key_conflict`.
        """
        ...

    def cancel(self, provider_id: str) -> Payment:
        """Close an open payment; cancelling twice is fine. Raises permanent `not_cancellable`."""
        ...

    def read_news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews:
        """What the provider posted to us, if it proves its sender and is at most 5 minutes old.

        It must be pure; the caller stores `event_id` unique. Raises `SignatureInvalid`.
        """
        ...

    def check(self) -> None:
        """Prove that the credentials work, without charging. Raises `ProviderError`."""
        ...


PAYMENT: Kind[PaymentProvider] = Kind("payment")
