"""Floors of the race for a time, with as many threads as there are guests.

The bare one is a pool of 16 and one INSERT ... ON CONFLICT DO NOTHING an attempt. The other is bare Flask with one Lua
call (desk.py) over HTTP: what a crowd can ask of this stack on this machine at all.
"""

from __future__ import annotations

import random
import threading
from time import perf_counter

import psycopg
from psycopg_pool import ConnectionPool

from tests.support.plain_browser import PlainBrowser

POOL = 16
TABLE = """
CREATE TABLE floor_race (org_id int, starts_at int, guest int NOT NULL, PRIMARY KEY (org_id, starts_at))
"""
TAKE = "INSERT INTO floor_race VALUES (1, %s, %s) ON CONFLICT DO NOTHING"


def attempts_a_second(owner_url: str, guests: int, times: int, *, herd: bool) -> float:
    """Every guest tries until one time is theirs or all were tried; in the same order (a herd) or in their own."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS floor_race")
        owner.execute(TABLE)
    tried: list[int] = []
    line = threading.Barrier(guests + 1)
    with ConnectionPool(owner_url, min_size=POOL, max_size=POOL, timeout=60) as pool:
        pool.wait()
        runners = [
            threading.Thread(target=_run, args=(pool, line, number, times, herd, tried))
            for number in range(guests)
        ]
        for one in runners:
            one.start()
        line.wait(60)
        begun = perf_counter()
        for one in runners:
            one.join()
        return sum(tried) / (perf_counter() - begun)


def answers_a_second(address: str, guests: int, times: int) -> float:
    """Every guest asks bare Flask to keep each of the times, over a connection of their own."""
    line = threading.Barrier(guests + 1)

    def run() -> None:
        with PlainBrowser(address) as browser:
            line.wait(60)
            for start in range(times):
                browser.request("POST", "/hold", {"start": str(start)})

    runners = [threading.Thread(target=run) for _ in range(guests)]
    for one in runners:
        one.start()
    line.wait(60)
    begun = perf_counter()
    for one in runners:
        one.join()
    return guests * times / (perf_counter() - begun)


def _run(
    pool: ConnectionPool,
    line: threading.Barrier,
    guest: int,
    times: int,
    herd: bool,
    tried: list[int],
) -> None:
    order = list(range(times))
    if not herd:
        random.Random(guest).shuffle(order)
    line.wait(60)
    for count, start in enumerate(order, 1):
        with pool.connection() as connection:
            won = connection.execute(TAKE, (start, guest)).rowcount == 1
        if won or count == times:
            tried.append(count)
            return
