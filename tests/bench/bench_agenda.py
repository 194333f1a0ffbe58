"""The desk's day with 20 visits against its floor: Flask, one SELECT under row-level security, a 20-row template.

`python -m tests.bench.bench_agenda`: one client, servers on other cores. The goal is a median of at most 3 for the
agenda (the day as a list); the booking page's times are measured in the same turns, for one specialist and for any.
"""

from __future__ import annotations

from tests.bench.full_day import full_day
from tests.bench.running_system import running_system, web_server
from tests.bench.taking_turns import Getter, report, servers_apart, take_turns

ROUNDS = 60
SPECIALISTS, VISITS_EACH = 5, 4
FLOOR = "floor: Flask, one RLS SELECT, 20 rows"


def main() -> int:
    """Measure and print."""
    with running_system() as system:
        with servers_apart():
            made = full_day(system, "bench-agenda", SPECIALISTS, VISITS_EACH)
            site, _ = web_server(system)
            settings = made.floor_settings()
            floor, _ = web_server(system, "tests.bench.floors.desk:application", "/", **settings)
        agenda, times = f"{site}{made.path}?view=list", f"{site}/bench-agenda/book/kinetoterapie"
        part = {"HX-Request": "true"}
        pages = {
            FLOOR: Getter(f"{floor}/day"),
            "agenda page": Getter(agenda, made.cookie),
            "agenda, renewed part": Getter(agenda, made.cookie, **part),
            "day calendar page": Getter(f"{site}{made.path}", made.cookie),
            "times, any specialist, part": Getter(times, **part),
            "times, one specialist, part": Getter(f"{times}?specialist=ana-pavel", **part),
            "liveness": Getter(f"{site}/healthz"),
        }
        _check(pages)
        report(take_turns(pages, ROUNDS), FLOOR, {"agenda page": 3.0})
    return 0


def _check(pages: dict[str, Getter]) -> None:
    """Every page shows its twenty visits before its speed counts."""
    for name, mark in ((FLOOR, "<tr>"), ("agenda page", 'id="row-')):
        shown = pages[name]().count(mark)
        if shown != SPECIALISTS * VISITS_EACH:
            raise RuntimeError(f"{name} shows {shown} visits")


if __name__ == "__main__":
    raise SystemExit(main())
