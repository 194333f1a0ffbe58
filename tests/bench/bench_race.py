"""200 guests at once for 50 times, over HTTP against two gunicorn workers, with Redis and without.

Exactly 50 are booked, none overlaps, none is lost, no answer is a 5xx; `python -m tests.bench.bench_race`. Each guest
wants any time, or all want the first (a herd). Attempts a second (hold and book) stand beside the bare ON CONFLICT
floor of the same run; the goal is at least 0.25 of it.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from statistics import quantiles

from ops.ports import LOOPBACK, free_port
from tests.bench.floors.race import attempts_a_second
from tests.bench.running_system import running_system, web_server
from tests.support.live import Live
from tests.support.racing import Race, booked, contested_clinic, race

GUESTS, TIMES = 200, 50


def main() -> int:
    """Race twice; 1 when a rule was broken."""
    with running_system() as system:
        dead = f"redis://{LOOPBACK}:{free_port()}/0"
        fair = [
            _race(system, "with-redis", {}, herd=False),
            _race(system, "with-redis-herd", {}, herd=True),
            _race(system, "without-redis", {"REDIS_URL": dead}, herd=False),
        ]
    return 0 if all(fair) else 1


def _race(system: Live, slug: str, settings: dict[str, str], *, herd: bool) -> bool:
    address, web = web_server(system, **settings)
    now = dt.datetime.now(dt.UTC)
    clinic = system.run(lambda session: contested_clinic(session, slug, TIMES, now))
    started = time.perf_counter()
    result = race(address, clinic, GUESTS, herd=herd)
    took = time.perf_counter() - started
    found = system.run(lambda session: booked(session, clinic))
    web.stop()
    lost = set(result.winners) ^ set(found.names)
    _say(f"{GUESTS} guests, {TIMES} times, {slug}: {len(found.names)} booked in {took:.1f} s")
    _say(f"  overlaps {found.overlaps}, lost {len(lost)}, 5xx {result.server_errors}")
    _report(result)
    _beside_floor(system, result, took, herd=herd)
    once = len(set(found.starts)) == len(found.starts) == TIMES
    return once and not (found.overlaps or lost or result.server_errors or result.broken)


def _beside_floor(system: Live, result: Race, took: float, *, herd: bool) -> None:
    tried = sum(len(result.seconds.get(what, ())) for what in ("hold", "book")) / took
    floor = attempts_a_second(system.database.owner, GUESTS, TIMES, herd=herd)
    _say(f"  attempts a second {tried:.0f}, floor {floor:.0f}: {tried / floor:.2f} (goal 0.25)")


def _report(result: Race) -> None:
    for what, seconds in sorted(result.seconds.items()):
        cuts = quantiles(seconds, n=20)
        p50, p95 = cuts[9] * 1000, cuts[18] * 1000
        _say(f"  {what:8} {len(seconds):5} requests  p50 {p50:6.0f} ms  p95 {p95:6.0f} ms")
    answers = ", ".join(
        f"{what} {status}: {count}" for (what, status), count in sorted(result.statuses.items())
    )
    _say(f"  {answers}")
    for line in result.broken:
        _say(f"  BROKEN {line}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
