"""The day calendar of the console with 60 visits and 5 specialists, beside the booking pages and a bare Flask page.

`python -m tests.bench.bench_day`: the rounds of bench_booking_pages, with the day as further pages. The whole day is
first checked to have its visits, so that a fast wrong page is no result.
"""

from __future__ import annotations

import sys

from tests.bench import bench_booking_pages
from tests.bench.full_day import full_day
from tests.bench.running_system import running_system, web_server
from tests.bench.taking_turns import Getter

SPECIALISTS, VISITS_EACH = 5, 12


def main() -> int:
    """Furnish, check, measure and print."""
    with running_system() as system:
        made = full_day(system, "bench-day", SPECIALISTS, VISITS_EACH)
        address, _ = web_server(system)
        _check(f"{address}{made.path}", made.cookie)
        pages = {"day calendar": made.path, "day as a list": f"{made.path}?view=list"}
        asked = [part for name, one in pages.items() for part in ("--url", f"{name}={one}")]
        return bench_booking_pages.main(["--base", address, "--cookie", made.cookie, *asked])


def _check(address: str, cookie: str) -> None:
    text = Getter(address, cookie)()
    shown = text.count("data-event=")
    if shown != SPECIALISTS * VISITS_EACH:
        raise RuntimeError(f"the day shows {shown} visits")
    sys.stdout.write(f"the day calendar: {shown} visits, {len(text) // 1000} KB of HTML\n")


if __name__ == "__main__":
    raise SystemExit(main())
