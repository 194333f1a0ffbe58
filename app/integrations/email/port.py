"""What every e-mail provider does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from app.integrations.registry import Kind


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside a message. `method` marks a calendar file: REQUEST or CANCEL (RFC 5546)."""

    filename: str
    mime: str
    content: bytes = field(repr=False)
    method: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """A finished message to one person. Its repr tells nothing of person or content."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    from_name: str = field(default="", repr=False)
    reply_to: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message; `reference` is its name for it."""

    provider: str
    reference: str


class EmailSender(Protocol):
    """Sends e-mail for one clinic."""

    name: str

    def send(self, message: OutgoingEmail, idempotency_key: str) -> Receipt:
        """Hand the message to the provider within 30 seconds.

        Called by the delivery job, after the transaction that wanted the message has committed;
        never from a request. The same key gives the same Message-ID, so that a second attempt
        after an unknown outcome is recognised as a duplicate. It must not log recipient, subject
        or body, must not retry by itself, and must not change the content.
        Raises `ProviderError`.
        """
        ...

    def check(self) -> None:
        """Prove that address and credentials work, without sending; for the settings page.

        Raises `ProviderError`.
        """
        ...


EMAIL: Kind[EmailSender] = Kind("email")
