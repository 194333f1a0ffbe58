"""Free times against their floors: in memory, read from Postgres with policies and holds, and over HTTP.

`python -m tests.bench.bench_slots [memory] [postgres] [http]`. The workload is 20 specialists over 90 days
(slots_workload.py); variants take turns round by round, ratios are of medians of one run, and every answer is compared
with the floor's before it is measured. Goals: the engine at most 1.5 times a big-integer bitmap; with Postgres,
row-level security and holds at most 2.5 times the bitmap with a bare fetch. Over HTTP the fragment stands beside a bare
Flask page; a peer takes 54 ms for one specialist's month and 331 ms for any of 20.
"""

from __future__ import annotations

import os
import sys

from tests.bench import slots_in_memory, slots_in_postgres, slots_over_http
from tests.bench import slots_workload as workload
from tests.bench.slots_turns import report
from tests.bench.taking_turns import say

RANGES = {"month": workload.MONTH, "90 days": (workload.FIRST, workload.DAYS)}


def main() -> int:
    """Measure and print."""
    asked = set(sys.argv[1:]) or {"memory", "postgres", "http"}
    load = workload.shared() or workload.seeded()
    say(f"{load.origin} workload")
    if "memory" in asked:
        _in_memory(load)
    if "postgres" in asked:
        slots_in_postgres.measure(load, RANGES)
    if "http" in asked:
        slots_over_http.measure(load)
    return 0


def _in_memory(load: workload.Workload) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    for people in (1, 20):
        for name, (first, days) in RANGES.items():
            found = slots_in_memory.variants(load, people, first, days)
            report(f"{people} x {name}, in memory", found, {"engine": 1.5})
    os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    raise SystemExit(main())
