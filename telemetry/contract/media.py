"""Player events in, viewing figures out (TLM-09)."""

from dataclasses import asdict, dataclass
from typing import Any

from telemetry.contract.checks import (
    identifier,
    items,
    mapping,
    maybe_number,
    need,
    number,
    one_of,
    text,
    whole,
)
from telemetry.contract.names import MAX_SESSION_MS

MEDIA_EVENTS = (
    "session_start",
    "play",
    "pause",
    "seek",
    "heartbeat",
    "buffering_start",
    "buffering_end",
    "quality_change",
    "milestone",
    "error",
    "session_end",
)
MILESTONES = (25, 50, 75, 95)
HEARTBEAT_SECONDS = 10


@dataclass(frozen=True)
class MediaEvent:
    """One player event. at_ms since session start; position_s in the film; media_id is hashed."""

    event: str
    at_ms: int
    media_id: str
    position_s: float | None = None
    duration_s: float | None = None
    percent: int | None = None
    detail: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Any) -> "MediaEvent":
        body = mapping(data, "event")
        kind = one_of(body, "event", MEDIA_EVENTS)
        percent = body.get("percent")
        if kind == "milestone":
            need(percent in MILESTONES, "percent")
        return cls(
            event=kind,
            at_ms=whole(body, "at_ms", 0, MAX_SESSION_MS),
            media_id=identifier(body, "media_id"),
            position_s=maybe_number(body, "position_s", 0, 86400),
            duration_s=maybe_number(body, "duration_s", 0, 86400),
            percent=None if percent is None else whole(body, "percent", 0, 100),
            detail=None if body.get("detail") is None else text(body, "detail", 120),
        )


@dataclass(frozen=True)
class Buffering:
    """One interruption of the film: when it began (ms since session start) and its length."""

    media_id: str
    at_ms: int
    length_ms: int

    @classmethod
    def from_json(cls, data: Any) -> "Buffering":
        body = mapping(data, "buffering")
        return cls(
            media_id=identifier(body, "media_id"),
            at_ms=whole(body, "at_ms", 0, MAX_SESSION_MS),
            length_ms=whole(body, "length_ms", 0, MAX_SESSION_MS),
        )


@dataclass(frozen=True)
class MediaFigures:
    """What the player did with one film: share watched, milestones, interruptions."""

    media_id: str
    watched_s: float
    duration_s: float | None
    watched_percent: float | None
    milestones: tuple[int, ...]
    plays: int
    pauses: int
    seeks: int
    errors: int
    quality_changes: int
    buffering: tuple[Buffering, ...]

    @classmethod
    def from_json(cls, data: Any) -> "MediaFigures":
        body = mapping(data, "media")
        counts = {
            name: whole(body, name, 0, 1_000_000)
            for name in ("plays", "pauses", "seeks", "errors", "quality_changes")
        }
        milestones = items(body, "milestones", len(MILESTONES))
        need(all(value in MILESTONES for value in milestones), "milestones")
        return cls(
            media_id=identifier(body, "media_id"),
            watched_s=number(body, "watched_s", 0, 86400),
            duration_s=maybe_number(body, "duration_s", 0, 86400),
            watched_percent=maybe_number(body, "watched_percent", 0, 100),
            milestones=tuple(milestones),
            buffering=tuple(Buffering.from_json(one) for one in items(body, "buffering", 1000)),
            **counts,
        )
