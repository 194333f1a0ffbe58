"""Player events to viewing figures (TLM-05, TLM-09); pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from telemetry.contract import HEARTBEAT_SECONDS, Buffering, MediaEvent, MediaFigures

_STOPPING = {"pause", "buffering_start", "session_end", "error"}
# A heartbeat may be late by its own length; a longer silence means that nobody watched.
_LONGEST_STEP_SECONDS = 2 * HEARTBEAT_SECONDS
_MOST_BUFFERING_ROWS = 1000


def viewing_figures(events: Sequence[MediaEvent]) -> tuple[MediaFigures, ...]:
    """Figures of each film, by media id. Events must be in order of time."""
    films: dict[str, list[MediaEvent]] = {}
    for event in dict.fromkeys(events):
        films.setdefault(event.media_id, []).append(event)
    return tuple(_film(media_id, films[media_id]) for media_id in sorted(films))


def _film(media_id: str, events: list[MediaEvent]) -> MediaFigures:
    kinds = [event.event for event in events]
    watched = _covered_seconds(_watched_stretches(events))
    lengths = [event.duration_s for event in events if event.duration_s]
    duration = max(lengths, default=None)
    return MediaFigures(
        media_id=media_id,
        watched_s=round(watched, 2),
        duration_s=duration,
        watched_percent=None if duration is None else round(min(100 * watched / duration, 100), 1),
        milestones=tuple(
            sorted({e.percent for e in events if e.event == "milestone" and e.percent})
        ),
        plays=kinds.count("play"),
        pauses=kinds.count("pause"),
        seeks=kinds.count("seek"),
        errors=kinds.count("error"),
        quality_changes=kinds.count("quality_change"),
        buffering=tuple(_interruptions(media_id, events))[:_MOST_BUFFERING_ROWS],
    )


def _watched_stretches(events: list[MediaEvent]) -> list[tuple[float, float]]:
    """Parts of the film (s) that ran between two reports, never more than real time allows."""
    stretches = []
    playing = False
    for before, after in pairwise(events):
        playing = before.event == "play" or (playing and before.event not in _STOPPING)
        playing = playing or before.event in {"heartbeat", "buffering_end"}
        if not playing or before.position_s is None or after.event == "seek":
            continue
        real = (after.at_ms - before.at_ms) / 1000
        ran = real if after.position_s is None else after.position_s - before.position_s
        if 0 < ran <= 2 * real + 1 and real <= _LONGEST_STEP_SECONDS:
            stretches.append((before.position_s, before.position_s + ran))
    return stretches


def _covered_seconds(stretches: list[tuple[float, float]]) -> float:
    """Length of the union: what was watched twice counts once."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(stretches):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _interruptions(media_id: str, events: list[MediaEvent]) -> Iterable[Buffering]:
    began: int | None = None
    for event in events:
        if event.event == "buffering_start" and began is None:
            began = event.at_ms
        elif event.event == "buffering_end" and began is not None:
            yield Buffering(media_id, began, event.at_ms - began)
            began = None
