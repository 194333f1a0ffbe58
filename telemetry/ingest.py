"""What happens to a request, in order: token, scope, consent, content, spool. Knows no HTTP server."""

import json
from typing import Any

from telemetry.buffer import Kept, SessionBuffer, SpoolFull, session_key
from telemetry.codec import MAX_INFLATED, decode_batch
from telemetry.consent import Consent, ConsentGate, ConsentUnknown
from telemetry.contract import (
    SCOPE_MEDIA,
    SCOPE_POSE,
    ContractError,
    MediaEvent,
    SessionClaims,
    SessionEnd,
)
from telemetry.inflate import inflate
from telemetry.refusals import Refusal, bad_request, too_large, unavailable, unprocessable
from telemetry.tokens import SessionTokens

MOST_EVENTS_PER_REQUEST = 100
Answer = dict[str, Any]

_CONSENT_SENTENCES = {
    Consent.MISSING: "There is no consent for this session.",
    Consent.WITHDRAWN: "The consent was withdrawn.",
}


class Ingest:
    """The three typed doors (TLM-01): frames, media events, session end."""

    def __init__(self, tokens: SessionTokens, gate: ConsentGate, buffer: SessionBuffer):
        self._tokens = tokens
        self._gate = gate
        self._buffer = buffer

    async def frames(self, authorization: bytes, body: bytes) -> Answer:
        """Keep one pose batch (TLM-03). Raises Refusal."""
        claims = self._claims(authorization, SCOPE_POSE)
        await self._need_consent(claims, SCOPE_POSE)
        batch = decode_batch(inflate(body, MAX_INFLATED))
        kept = _accepted(await self._keep(claims, batch.sequence, body))
        return {"status": kept.value, "sequence": batch.sequence}

    async def media(self, authorization: bytes, body: bytes) -> Answer:
        """Keep player events (TLM-09). Raises Refusal."""
        claims = self._claims(authorization, SCOPE_MEDIA)
        await self._need_consent(claims, SCOPE_MEDIA)
        events = _events(claims, _json_object(body))
        try:
            _accepted(await self._buffer.append_media(claims, events))
        except SpoolFull:
            raise _spool_full() from None
        return {"status": Kept.STORED.value, "events": len(events)}

    async def end(self, authorization: bytes, session_id: str, body: bytes) -> Answer:
        """Mark the session's end; telling it twice is harmless. Raises Refusal.

        Needs no consent: after a withdrawal the end must still be told, so that data can go.
        """
        claims = self._claims(authorization, None)
        if session_id != claims.session_id:
            raise Refusal(403, "wrong_session", "The token is for another session.")
        end = _end(claims, _json_object(body or b"{}"))
        try:
            kept = await self._buffer.end(claims, end)
        except SpoolFull:
            raise _spool_full() from None
        return {"status": "ended" if kept is Kept.STORED else "already_ended"}

    def _claims(self, authorization: bytes, scope: str | None) -> SessionClaims:
        claims = self._tokens.verify(authorization)
        if scope is not None and scope not in claims.scopes:
            raise Refusal(403, "wrong_scope", f"The token does not allow {scope}.")
        return claims

    async def _need_consent(self, claims: SessionClaims, scope: str) -> None:
        """Fail closed: what cannot be checked is not taken (TLM-02)."""
        try:
            consent = await self._gate.ask(*session_key(claims), scope)
        except ConsentUnknown:
            raise unavailable("consent_unknown", "Consent cannot be checked now.") from None
        if consent is not Consent.GRANTED:
            raise Refusal(403, f"consent_{consent.value}", _CONSENT_SENTENCES[consent])

    async def _keep(self, claims: SessionClaims, sequence: int, body: bytes) -> Kept:
        try:
            return await self._buffer.append(claims, sequence, body)
        except SpoolFull:
            raise _spool_full() from None


def _spool_full() -> Refusal:
    return unavailable("spool_full", "No room now; send it again.", retry_after=5)


def _accepted(kept: Kept) -> Kept:
    if kept is Kept.CLOSED:
        raise Refusal(409, "session_over", "The session is over.")
    if kept is Kept.FULL:
        raise too_large("session_too_large", "The session has sent more than a session may.")
    return kept


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("not_json", "The body is not JSON.") from None
    if not isinstance(data, dict):
        raise unprocessable("not_an_object", "The body must be a JSON object.")
    return data


def _same_session(claims: SessionClaims, body: dict[str, Any]) -> None:
    """A body may repeat whose it is, and must then agree with the token."""
    if body.get("session_id", claims.session_id) != claims.session_id:
        raise Refusal(403, "wrong_session", "The token is for another session.")
    if body.get("organization_id", claims.organization_id) != claims.organization_id:
        raise Refusal(403, "wrong_organization", "The token is for another clinic.")


def _events(claims: SessionClaims, body: dict[str, Any]) -> list[MediaEvent]:
    _same_session(claims, body)
    events = body.get("events")
    if not isinstance(events, list) or not 0 < len(events) <= MOST_EVENTS_PER_REQUEST:
        raise unprocessable("bad_events", f"Between 1 and {MOST_EVENTS_PER_REQUEST} events.")
    try:
        return [MediaEvent.from_json(one) for one in events]
    except ContractError as problem:
        raise unprocessable("bad_event", f"{problem}.") from None


def _end(claims: SessionClaims, body: dict[str, Any]) -> SessionEnd:
    _same_session(claims, body)
    try:
        return SessionEnd.from_json(body)
    except ContractError as problem:
        raise unprocessable("bad_end", f"{problem}.") from None
