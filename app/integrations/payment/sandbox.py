"""Payments without an account: a pay page of ours stands in for the bank's.

The page's route calls `settle` with what the payer chose, and posts the signed news that comes back
to our own webhook address, so that the whole way is walked as with a vendor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.integrations.errors import ProviderError
from app.integrations.measure import measured
from app.integrations.payment.ledger import FileLedger
from app.integrations.payment.port import Payment, PaymentNews, PaymentOrder, PaymentState
from app.integrations.registry import Settings, Surroundings, required
from app.lib.clock import Clock
from app.lib.ids import uuid7
from app.lib.money import Currency, Money
from app.lib.webhook_signature import SignatureInvalid, sign, verify

_REFUNDABLE = (PaymentState.SUCCEEDED, PaymentState.PARTIALLY_REFUNDED)
_OUTCOMES = (PaymentState.SUCCEEDED, PaymentState.FAILED, PaymentState.CANCELLED)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SandboxCall:
    """The news that the sandbox wants posted, with the headers that prove it."""

    headers: Mapping[str, str]
    body: bytes


class SandboxPayments:
    """Remembers payments in a ledger; money is imagined, everything else behaves like a vendor."""

    name = "sandbox"

    def __init__(self, ledger: FileLedger, pay_url: str, secret: str, clock: Clock) -> None:
        """`pay_url` gets `/<provider_id>` appended; `secret` signs the news (`whsec_...`)."""
        self._ledger = ledger
        self._pay_url = pay_url.rstrip("/")
        self._secret = secret
        self._clock = clock

    def start(self, order: PaymentOrder, idempotency_key: str) -> Payment:
        """See `PaymentProvider.start`."""
        if order.amount.minor <= 0:
            raise ProviderError("amount", permanent=True)
        row: Row = {
            "order": _order_row(order),
            "state": PaymentState.INITIATED.value,
            "refunded": 0,
            "refunds": {},
        }
        provider_id = f"pay_{_digest(idempotency_key)}"
        with measured("payment", self.name), self._ledger.locked():
            earlier = self._ledger.load(provider_id)
            if earlier is None:
                self._ledger.save(provider_id, row)
            elif earlier["order"] != row["order"]:
                raise ProviderError("key_conflict", permanent=True)
            return self._payment(provider_id, earlier or row)

    def fetch(self, provider_id: str) -> Payment:
        """See `PaymentProvider.fetch`."""
        with measured("payment", self.name):
            return self._payment(provider_id, self._row(provider_id))

    def refund(self, provider_id: str, amount: Money, idempotency_key: str) -> Payment:
        """See `PaymentProvider.refund`."""
        with measured("payment", self.name), self._ledger.locked():
            row = self._row(provider_id)
            earlier = row["refunds"].get(_digest(idempotency_key))
            asked = [amount.minor, amount.currency.value]
            if earlier is None:
                _take_back(row, amount)
                row["refunds"][_digest(idempotency_key)] = asked
                self._ledger.save(provider_id, row)
            elif earlier != asked:
                raise ProviderError("key_conflict", permanent=True)
            return self._payment(provider_id, row)

    def cancel(self, provider_id: str) -> Payment:
        """See `PaymentProvider.cancel`."""
        with measured("payment", self.name), self._ledger.locked():
            row = self._row(provider_id)
            if row["state"] not in (PaymentState.INITIATED, PaymentState.CANCELLED):
                raise ProviderError("not_cancellable", permanent=True)
            row["state"] = PaymentState.CANCELLED.value
            self._ledger.save(provider_id, row)
            return self._payment(provider_id, row)

    def read_news(self, headers: Mapping[str, str], body: bytes) -> PaymentNews:
        """See `PaymentProvider.read_news`."""
        event_id = verify([self._secret], headers, body, self._clock.now())
        try:
            return PaymentNews(event_id, str(json.loads(body)["payment"]))
        except (ValueError, KeyError, TypeError):
            raise SignatureInvalid(fault="body") from None

    def check(self) -> None:
        """See `PaymentProvider.check`; there is nothing that could be wrong."""

    def settle(self, provider_id: str, outcome: PaymentState) -> SandboxCall:
        """What the payer chose on the pay page: succeeded, failed or cancelled.

        Settling again with the same outcome repeats the news, as vendors do. Raises a permanent
        `ProviderError` (`unknown_payment`, `already_settled`).
        """
        if outcome not in _OUTCOMES:
            raise ProviderError("outcome", permanent=True)
        with self._ledger.locked():
            row = self._row(provider_id)
            if row["state"] not in (PaymentState.INITIATED, outcome):
                raise ProviderError("already_settled", permanent=True)
            row["state"] = outcome.value
            row.setdefault("event_id", f"evt_{uuid7()}")
            self._ledger.save(provider_id, row)
        body = json.dumps({"type": f"payment.{outcome}", "payment": provider_id}).encode()
        return SandboxCall(sign(self._secret, row["event_id"], body, self._clock.now()), body)

    def _row(self, provider_id: str) -> Row:
        row = self._ledger.load(provider_id)
        if row is None:
            raise ProviderError("unknown_payment", permanent=True)
        return row

    def _payment(self, provider_id: str, row: Row) -> Payment:
        state = PaymentState(row["state"])
        currency = Currency(row["order"]["currency"])
        return Payment(
            provider_id=provider_id,
            reference=row["order"]["reference"],
            state=state,
            amount=Money(row["order"]["minor"], currency),
            refunded=Money(row["refunded"], currency),
            pay_url=f"{self._pay_url}/{provider_id}" if state is PaymentState.INITIATED else "",
        )


def _order_row(order: PaymentOrder) -> Row:
    return {
        "minor": order.amount.minor,
        "currency": order.amount.currency.value,
        "reference": order.reference,
        "description": order.description,
        "return_url": order.return_url,
    }


def _take_back(row: Row, amount: Money) -> None:
    if row["state"] not in _REFUNDABLE:
        raise ProviderError("not_refundable", permanent=True)
    if amount.currency != row["order"]["currency"]:
        raise ProviderError("currency", permanent=True)
    left = row["order"]["minor"] - row["refunded"]
    if not 0 < amount.minor <= left:
        raise ProviderError("refund_too_large", permanent=True)
    row["refunded"] += amount.minor
    whole = amount.minor == left
    row["state"] = (PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED).value


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def build_sandbox_payments(settings: Settings, surroundings: Surroundings) -> SandboxPayments:
    """From settings `folder`, `pay_url` and `webhook_secret`. Raises `ProviderSettingsError`.

    Each clinic gets a folder of its own inside, so that payments of two clinics never meet.
    """
    return SandboxPayments(
        FileLedger(Path(required(settings, "folder")) / (surroundings.clinic_id or "shared")),
        required(settings, "pay_url"),
        required(settings, "webhook_secret"),
        surroundings.clock,
    )
