"""What every text message provider does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.integrations.registry import Kind


class SmsState(StrEnum):
    """How far a text came. `SENT` is with the network; only `DELIVERED` reached the phone."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """A finished text to one E.164 number. Its repr tells nothing of person or content."""

    to: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """The provider has the text; `reference` is its name for it."""

    provider: str
    reference: str
    state: SmsState


@dataclass(frozen=True, slots=True)
class SmsStatus:
    """News about a text; `fault` is the provider's code where it failed."""

    reference: str
    state: SmsState
    fault: str = ""


class SmsSender(Protocol):
    """Sends texts for one clinic."""

    name: str

    def send(
        self, message: OutgoingSms, idempotency_key: str, *, retry: bool = False
    ) -> SmsReceipt:
        """Hand the text to the provider within 10 seconds.

        Called by the delivery job after commit; never from a request. `retry=True` says that an
        earlier attempt with this key had an unknown outcome: a provider that cannot tell keys
        apart must then look for the text before it sends. It must not log number or text.
        Raises `ProviderError`.
        """
        ...

    def status(self, reference: str) -> SmsStatus:
        """Ask how far a text came; called by a job where no news arrived. Raises `ProviderError`."""
        ...

    def read_news(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> SmsStatus:
        """News that the provider posted to `url` (our public address, with its query).

        Called by the webhook route before anything is believed. It must be pure.
        Raises `SignatureInvalid` where the sender is not proven.
        """
        ...

    def check(self) -> None:
        """Prove that the credentials work, without sending. Raises `ProviderError`."""
        ...


SMS: Kind[SmsSender] = Kind("sms")
