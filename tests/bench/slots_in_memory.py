"""The availability engine against its floor, in memory; the answers are compared before anything is measured."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from app.scheduling.rules.availability import Asking, Specialist, availability
from app.scheduling.rules.occupancy import Footprints
from app.scheduling.rules.offer import Horizon, Offer
from app.scheduling.rules.walltime import midnight_offset, utc_texts
from tests.bench import slots_workload as workload
from tests.bench.floors import slots_bitmap
from tests.bench.slots_turns import Variants

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


def variants(load: workload.Workload, people: int, first: date, days: int) -> Variants:
    """The floor first, by name."""
    quarters, zone = load.quarters()[:people], ZoneInfo(workload.TZ)
    span, busy = workload.span(first, days), load.busy()[:people]
    common = (workload.schedule(),)
    taken = [Footprints.of([row.start for row in one], [row.end for row in one]) for one in busy]
    shared = [Specialist(str(i), common, footprints=one) for i, one in enumerate(taken)]
    in_rows = [Specialist(str(i), common, rows) for i, rows in enumerate(busy)]
    apart = [
        Specialist(str(i), (workload.schedule(closed=date(2030, 1, 1 + i)),), footprints=one)
        for i, one in enumerate(taken)
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

    def from_rows() -> list[str]:
        return utc_texts(availability(PLAIN, in_rows, span, asking).starts())

    def own_hours() -> list[str]:
        return utc_texts(availability(PLAIN, apart, span, asking).starts())

    def cold_offsets() -> list[str]:
        midnight_offset.cache_clear()
        return engine()

    def every_rule() -> list[str]:
        return utc_texts(availability(RICH, in_rows, span, early).starts())

    expected = floor()
    for variant in (engine, from_rows, own_hours, cold_offsets):
        if variant() != expected:
            raise SystemExit(f"{variant.__name__} and the floor disagree")
    return {
        "floor": floor,
        "floor, hours laid for each specialist": floor_own_hours,
        "engine": engine,
        "engine, taken time in rows": from_rows,
        "engine, every specialist with hours of their own": own_hours,
        "engine, zone offsets not remembered": cold_offsets,
        "engine, buffer, rest, notice, horizon and daily limit": every_rule,
    }
