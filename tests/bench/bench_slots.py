"""The availability engine against its floor, in memory: `python -m tests.bench.bench_slots`.

Pinned to one core, variants interleaved round by round, medians; the answers are compared first.
The goal is at most 1.5 for 20 specialists over 90 days.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
from collections.abc import Callable
from datetime import date
from time import perf_counter_ns
from zoneinfo import ZoneInfo

from app.scheduling.rules.availability import Asking, Specialist, availability
from app.scheduling.rules.offer import Horizon, Offer
from app.scheduling.rules.walltime import midnight_offset, utc_texts
from tests.bench import slots_workload as workload
from tests.bench.floors import slots_bitmap

ROUNDS = 41
PLAIN = Offer(workload.VISIT_MIN, workload.STEP_MIN)
RICH = Offer(
    workload.VISIT_MIN,
    workload.STEP_MIN,
    buffer_after_min=5,
    cooldown_min=5,
    min_notice_min=120,
    horizon=Horizon(60),
    max_per_day=14,
)

Variants = dict[str, Callable[[], list[str]]]


def main() -> None:
    """Measure and print."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    load = workload.shared() or workload.seeded()
    _say(f"{load.origin} workload, one core, median of {ROUNDS} interleaved rounds")
    for people in (1, 20):
        for name, (first, days) in (
            ("month", workload.MONTH),
            ("90 days", (workload.FIRST, workload.DAYS)),
        ):
            _report(f"{people} x {name}", _variants(load, people, first, days))


def _variants(load: workload.Workload, people: int, first: date, days: int) -> Variants:
    quarters, zone = load.quarters()[:people], ZoneInfo(workload.TZ)
    span, busy = workload.span(first, days), load.busy()[:people]
    common = (workload.schedule(),)
    shared = [Specialist(str(i), common, rows) for i, rows in enumerate(busy)]
    apart = [
        Specialist(str(i), (workload.schedule(closed=date(2030, 1, 1 + i)),), rows)
        for i, rows in enumerate(busy)
    ]
    asking, early = Asking(0), Asking(span[0] * 60)

    def floor() -> list[str]:
        return slots_bitmap.free_starts(quarters, zone, workload.HOURS, first, days)

    def floor_own_hours() -> list[str]:
        return slots_bitmap.free_starts(
            quarters, zone, workload.HOURS, first, days, hours_of_each=True
        )

    def engine() -> list[str]:
        return utc_texts(availability(PLAIN, shared, span, asking).starts())

    def own_hours() -> list[str]:
        return utc_texts(availability(PLAIN, apart, span, asking).starts())

    def cold_offsets() -> list[str]:
        midnight_offset.cache_clear()
        return engine()

    def every_rule() -> list[str]:
        return utc_texts(availability(RICH, shared, span, early).starts())

    expected = floor()
    for variant in (engine, own_hours, cold_offsets):
        if variant() != expected:
            raise SystemExit(f"{variant.__name__} and the floor disagree")
    return {
        "floor": floor,
        "floor, hours laid for each specialist": floor_own_hours,
        "engine": engine,
        "engine, every specialist with hours of their own": own_hours,
        "engine, zone offsets not remembered": cold_offsets,
        "engine, buffer, rest, notice, horizon and daily limit": every_rule,
    }


def _report(title: str, variants: Variants) -> None:
    times: dict[str, list[int]] = {name: [] for name in variants}
    gc.disable()
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            begun = perf_counter_ns()
            variant()
            times[name].append(perf_counter_ns() - begun)
    gc.enable()
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    _say(f"{title}: {len(variants['floor']())} starts")
    for name, median in medians.items():
        _say(f"  {median / 1e6:8.2f} ms  {median / medians['floor']:5.2f} x  {name}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
