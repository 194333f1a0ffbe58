"""The benchmark workload's counts, which any right answer gives, on seeded and shared bookings."""

from __future__ import annotations

import pytest

from app.scheduling.rules.availability import Asking, Availability, Specialist, availability
from app.scheduling.rules.offer import Offer
from tests.bench import slots_workload as workload


def check(load: workload.Workload) -> None:
    team = [Specialist(str(n), (workload.schedule(),), rows) for n, rows in enumerate(load.busy())]
    offer = Offer(workload.VISIT_MIN, workload.STEP_MIN)

    def listed(first: object, days: int) -> Availability:
        return availability(offer, team, workload.span(first, days), Asking(0))

    month, all_days = listed(*workload.MONTH), listed(workload.FIRST, workload.DAYS)
    assert (len(month.starts()), len(all_days.starts())) == (690, 1937)
    assert (len(month.starts_of("0")), len(all_days.starts_of("0"))) == (140, 443)
    sums = [sum(len(found.starts_of(one.id)) for one in team) for found in (month, all_days)]
    assert sums == [3275, 8913]


@pytest.mark.proves("SCH-02")
def test_the_seeded_workload_gives_the_published_counts() -> None:
    check(workload.seeded())


@pytest.mark.proves("SCH-02")
def test_the_shared_workload_gives_the_published_counts() -> None:
    load = workload.shared()
    if load is None:
        pytest.skip("no shared data beside the project; the seeded workload has the same counts")
    check(load)
