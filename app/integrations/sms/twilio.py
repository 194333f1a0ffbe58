"""Texts through Twilio's Messages resource (API 2010-04-01), without its SDK.

That resource knows no idempotency key, so a retry after an unknown outcome first looks for the same
text to the same number among those created since shortly before.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from app.integrations.errors import ProviderError, ProviderSettingsError
from app.integrations.http import Answer, HttpEndpoint, Limits
from app.integrations.measure import measured
from app.integrations.registry import Settings, Surroundings, optional, required
from app.integrations.sms.port import OutgoingSms, SmsReceipt, SmsState, SmsStatus
from app.lib.clock import Clock
from app.lib.webhook_signature import SignatureInvalid

_API = "https://api.twilio.com"
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
_REFERENCE = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
# Long enough for the backoff of the delivery job, short enough not to meet last week's reminder.
_LOOK_BACK = dt.timedelta(hours=3)
_STATES = {
    "accepted": SmsState.ACCEPTED,
    "scheduled": SmsState.ACCEPTED,
    "queued": SmsState.ACCEPTED,
    "sending": SmsState.ACCEPTED,
    "sent": SmsState.SENT,
    "delivered": SmsState.DELIVERED,
    "read": SmsState.DELIVERED,
    "undelivered": SmsState.FAILED,
    "failed": SmsState.FAILED,
    "canceled": SmsState.FAILED,
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Credentials, and the number, name or messaging service that texts come from."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    news_url: str = ""


class TwilioSms:
    """One account; `read_news` verifies what it calls back."""

    name = "twilio"

    def __init__(
        self,
        account: TwilioAccount,
        clock: Clock,
        api: str = _API,
        limits: Limits | None = None,
    ) -> None:
        self._account = account
        self._clock = clock
        self._http = HttpEndpoint(api, account.account_sid, account.auth_token, limits)
        self._root = f"/2010-04-01/Accounts/{account.account_sid}"

    def send(
        self, message: OutgoingSms, idempotency_key: str, *, retry: bool = False
    ) -> SmsReceipt:
        """See `SmsSender.send`."""
        with measured("sms", self.name):
            found = self._find(message) if retry else None
            return self._receipt(found or self._create(message))

    def status(self, reference: str) -> SmsStatus:
        """See `SmsSender.status`."""
        if not _REFERENCE.fullmatch(reference):
            raise ProviderError("bad_reference", permanent=True)
        with measured("sms", self.name):
            answer = self._http.call("GET", f"{self._root}/Messages/{reference}.json")
            return _status(_accepted(answer, changes=False))

    def read_news(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> SmsStatus:
        """See `SmsSender.read_news`; Twilio signs the address and the sorted fields (SHA-1)."""
        given = {name.lower(): value for name, value in headers.items()}
        expected = signature(self._account.auth_token, url, form)
        offered = given.get("x-twilio-signature", "")
        if not hmac.compare_digest(expected.encode(), offered.encode("utf-8", "replace")):
            raise SignatureInvalid(fault="signature")
        state = _STATES.get(form.get("MessageStatus", ""), SmsState.ACCEPTED)
        return SmsStatus(form.get("MessageSid", ""), state, form.get("ErrorCode", ""))

    def check(self) -> None:
        """See `SmsSender.check`."""
        with measured("sms", self.name):
            _accepted(self._http.call("GET", f"{self._root}.json"), changes=False)

    def _create(self, message: OutgoingSms) -> dict[str, Any]:
        form = {"To": message.to, "Body": message.text, **self._from()}
        if self._account.news_url:
            form["StatusCallback"] = self._account.news_url
        return _accepted(self._http.call("POST", f"{self._root}/Messages.json", form=form))

    def _from(self) -> dict[str, str]:
        if self._account.sender.startswith("MG"):
            return {"MessagingServiceSid": self._account.sender}
        return {"From": self._account.sender}

    def _find(self, message: OutgoingSms) -> dict[str, Any] | None:
        since = self._clock.now() - _LOOK_BACK
        query = {"To": message.to, "DateSent>": f"{since:%Y-%m-%d}", "PageSize": "50"}
        answer = self._http.call("GET", f"{self._root}/Messages.json", query=query)
        for sent in _accepted(answer, changes=False).get("messages", []):
            if sent.get("body") == message.text and _created(sent) >= since:
                return dict(sent)
        return None

    def _receipt(self, created: Mapping[str, Any]) -> SmsReceipt:
        status = _status(created)
        return SmsReceipt(self.name, status.reference, status.state)


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio writes into `X-Twilio-Signature` for a form posted to `url`."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(auth_token.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _created(sent: Mapping[str, Any]) -> dt.datetime:
    try:
        return parsedate_to_datetime(str(sent.get("date_created")))
    except ValueError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _status(found: Mapping[str, Any]) -> SmsStatus:
    state = _STATES.get(str(found.get("status")), SmsState.ACCEPTED)
    return SmsStatus(str(found.get("sid", "")), state, str(found.get("error_code") or ""))


def _accepted(answer: Answer, *, changes: bool = True) -> dict[str, Any]:
    """The JSON of a good answer. Twilio's error texts repeat the number, so only codes travel."""
    found = answer.json()
    if 200 <= answer.status < 300 and found:
        return found
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "")
        raise ProviderError(
            "too_many", permanent=False, retry_after=float(wait) if wait.isdigit() else None
        )
    if 400 <= answer.status < 500:
        code = found.get("code")
        fault = f"refused_{code}" if isinstance(code, int) else f"answer_{answer.status}"
        raise ProviderError(fault, permanent=True)
    raise ProviderError(f"answer_{answer.status}", permanent=False, outcome_unknown=changes)


def build_twilio(settings: Settings, surroundings: Surroundings) -> TwilioSms:
    """From settings `account_sid`, `auth_token`, `sender` and, for news, `news_url`.

    Raises `ProviderSettingsError`.
    """
    sid = required(settings, "account_sid")
    if not _ACCOUNT.fullmatch(sid):
        raise ProviderSettingsError("account_sid")
    account = TwilioAccount(
        sid,
        required(settings, "auth_token"),
        required(settings, "sender"),
        optional(settings, "news_url"),
    )
    return TwilioSms(account, surroundings.clock)
