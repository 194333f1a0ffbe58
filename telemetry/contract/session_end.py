"""The end of a session, as told by the browser."""

from dataclasses import asdict, dataclass
from typing import Any

from telemetry.contract.checks import items, mapping, need, one_of, text, whole
from telemetry.contract.names import MAX_SEQUENCE, MAX_SESSION_MS

END_COMPLETED = "completed"
END_STOPPED = "stopped"
END_ABANDONED = "abandoned"
END_WITHDRAWN = "consent_withdrawn"
END_REASONS = (END_COMPLETED, END_STOPPED, END_ABANDONED)


@dataclass(frozen=True)
class SessionEnd:
    """Body of the end-of-session request.

    sets: (start ms, end ms) of each set as marked by the person (countdown, stop button); frames
    outside are ignored. last_sequence: the highest batch number sent, None when no frames were.
    """

    reason: str = END_COMPLETED
    last_sequence: int | None = None
    sets: tuple[tuple[int, int], ...] = ()
    tracker: str = "unknown"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sets": [list(pair) for pair in self.sets]}

    @classmethod
    def from_json(cls, data: Any) -> "SessionEnd":
        body = mapping(data, "body")
        last = body.get("last_sequence")
        return cls(
            reason=one_of({"reason": END_COMPLETED, **body}, "reason", END_REASONS),
            last_sequence=None if last is None else whole(body, "last_sequence", 0, MAX_SEQUENCE),
            sets=tuple(_set_bounds(pair) for pair in items(body, "sets", 50)),
            tracker=text({"tracker": "unknown", **body}, "tracker", 80),
        )


def _set_bounds(pair: Any) -> tuple[int, int]:
    need(isinstance(pair, list) and len(pair) == 2, "sets")
    bounds = {"start": pair[0], "end": pair[1]}
    start = whole(bounds, "start", 0, MAX_SESSION_MS)
    end = whole(bounds, "end", 0, MAX_SESSION_MS)
    need(start < end, "sets")
    return start, end
