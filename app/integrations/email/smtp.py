"""E-mail over SMTP, with TLS wherever the connection leaves this machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from app.integrations.deadline import ended_after
from app.integrations.email.compose import compose
from app.integrations.email.port import OutgoingEmail, Receipt
from app.integrations.errors import ProviderError, ProviderSettingsError
from app.integrations.measure import measured
from app.integrations.registry import Settings, Surroundings, required
from app.lib.clock import Clock

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_STEP_SECONDS = 10.0
_TOTAL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where and how to log in; `smtps` speaks TLS at once, `smtp` upgrades by STARTTLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls_at_once: bool

    @classmethod
    def from_url(cls, url: str) -> SmtpServer:
        """Read `smtp://user:password@host:587`. Raises `ProviderSettingsError`."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ProviderSettingsError("url") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ProviderSettingsError("url")
        at_once = parts.scheme == "smtps"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or (465 if at_once else 587), user, password, at_once)


class SmtpEmail:
    """One connection for each message: few are sent, and a kept one would go stale."""

    name = "smtp"

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        clock: Clock,
        total_seconds: float = _TOTAL_SECONDS,
    ) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock
        self._total_seconds = total_seconds

    def send(self, message: OutgoingEmail, idempotency_key: str) -> Receipt:
        """See `EmailSender.send`."""
        mail = compose(message, self._sender, idempotency_key, self._clock.now())
        with measured("email", self.name), self._session() as smtp, _named(in_flight=True):
            smtp.send_message(mail, self._sender, [message.to])
        return Receipt(self.name, str(mail["Message-ID"]))

    def check(self) -> None:
        """See `EmailSender.check`."""
        with measured("email", self.name), self._session() as smtp, _named(in_flight=False):
            smtp.noop()

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        with _named(in_flight=False):
            smtp = self._connect()
        connected = smtp.sock
        if connected is None:
            raise ProviderError("unreachable", permanent=False)
        try:
            with ended_after(connected, self._total_seconds):
                with _named(in_flight=False):
                    self._secure_and_log_in(smtp)
                yield smtp
        finally:
            # QUIT would wait for a server that may be gone; the message has been answered for.
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        where = (self._server.host, self._server.port)
        if self._server.tls_at_once:
            trust = ssl.create_default_context()
            return smtplib.SMTP_SSL(*where, timeout=_STEP_SECONDS, context=trust)
        return smtplib.SMTP(*where, timeout=_STEP_SECONDS)

    def _secure_and_log_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        local = self._server.host in _LOOPBACK
        if not self._server.tls_at_once and (not local or smtp.has_extn("starttls")):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if self._server.user:
            smtp.login(self._server.user, self._server.password)


@contextmanager
def _named(*, in_flight: bool) -> Iterator[None]:
    """Turn what smtplib raises into a `ProviderError`; its texts hold addresses and are dropped."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise ProviderError("recipient_refused", permanent=min(codes) >= 500) from None
    except smtplib.SMTPAuthenticationError:
        raise ProviderError("login_refused", permanent=True) from None
    except smtplib.SMTPNotSupportedError:
        raise ProviderError("not_supported", permanent=True) from None
    except smtplib.SMTPResponseException as error:
        permanent = error.smtp_code >= 500
        raise ProviderError(f"answer_{error.smtp_code}", permanent=permanent) from None
    except ssl.SSLCertVerificationError:
        raise ProviderError("certificate", permanent=True) from None
    except (smtplib.SMTPException, OSError):
        fault = "no_answer" if in_flight else "unreachable"
        raise ProviderError(fault, permanent=False, outcome_unknown=in_flight) from None


def build_smtp(settings: Settings, surroundings: Surroundings) -> SmtpEmail:
    """From settings `url` and `sender`. Raises `ProviderSettingsError`."""
    sender = required(settings, "sender")
    if "@" not in sender or not sender.isascii():
        raise ProviderSettingsError("sender")
    return SmtpEmail(SmtpServer.from_url(required(settings, "url")), sender, surroundings.clock)
