"""The availability workload: 20 specialists of one clinic over 90 days with a clock change.

Made from a seed so that it needs no file; where the shared workload lies beside the project, that
one is used instead, and its published counts must come out.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from app.scheduling.rules.hours import Mode, Override, Schedule, Window
from app.scheduling.rules.occupancy import Busy
from app.scheduling.rules.walltime import day_start, from_datetime

SHARED = Path(__file__).parents[3] / "shared" / "data" / "slots"
TZ = "Europe/Bucharest"
FIRST = date(2027, 2, 15)
DAYS = 90
MONTH = date(2027, 3, 1), 31
HOURS = ((9, 13), (14, 18))
VISIT_MIN = 30
STEP_MIN = 15


@dataclass(frozen=True)
class Workload:
    """Each specialist's busy starts, in minutes since the epoch, and where they come from."""

    starts: list[list[int]]
    origin: str

    def busy(self) -> list[list[Busy]]:
        """As the engine takes it."""
        return [[Busy(at, at + VISIT_MIN) for at in person] for person in self.starts]

    def quarters(self) -> list[list[int]]:
        """As the floor takes it."""
        return [[at // STEP_MIN for at in person] for person in self.starts]


def schedule(closed: date | None = None) -> Schedule:
    """Monday to Friday, 09-13 and 14-18, perhaps with one closed date."""
    day = tuple(Window.of(start * 60, end * 60) for start, end in HOURS)
    overrides = {closed: Override(Mode.REPLACE)} if closed else {}
    return Schedule(TZ, (day,) * 5 + ((),) * 2, overrides)


def span(first: date, days: int) -> tuple[int, int]:
    """The instants from the first date's midnight, for that many dates."""
    ordinal = first.toordinal()
    return day_start(TZ, ordinal), day_start(TZ, ordinal + days)


def seeded(people: int = 20, visits: int = 600) -> Workload:
    """That many visits each, drawn without overlap from quarter hours of working time."""
    return Workload([_person(random.Random(seed), visits) for seed in range(people)], "seeded")


def _person(chance: random.Random, visits: int) -> list[int]:
    possible = [at for n in range(DAYS) for at in _day(FIRST + timedelta(days=n))]
    chance.shuffle(possible)
    taken: set[int] = set()
    for at in possible:
        if len(taken) == visits:
            break
        if not taken & {at - STEP_MIN, at, at + STEP_MIN}:
            taken.add(at)
    return sorted(taken)


def _day(day: date) -> list[int]:
    if day.weekday() > 4:
        return []
    edges = [
        [
            from_datetime(datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(TZ)))
            for hour in window
        ]
        for window in HOURS
    ]
    return [at for start, end in edges for at in range(start, end - VISIT_MIN + 1, STEP_MIN)]


def shared() -> Workload | None:
    """The shared workload, or None where its file is absent."""
    path = SHARED / "workload.json"
    if not path.exists():
        return None
    people = json.loads(path.read_text())["specialists"]
    return Workload(
        [[from_datetime(datetime.fromisoformat(at)) for at in one["busy_utc"]] for one in people],
        "shared",
    )
