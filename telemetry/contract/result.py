"""The body that telemetry posts to the application at session end."""

from dataclasses import asdict, dataclass
from typing import Any

from telemetry.contract.checks import identifier, items, mapping, one_of
from telemetry.contract.media import MediaFigures
from telemetry.contract.pose import PoseFigures, PoseStream
from telemetry.contract.session_end import END_REASONS, END_WITHDRAWN


@dataclass(frozen=True)
class SessionResult:
    """Body of POST {APP_URL}/webhooks/telemetry/results. Same session and version = same bytes.

    Idempotency key for the application: (session_id, pose.algorithm_version). pose and stream are
    None when no frames were kept; media is empty when no player events came.
    """

    session_id: str
    organization_id: str
    principal_id: str
    ended_reason: str
    pose: PoseFigures | None
    stream: PoseStream | None
    media: tuple[MediaFigures, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> "SessionResult":
        body = mapping(data, "result")
        pose, stream = body.get("pose"), body.get("stream")
        return cls(
            session_id=identifier(body, "session_id"),
            organization_id=identifier(body, "organization_id"),
            principal_id=identifier(body, "principal_id"),
            ended_reason=one_of(body, "ended_reason", (*END_REASONS, END_WITHDRAWN)),
            pose=None if pose is None else PoseFigures.from_json(pose),
            stream=None if stream is None else PoseStream.from_json(stream),
            media=tuple(MediaFigures.from_json(one) for one in items(body, "media", 20)),
        )
