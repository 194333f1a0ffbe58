"""Variants of one answer taking turns in one process on one core; medians beside the first one, the floor."""

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
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    floor = next(iter(medians.values()))
    say(f"{title}: {len(next(iter(variants.values()))())} starts")
    for name, middle in medians.items():
        goal = f" (goal {goals[name]})" if goals and name in goals else ""
        say(f"  {middle / 1e6:8.2f} ms  {middle / floor:5.2f} x  {name}{goal}")
