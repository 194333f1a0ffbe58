"""One client that asks its variants in turn, request by request: a busy moment of the machine hits all of them alike.

The client stays on one core and servers started after `servers_apart` on the other ones, so that none waits for the
other; medians, the 95th percentile and their ratios to a floor of the same run are told, and nothing is gated by time.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlsplit

Seconds = dict[str, list[float]]


@contextmanager
def servers_apart() -> Iterator[None]:
    """What is started inside runs on all cores but the last, which stays with the client; one core is shared."""
    cores = os.sched_getaffinity(0)
    last = max(cores)
    os.sched_setaffinity(0, cores - {last} or cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, {last})


class Getter:
    """A browser with one connection that asks for one page, and keeps the cookies that it is given."""

    def __init__(self, address: str, cookie: str = "", **headers: str) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self._headers = headers
        self._cookies = SimpleCookie(cookie)

    def __call__(self) -> str:
        """The page's text. Raises RuntimeError for any other answer than 200."""
        cookie = "; ".join(f"{name}={one.value}" for name, one in self._cookies.items())
        headers = {**self._headers, **({"Cookie": cookie} if cookie else {})}
        self._connection.request("GET", self._path, headers=headers)
        answer = self._connection.getresponse()
        self._cookies.load(answer.headers.get("Set-Cookie", ""))
        text = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{self._path} answered {answer.status}")
        return text


def take_turns(
    variants: Mapping[str, Callable[[], object]], rounds: int, warm_up: int = 10
) -> Seconds:
    """Seconds of each call, by variant."""
    seconds: Seconds = {name: [] for name in variants}
    for number in range(-warm_up, rounds):
        for name, call in variants.items():
            begun = perf_counter()
            call()
            if number >= 0:
                seconds[name].append(perf_counter() - begun)
    return seconds


def report(seconds: Seconds, floor: str, goal: Mapping[str, float] | None = None) -> None:
    """A line for each variant: milliseconds, and how many times the floor."""
    base = percentiles(seconds[floor])
    say(f"{'':44} {'p50 ms':>8} {'p95 ms':>8} {'p50 ×':>7} {'p95 ×':>7} {'goal':>6}")
    for name, found in seconds.items():
        p50, p95 = percentiles(found)
        wanted = (goal or {}).get(name)
        ratios = f"{p50 / base[0]:7.2f} {p95 / base[1]:7.2f}"
        say(f"{name:44} {p50 * 1e3:8.2f} {p95 * 1e3:8.2f} {ratios} {wanted or '':>6}")


def percentiles(found: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    cuts = quantiles(found, n=20)
    return cuts[9], cuts[18]


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
