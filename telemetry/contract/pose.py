"""What the frames of a session say, and how they travelled (TLM-04)."""

from dataclasses import asdict, dataclass, field
from typing import Any

from telemetry.contract.checks import (
    flag,
    items,
    mapping,
    maybe_number,
    need,
    number,
    numbers,
    text,
    texts,
    whole,
)


@dataclass(frozen=True)
class RepRow:
    """One attempt: seconds from session start, degrees, side; complete ones count as `reps`."""

    start_s: float
    peak_s: float
    end_s: float
    rom_deg: float
    peak_deg: float
    side: str
    coverage: float
    complete: bool
    flags: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Any) -> "RepRow":
        row = mapping(data, "rep_rows")
        return cls(
            start_s=number(row, "start_s", 0, 86400),
            peak_s=number(row, "peak_s", 0, 86400),
            end_s=number(row, "end_s", 0, 86400),
            rom_deg=number(row, "rom_deg", 0, 360),
            peak_deg=number(row, "peak_deg", -360, 360),
            side=text(row, "side", 20),
            coverage=number(row, "coverage", 0, 1),
            complete=flag(row, "complete"),
            flags=texts(row, "flags"),
        )


@dataclass(frozen=True)
class AngleCurve:
    """Joint angle for display: times in seconds, degrees; None where the joint was not seen."""

    side: str
    times_s: tuple[float, ...]
    degrees: tuple[float | None, ...]

    @classmethod
    def from_json(cls, data: Any) -> "AngleCurve":
        curve = mapping(data, "curves")
        times = numbers(curve, "times_s", 5000)
        degrees = items(curve, "degrees", 5000)
        need(len(times) == len(degrees), "degrees")
        known = numbers(
            {"degrees": [value for value in degrees if value is not None]}, "degrees", 5000
        )
        values = iter(known)
        return cls(
            side=text(curve, "side", 20),
            times_s=times,
            degrees=tuple(None if value is None else next(values) for value in degrees),
        )


@dataclass(frozen=True)
class PoseFigures:
    """What the frames of a session say. Informational: no form score (Class I scope).

    rom_deg: median over complete repetitions; rom_trusted is False where the camera stood so that
    the angle should not be read. completion: complete / target, raw and capped at 1. plane_weight:
    1 = the image plane holds the movement. warnings: names listed in docs/telemetry.md.
    """

    algorithm_version: str
    exercise: str
    angle: str
    reps: int
    partial_reps: int
    rep_rows: tuple[RepRow, ...]
    rom_deg: float | None
    best_rom_deg: float | None
    first_rom_deg: float | None
    last_rom_deg: float | None
    rom_trusted: bool
    completion_raw: float | None
    completion: float | None
    seconds_tracked: float
    coverage: float
    confidence: float
    view: str
    plane_weight: float | None
    side_swapped: bool
    warnings: tuple[str, ...]
    curves: tuple[AngleCurve, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> "PoseFigures":
        body = mapping(data, "pose")
        return cls(
            algorithm_version=text(body, "algorithm_version", 40),
            exercise=text(body, "exercise", 64),
            angle=text(body, "angle", 40),
            reps=whole(body, "reps", 0, 100_000),
            partial_reps=whole(body, "partial_reps", 0, 100_000),
            rep_rows=tuple(RepRow.from_json(row) for row in items(body, "rep_rows", 20_000)),
            rom_deg=maybe_number(body, "rom_deg", 0, 360),
            best_rom_deg=maybe_number(body, "best_rom_deg", 0, 360),
            first_rom_deg=maybe_number(body, "first_rom_deg", 0, 360),
            last_rom_deg=maybe_number(body, "last_rom_deg", 0, 360),
            rom_trusted=flag(body, "rom_trusted"),
            completion_raw=maybe_number(body, "completion_raw", 0, 1e6),
            completion=maybe_number(body, "completion", 0, 1),
            seconds_tracked=number(body, "seconds_tracked", 0, 86400),
            coverage=number(body, "coverage", 0, 1),
            confidence=number(body, "confidence", 0, 1),
            view=text(body, "view", 20),
            plane_weight=maybe_number(body, "plane_weight", 0, 1),
            side_swapped=flag(body, "side_swapped"),
            warnings=texts(body, "warnings"),
            curves=tuple(AngleCurve.from_json(curve) for curve in items(body, "curves", 2)),
        )


@dataclass(frozen=True)
class PoseStream:
    """How the frames travelled: counts of batches and frames, camera, and where the replay lies."""

    batches: int
    dropped_batches: int
    duplicate_batches: int
    conflicting_batches: int
    frames: int
    width: int
    height: int
    mirrored: bool
    rear_camera: bool
    world: bool
    tracker: str
    replay_key: str | None
    replay_bytes: int
    view_key: str | None
    view_bytes: int

    @classmethod
    def from_json(cls, data: Any) -> "PoseStream":
        body = mapping(data, "stream")
        counts = {
            name: whole(body, name, 0, 2**40)
            for name in (
                "batches",
                "dropped_batches",
                "duplicate_batches",
                "conflicting_batches",
                "frames",
                "replay_bytes",
                "view_bytes",
            )
        }
        return cls(
            **counts,
            width=whole(body, "width", 1, 65535),
            height=whole(body, "height", 1, 65535),
            mirrored=flag(body, "mirrored"),
            rear_camera=flag(body, "rear_camera"),
            world=flag(body, "world"),
            tracker=text(body, "tracker", 80),
            replay_key=None if body.get("replay_key") is None else text(body, "replay_key", 255),
            view_key=None if body.get("view_key") is None else text(body, "view_key", 255),
        )
