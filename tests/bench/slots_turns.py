"""Variants of one answer taking turns in one process on one core, beside the first one, the floor."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping, Sized
from time import perf_counter_ns
from typing import TypeAlias

from tests.bench.taking_turns import say

ROUNDS = 41
Variants: TypeAlias = dict[str, Callable[[], Sized]]


def report(title: str, variants: Variants, goals: Mapping[str, float] | None = None) -> None:
    """Measure all in turn and print; `goals` are the ratios promised."""
    times: dict[str, list[int]] = {name: [] for name in variants}
    gc.disable()
    for _ in range(ROUNDS):
        for name, variant in variants.items():
            begun = perf_counter_ns()
            variant()
            times[name].append(perf_counter_ns() - begun)
    gc.enable()
    found = {name: _told(taken) for name, taken in times.items()}
    middle_floor, quick_floor = next(iter(found.values()))
    say(f"{title}: {len(next(iter(variants.values()))())} starts")
    for name, (middle, quick) in found.items():
        goal = f" (goal {goals[name]})" if goals and name in goals else ""
        ratios = f"{middle / middle_floor:5.2f} x  quickest tenth {quick / quick_floor:5.2f} x"
        say(f"  {middle / 1e6:8.2f} ms  {ratios}  {name}{goal}")


def _told(taken: list[int]) -> tuple[float, float]:
    """The median, and the tenth, which a busy machine leaves alone."""
    return statistics.median(taken), statistics.quantiles(taken, n=10)[0]
