"""Benchmarks: each prints ratios against a floor measured in the same run; none gates by time.

Run one as a module, for example `python -m tests.bench.bench_slots`; floors stand in `floors/`.
Not here: tests of behaviour, which belong beside what they test.
"""
