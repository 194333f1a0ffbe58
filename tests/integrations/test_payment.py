"""Payments: what commerce may rely on, proven on the sandbox across processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.integrations.errors import ProviderError
from app.integrations.payment.ledger import FileLedger
from app.integrations.payment.port import Payment, PaymentOrder, PaymentState
from app.integrations.payment.sandbox import SandboxPayments
from app.lib.money import Currency, Money
from app.lib.webhook_signature import SignatureInvalid, new_secret, sign
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.proves("KRN-09", "TIR-04")

ORDER = PaymentOrder(Money(25_000), "visit-7", "Consultation", "https://clinic.example/back")
SECRET = new_secret(b"s" * 32)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def make(tmp_path: Path, clock: FrozenClock) -> Callable[[], SandboxPayments]:
    """Another process's view of the same clinic's payments."""
    return lambda: SandboxPayments(
        FileLedger(tmp_path), "https://clinic.example/pay", SECRET, clock
    )


@pytest.fixture
def provider(make: Callable[[], SandboxPayments]) -> SandboxPayments:
    return make()


def _paid(provider: SandboxPayments, key: str = "a") -> Payment:
    payment = provider.start(ORDER, key)
    provider.settle(payment.provider_id, PaymentState.SUCCEEDED)
    return provider.fetch(payment.provider_id)


def _fault(call: Callable[[], object]) -> str:
    with pytest.raises(ProviderError) as failed:
        call()
    assert failed.value.permanent
    return failed.value.fault


def test_starting_charges_nothing_and_says_where_to_pay(provider: SandboxPayments) -> None:
    payment = provider.start(ORDER, "a")
    assert payment.state is PaymentState.INITIATED
    assert payment.amount == ORDER.amount
    assert payment.refunded == Money(0)
    assert payment.pay_url == f"https://clinic.example/pay/{payment.provider_id}"


def test_the_same_key_is_the_same_payment(provider: SandboxPayments) -> None:
    first = provider.start(ORDER, "a")
    assert provider.start(ORDER, "a") == first
    assert provider.start(ORDER, "b").provider_id != first.provider_id


def test_a_key_with_another_order_is_a_conflict(provider: SandboxPayments) -> None:
    provider.start(ORDER, "a")
    dearer = PaymentOrder(Money(25_001), ORDER.reference, ORDER.description, ORDER.return_url)
    assert _fault(lambda: provider.start(dearer, "a")) == "key_conflict"


def test_a_repeated_start_shows_how_far_it_came(provider: SandboxPayments) -> None:
    paid = _paid(provider)
    assert provider.start(ORDER, "a") == paid


@pytest.mark.parametrize(
    "outcome", [PaymentState.SUCCEEDED, PaymentState.FAILED, PaymentState.CANCELLED]
)
def test_each_outcome_is_seen_by_another_process(
    make: Callable[[], SandboxPayments], outcome: PaymentState
) -> None:
    payment = make().start(ORDER, "a")
    make().settle(payment.provider_id, outcome)
    found = make().fetch(payment.provider_id)
    assert found.state is outcome
    assert found.pay_url == ""


def test_what_is_settled_stays(provider: SandboxPayments) -> None:
    paid = _paid(provider)
    settle = provider.settle
    assert _fault(lambda: settle(paid.provider_id, PaymentState.FAILED)) == "already_settled"
    assert _fault(lambda: settle(paid.provider_id, PaymentState.REFUNDED)) == "outcome"
    assert _fault(lambda: provider.cancel(paid.provider_id)) == "not_cancellable"
    assert provider.fetch(paid.provider_id).state is PaymentState.SUCCEEDED


def test_cancelling_twice_is_fine(provider: SandboxPayments) -> None:
    payment = provider.start(ORDER, "a")
    assert provider.cancel(payment.provider_id).state is PaymentState.CANCELLED
    assert provider.cancel(payment.provider_id).state is PaymentState.CANCELLED


def test_partial_then_full_refund(provider: SandboxPayments) -> None:
    paid = _paid(provider)
    part = provider.refund(paid.provider_id, Money(10_000), "r1")
    assert (part.state, part.refunded) == (PaymentState.PARTIALLY_REFUNDED, Money(10_000))
    whole = provider.refund(paid.provider_id, Money(15_000), "r2")
    assert (whole.state, whole.refunded) == (PaymentState.REFUNDED, ORDER.amount)
    more = _fault(lambda: provider.refund(paid.provider_id, Money(1), "r3"))
    assert more == "not_refundable"


def test_a_refund_key_refunds_once(provider: SandboxPayments) -> None:
    paid = _paid(provider)
    for _ in range(3):
        found = provider.refund(paid.provider_id, Money(10_000), "r1")
    assert found.refunded == Money(10_000)
    other = _fault(lambda: provider.refund(paid.provider_id, Money(9_000), "r1"))
    assert other == "key_conflict"


@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        (Money(25_001), "refund_too_large"),
        (Money(0), "refund_too_large"),
        (Money(-5), "refund_too_large"),
        (Money(100, Currency.EUR), "currency"),
    ],
)
def test_impossible_refunds_are_named(provider: SandboxPayments, amount: Money, fault: str) -> None:
    paid = _paid(provider)
    assert _fault(lambda: provider.refund(paid.provider_id, amount, "r1")) == fault
    assert provider.fetch(paid.provider_id).refunded == Money(0)


def test_only_paid_money_goes_back(provider: SandboxPayments) -> None:
    payment = provider.start(ORDER, "a")
    refund = _fault(lambda: provider.refund(payment.provider_id, Money(1), "r1"))
    assert refund == "not_refundable"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12_000), st.integers(0, 3)), max_size=12))
def test_never_more_goes_back_than_came(
    tmp_path_factory: pytest.TempPathFactory, refunds: list[tuple[int, int]]
) -> None:
    ledger = FileLedger(tmp_path_factory.mktemp("ledger"))
    provider = SandboxPayments(ledger, "https://x", SECRET, FrozenClock())
    paid = _paid(provider)
    booked: dict[str, int] = {}
    for minor, key in refunds:
        try:
            provider.refund(paid.provider_id, Money(minor), f"r{key}")
        except ProviderError:
            continue
        booked[f"r{key}"] = minor
    found = provider.fetch(paid.provider_id)
    assert found.refunded.minor == sum(booked.values()) <= ORDER.amount.minor


def test_racing_refunds_do_not_overdraw(make: Callable[[], SandboxPayments]) -> None:
    paid = _paid(make())
    done: list[int] = []

    def refund(number: int) -> None:
        try:
            make().refund(paid.provider_id, Money(10_000), f"r{number}")
            done.append(number)
        except ProviderError:
            return

    threads = [threading.Thread(target=refund, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
    assert make().fetch(paid.provider_id).refunded == Money(20_000)


@pytest.mark.parametrize("provider_id", ["", "pay_x", "../../etc/passwd", "PAY", "lock", "a" * 999])
def test_unknown_payments_are_named(provider: SandboxPayments, provider_id: str) -> None:
    provider.start(ORDER, "a")
    assert _fault(lambda: provider.fetch(provider_id)) == "unknown_payment"


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_cannot_be_paid(provider: SandboxPayments, minor: int) -> None:
    order = PaymentOrder(Money(minor), "r", "d", "https://x")
    assert _fault(lambda: provider.start(order, "a")) == "amount"


class TestNews:
    """Webhooks: proven, recent, and repeated under the same event id."""

    pytestmark = pytest.mark.proves("KRN-09", "SEC-01")

    def test_news_is_proven_and_names_the_payment(self, provider: SandboxPayments) -> None:
        payment = provider.start(ORDER, "a")
        call = provider.settle(payment.provider_id, PaymentState.SUCCEEDED)
        news = provider.read_news(call.headers, call.body)
        assert news.provider_id == payment.provider_id
        again = provider.settle(payment.provider_id, PaymentState.SUCCEEDED)
        assert provider.read_news(again.headers, again.body).event_id == news.event_id

    @pytest.mark.parametrize("seconds", [301, -301])
    def test_old_and_future_news_is_refused(
        self, provider: SandboxPayments, clock: FrozenClock, seconds: int
    ) -> None:
        payment = provider.start(ORDER, "a")
        call = provider.settle(payment.provider_id, PaymentState.SUCCEEDED)
        clock.advance(seconds=seconds)
        with pytest.raises(SignatureInvalid):
            provider.read_news(call.headers, call.body)

    def test_forged_news_is_refused(self, provider: SandboxPayments, clock: FrozenClock) -> None:
        payment = provider.start(ORDER, "a")
        call = provider.settle(payment.provider_id, PaymentState.SUCCEEDED)
        theirs = sign(new_secret(b"t" * 32), "evt_1", call.body, clock.now())
        for headers, body in ((call.headers, call.body + b" "), (theirs, call.body), ({}, b"")):
            with pytest.raises(SignatureInvalid):
                provider.read_news(headers, body)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", json.dumps("x").encode()])
    def test_proven_nonsense_is_refused(
        self, provider: SandboxPayments, clock: FrozenClock, body: bytes
    ) -> None:
        with pytest.raises(SignatureInvalid):
            provider.read_news(sign(SECRET, "evt_1", body, clock.now()), body)
