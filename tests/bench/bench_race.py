"""Crowds for too few times, places and rooms, over HTTP against two gunicorn workers, many times in one system.

`python -m tests.bench.bench_race [times ...] [--runs 20] [--guests 200]`. In every run exactly what there is gets
booked, by those who were told so: none overlaps, none is lost, no answer is a 5xx and the database saw no deadlock;
the exit code is 1 otherwise. Each guest wants any time, or all want the first (a herd). 200 guests for 50 times, with
Redis and a few runs without; 40 guests for 8 places of a class; 40 guests for 20 visits of three specialists in two
rooms. Attempts a second (hold and book) stand beside the bare ON CONFLICT floor of the same run; the goal is at least
0.25 of it. What bare Flask with one Lua call answers the same crowd is told too: nothing on this stack can be faster.
The guests live in a process of their own on one core, the floor's client too; servers run on all cores. Postgres waits
for the disk at each commit, as in production, for the floor as for the product.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from statistics import median, quantiles

import psycopg

from ops.ports import LOOPBACK, free_port
from tests.bench.floors.race import answers_a_second, attempts_a_second
from tests.bench.running_system import durability, running_system, web_server
from tests.bench.taking_turns import say
from tests.support.contests import (
    Furnish,
    booked,
    contested_class,
    contested_clinic,
    contested_rooms,
)
from tests.support.live import Live
from tests.support.racing import Race, race

FLOOR_EVERY, FLASK_RUNS = 5, 3
GOAL = 0.25
CONTESTS = ("places", "rooms", "times", "without-redis")


@dataclass
class Contest:
    """How many want how much of what, and what came of every run so far."""

    name: str
    furnish: Furnish
    guests: int
    prizes: int
    results: dict[bool, list[Race]] = field(default_factory=lambda: {False: [], True: []})
    floors: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})
    flask: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Arena:
    """A running system with the crowd's process; clinics are numbered."""

    system: Live
    crowd: ProcessPoolExecutor
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, contest: Contest, address: str, *, herd: bool) -> list[str]:
        """One run in a clinic of its own; what was wrong with it."""
        now = dt.datetime.now(dt.UTC)
        number = next(self.numbers)
        clinic = self.system.run(
            lambda session: contest.furnish(session, f"race-{number}", contest.prizes, now)
        )
        result = self.crowd.submit(
            race, address, clinic, contest.guests, number, herd=herd
        ).result()
        contest.results[herd].append(result)
        found = self.system.run(lambda session: booked(session, clinic))
        wrong = [
            (len(found.names) != contest.prizes, f"{len(found.names)} booked"),
            (found.overlaps > 0, f"{found.overlaps} overlaps"),
            (sorted(result.winners) != found.names, "others booked than were told so"),
            (result.server_errors > 0, f"{result.server_errors} answers 5xx"),
            (bool(result.broken), "; ".join(result.broken[:3])),
        ]
        return [what for holds, what in wrong if holds]

    def floor(self, contest: Contest, *, herd: bool) -> None:
        """The same crowd with nothing but one insert an attempt."""
        owner = self.system.database.owner
        asked = self.crowd.submit(
            attempts_a_second, owner, contest.guests, contest.prizes, herd=herd
        )
        contest.floors[herd].append(asked.result())

    def bare_flask(self, contest: Contest, address: str) -> None:
        """The same crowd before a server that does nothing but one Lua call."""
        asked = self.crowd.submit(answers_a_second, address, contest.guests, contest.prizes)
        contest.flask.append(asked.result())

    def deadlocks(self) -> int:
        """How many the database has seen since it was made."""
        with psycopg.connect(self.system.database.owner) as connection:
            found = connection.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            ).fetchone()
        return int(found[0]) if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Race and print; 1 when a rule was broken."""
    asked = _arguments(arguments)
    few = min(asked.runs, 5)
    sizes = contested_clinic, asked.guests, asked.times
    contests = {
        "places": (Contest("places of a class", contested_class, 40, 8), few),
        "rooms": (Contest("rooms", contested_rooms, 40, 20), few),
        "times": (Contest("times", *sizes), asked.runs),
    }
    broken = 0
    with running_system(durable=True) as system, _crowd() as crowd:
        say(durability(system))
        arena = Arena(system, crowd)
        bare, floor = web_server(
            system, "tests.bench.floors.desk:application", "/", BENCH_ORG=str(uuid.uuid4())
        )
        for _ in range(FLASK_RUNS if "times" in asked.contests else 0):
            arena.bare_flask(contests["times"][0], bare)
        floor.stop()
        address, web = web_server(system)
        for name, (contest, runs) in contests.items():
            if name in asked.contests:
                broken += _repeat(arena, contest, address, runs, floor=name == "times")
        web.stop()
        if "without-redis" in asked.contests:
            dead = f"redis://{LOOPBACK}:{free_port()}/0"
            address, _ = web_server(system, REDIS_URL=dead)
            without = Contest("times, no Redis", *sizes)
            broken += _repeat(arena, without, address, max(1, few // 2))
        deadlocks = arena.deadlocks()
    say(f"deadlocks {deadlocks}, broken runs {broken}")
    return 1 if broken or deadlocks else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contests", nargs="*", default=CONTESTS, help=", ".join(CONTESTS))
    parser.add_argument("--runs", type=int, default=1, help="runs of each contest in each order")
    parser.add_argument("--guests", type=int, default=200, help="how many want a time")
    parser.add_argument("--times", type=int, default=50, help="how many times there are")
    return parser.parse_args(arguments)


@contextmanager
def _crowd() -> Iterator[ProcessPoolExecutor]:
    """A process for the guests, on the last core."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=_stay_on_one_core) as crowd:
        yield crowd


def _stay_on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _repeat(arena: Arena, contest: Contest, address: str, runs: int, *, floor: bool = False) -> int:
    """So many runs in both orders in turn; how many of them broke a rule."""
    broken = 0
    for number in range(runs):
        for herd in (False, True):
            if floor and number % FLOOR_EVERY == 0:
                arena.floor(contest, herd=herd)
            wrong = arena.run(contest, address, herd=herd)
            broken += bool(wrong)
            result = contest.results[herd][-1]
            verdict = f"WRONG: {', '.join(wrong)}" if wrong else "exact"
            say(
                f"{contest.name}, {_order(herd)} {number + 1}: {result.attempts} attempts in "
                f"{result.took:.1f} s, {verdict}"
            )
    for herd in (False, True):
        _summary(contest, herd=herd)
    return broken


def _summary(contest: Contest, *, herd: bool) -> None:
    results = contest.results[herd]
    rate = median(one.attempts / one.took for one in results)
    said = f"{rate:.0f} attempts a second"
    if contest.floors[herd]:
        bare = median(contest.floors[herd])
        said += f", floor {bare:.0f}: {rate / bare:.3f} (goal {GOAL})"
        if contest.flask:
            flask = median(contest.flask)
            said += f"; bare Flask {flask:.0f}: {flask / bare:.3f} of the floor"
    say(f"= {contest.guests} guests, {contest.prizes} {contest.name}, {_order(herd)}: {said}")
    total = Race()
    for one in results:
        total.join(one)
    for what, seconds in sorted(total.seconds.items()):
        cuts = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
        p50, p95 = cuts[9] * 1000, cuts[18] * 1000
        say(f"    {what:8} {len(seconds):6} requests  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms")
    answers = sorted(total.statuses.items())
    say("    " + ", ".join(f"{what} {status}: {times}" for (what, status), times in answers))


def _order(herd: bool) -> str:
    return "herd" if herd else "any order"


if __name__ == "__main__":
    raise SystemExit(main())
