"""From our message to the internet's: headers, alternatives, attachments (RFC 5322, RFC 6047)."""

from __future__ import annotations

import datetime as dt
import hashlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.integrations.email.port import Attachment, OutgoingEmail
from app.integrations.errors import ProviderError


def compose(
    message: OutgoingEmail, sender: str, idempotency_key: str, now: dt.datetime
) -> EmailMessage:
    """The finished message; the Message-ID depends on sender and key alone.

    Raises a permanent `ProviderError` (`bad_address` or `bad_header`), also for line breaks that
    would smuggle in a header.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        _address(mail, message, sender)
        mail["Subject"] = message.subject
    except (ValueError, IndexError, UnicodeError) as error:
        raise ProviderError("bad_header", permanent=True) from error
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(sender, idempotency_key)
    mail["Auto-Submitted"] = "auto-generated"
    _fill(mail, message)
    return mail


def message_id(sender: str, idempotency_key: str) -> str:
    """The same for every attempt, so that servers and mailboxes drop the duplicate."""
    digest = hashlib.sha256(f"{sender}\0{idempotency_key}".encode()).hexdigest()
    return f"<{digest[:40]}@{sender.rpartition('@')[2]}>"


def _address(mail: EmailMessage, message: OutgoingEmail, sender: str) -> None:
    mail["From"] = Address(message.from_name, addr_spec=sender)
    mail["To"] = Address(addr_spec=message.to)
    if message.reply_to:
        mail["Reply-To"] = Address(addr_spec=message.reply_to)


def _fill(mail: EmailMessage, message: OutgoingEmail) -> None:
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for part in message.attachments:
        _attach(mail, part)


def _attach(mail: EmailMessage, part: Attachment) -> None:
    main, _, rest = part.mime.partition("/")
    subtype = rest.partition(";")[0]
    mail.add_attachment(part.content, maintype=main, subtype=subtype, filename=part.filename)
    if part.method:
        attached = list(mail.iter_attachments())[-1]
        attached.set_param("method", part.method)
        attached.set_param("charset", "utf-8")
