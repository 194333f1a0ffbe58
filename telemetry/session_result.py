"""A finished session's result and blobs from what was spooled; pure, so that it can be repeated."""

import json
from dataclasses import dataclass

from telemetry.aggregate.finalise import pose_figures
from telemetry.buffer import SessionState, SpooledSession
from telemetry.contract import (
    END_ABANDONED,
    END_WITHDRAWN,
    PoseStream,
    SessionEnd,
    SessionResult,
    replay_key,
    view_key,
)
from telemetry.replay import display_replay, full_replay
from telemetry.session_frames import SessionFrames, session_frames
from telemetry.viewing import viewing_figures


@dataclass(frozen=True)
class FinishedSession:
    """The result, and the objects that must be stored before it may be told."""

    result: SessionResult
    blobs: tuple[tuple[str, bytes], ...]

    @property
    def body(self) -> bytes:
        """The result as it is posted: the same bytes for the same session."""
        return json.dumps(self.result.to_json(), sort_keys=True, separators=(",", ":")).encode()


def finish(session: SpooledSession, *, keep_pose: bool, keep_media: bool) -> FinishedSession:
    """Compute the session (TLM-04). What may not be kept is neither computed nor stored."""
    state = session.state
    end = state.end or SessionEnd(reason=END_ABANDONED)
    withdrawn = not (keep_pose and keep_media)
    result = SessionResult(
        session_id=state.key.session_id,
        organization_id=state.key.organization_id,
        principal_id=state.claims.principal_id,
        ended_reason=END_WITHDRAWN if withdrawn else end.reason,
        pose=None,
        stream=None,
        media=viewing_figures(session.media) if keep_media else (),
    )
    tracking = state.claims.tracking
    if not keep_pose or tracking is None or not session.batches:
        return FinishedSession(result, ())
    frames = session_frames(session.batches)
    replay = full_replay(session.batches)
    view = display_replay(frames.recording, mirrored=frames.mirrored)
    stream = _stream(state, end, frames, len(replay), len(view))
    told = SessionResult(
        **{
            **vars(result),
            "pose": pose_figures(frames.recording, tracking, end.sets),
            "stream": stream,
        }
    )
    return FinishedSession(told, ((replay_key(*state.key), replay), (view_key(*state.key), view)))


def _stream(
    state: SessionState, end: SessionEnd, frames: SessionFrames, replay_bytes: int, view_bytes: int
) -> PoseStream:
    return PoseStream(
        batches=len(state.fingerprints),
        dropped_batches=state.dropped,
        duplicate_batches=state.duplicates,
        conflicting_batches=state.conflicts,
        frames=frames.recording.frames,
        width=frames.recording.width,
        height=frames.recording.height,
        mirrored=frames.mirrored,
        rear_camera=frames.rear_camera,
        world=frames.recording.world is not None,
        tracker=end.tracker,
        replay_key=replay_key(*state.key),
        replay_bytes=replay_bytes,
        view_key=view_key(*state.key),
        view_bytes=view_bytes,
    )
