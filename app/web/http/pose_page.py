"""A measured session on a page: tiles, warnings, and curves as the macro `angle_curve` draws them.

Shared by the specialist's page, its print and the patient's portal.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext, ngettext
from sqlalchemy.orm import Session

from app.telerehab.models import PoseRepMetrics
from app.telerehab.queries import Figures, SessionRow, figures_of
from app.web.http.pose_words import ANGLES, SIDES, UNREADABLE, VIEWS, WARNINGS

MOST_POINTS = 600
AXIS_STEP = 20.0
# Room above the highest mark for its figure.
LABEL_DEGREES = 6.0
# A break shorter than this is not worth a shade on the curve.
LEAST_GAP_SECONDS = 0.4
Point = tuple[float, float | None]


@dataclass(frozen=True)
class RepMark:
    """A complete repetition on the curve: seconds and degrees."""

    number: int
    start: float
    end: float
    peak_at: float
    peak: float


@dataclass(frozen=True)
class Curve:
    """One side's joint angle, ready to draw."""

    title: str
    summary: str
    points: list[Point]
    reps: list[RepMark]
    doubts: list[tuple[float, float]]
    high: float


@dataclass(frozen=True)
class Attempt:
    """A row of the table: complete or partial."""

    number: int
    side: LazyString | str
    start_s: float
    end_s: float
    rom_deg: float
    partial: bool


@dataclass(frozen=True)
class Measured:
    """All that a page shows of one measurement. Shares are from 0 to 1."""

    figures: Figures
    attempts: list[Attempt]
    curves: list[Curve]
    rep_times: list[float]
    warnings: list[tuple[str, LazyString | str]]
    rom_trusted: bool
    view: LazyString | str
    angle: LazyString | str
    best_deg: float | None
    first_deg: float | None
    last_deg: float | None
    completion: float | None


def measured(session: Session, org_id: uuid.UUID, row: SessionRow) -> Measured | None:
    """The newest measurement of a session, or None while there is none."""
    if row.metrics_id is None:
        return None
    figures, reps = figures_of(session, org_id, row.metrics_id)
    return _measured(figures, reps)


def _measured(figures: Figures, reps: Sequence[PoseRepMetrics]) -> Measured:
    told = figures.curve
    return Measured(
        figures=figures,
        attempts=[_attempt(rep) for rep in reps],
        curves=[_curve(one, reps, told) for one in told["curves"]],
        rep_times=[rep.start_s for rep in reps if not rep.partial],
        warnings=_warnings(figures.warnings),
        rom_trusted=bool(told["rom_trusted"]),
        view=VIEWS.get(figures.view, figures.view),
        angle=ANGLES.get(told["angle"], told["angle"]),
        best_deg=told["best_rom_deg"],
        first_deg=told["first_rom_deg"],
        last_deg=told["last_rom_deg"],
        completion=told["completion"],
    )


def _warnings(names: Sequence[str]) -> list[tuple[str, LazyString | str]]:
    """Sentences in the order of WARNINGS; a name that a newer algorithm brings is shown as it is."""
    known = [name for name in WARNINGS if name in names]
    strange = [name for name in names if name not in WARNINGS]
    return [
        ("warn" if name in UNREADABLE else "info", WARNINGS.get(name, name))
        for name in [*known, *strange]
    ]


def _attempt(rep: PoseRepMetrics) -> Attempt:
    side = rep.side or ""
    return Attempt(
        rep.number, SIDES.get(side, side), rep.start_s, rep.end_s, rep.rom_deg, rep.partial
    )


def _curve(told: dict[str, Any], reps: Sequence[PoseRepMetrics], whole: dict[str, Any]) -> Curve:
    every = list(zip(told["times_s"], told["degrees"], strict=True))
    marks = [
        RepMark(rep.number, rep.start_s, rep.end_s, rep.peak_s, whole["peaks_deg"][rep.number - 1])
        for rep in reps
        if not rep.partial and rep.side == told["side"]
    ]
    seen = [degrees for _, degrees in every if degrees is not None]
    tops = [*seen, *(mark.peak for mark in marks), 40.0]
    side = SIDES.get(told["side"], told["side"])
    angle = ANGLES.get(whole["angle"], whole["angle"])
    return Curve(
        title=gettext("%(angle)s, %(side)s.", angle=angle, side=side),
        summary=_summary(marks, seen),
        points=thinned(every),
        reps=marks,
        doubts=gaps(every),
        high=AXIS_STEP * (int((max(tops) + LABEL_DEGREES) // AXIS_STEP) + 1),
    )


def _summary(marks: Sequence[RepMark], seen: Sequence[float]) -> str:
    if not seen:
        return gettext("The joint was not seen.")
    range_of = gettext(
        "The angle went from %(low)s° to %(high)s°.", low=round(min(seen)), high=round(max(seen))
    )
    if not marks:
        return range_of
    counted = ngettext("%(num)d repetition.", "%(num)d repetitions.", len(marks))
    return f"{counted} {range_of}"


def thinned(points: list[Point], most: int = MOST_POINTS) -> list[Point]:
    """Every n-th point, so that at most `most` are left; the last one always stays, since it ends the axis."""
    if len(points) <= most:
        return points
    step = -(-len(points) // (most - 1))
    kept = points[::step]
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def gaps(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Stretches in which the joint was not seen, (from, to) in seconds."""
    found: list[tuple[float, float]] = []
    since: float | None = None
    for seconds, degrees in points:
        if degrees is None and since is None:
            since = seconds
        elif degrees is not None and since is not None:
            found.append((since, seconds))
            since = None
    if since is not None:
        found.append((since, points[-1][0]))
    return [(start, end) for start, end in found if end - start >= LEAST_GAP_SECONDS]
