"""Counters and histograms of the product (OPS-01), in Prometheus' text form.

Labels hold only names from code (routes, outcomes, provider names): never a clinic, patient or
visit, which would reveal them and grow without bound.

Several gunicorn workers and the job worker share one picture through files: the supervisor sets
PROMETHEUS_MULTIPROC_DIR to a folder that it empties at start, before Python imports this module.
Without it each process tells its own numbers, which is right for tests and single commands.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 10)
_HOURS = tuple(3600.0 * hours for hours in (1, 4, 12, 24, 48, 96, 168, 336, 720, 1440))

REQUESTS = Counter("restartix_http_requests", "Answered requests", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "restartix_http_request_seconds", "Time to answer", ["route"], buckets=_REQUEST_BUCKETS
)
OUTBOX_LAG_SECONDS = Gauge(
    "restartix_outbox_lag_seconds",
    "Age of the oldest event that was committed and not yet published",
    multiprocess_mode="mostrecent",
)
OUTBOX_WAITING = Gauge(
    "restartix_outbox_waiting",
    "Events committed and not yet published",
    multiprocess_mode="mostrecent",
)
HOLDS = Counter("restartix_holds", "Slot holds: placed, refused, released, expired", ["outcome"])
BOOKINGS = Counter(
    "restartix_bookings",
    "Attempts to book: booked, lost_race, refused; conversion is booked over holds placed",
    ["channel", "outcome"],
)
VISITS = Counter("restartix_visits", "Visits ended: completed, no_show, cancelled", ["outcome"])
NEXT_AVAILABILITY_SECONDS = Histogram(
    "restartix_next_availability_seconds",
    "Wait from a search to the first free slot",
    buckets=_HOURS,
)
DELIVERIES = Counter(
    "restartix_deliveries",
    "Messages by channel: sent, delivered, failed",
    ["kind", "provider", "outcome"],
)
PAYMENTS = Counter(
    "restartix_payments", "Payments: initiated, succeeded, failed", ["provider", "outcome"]
)
REFUNDS = Counter("restartix_refunds", "Refunds: succeeded, failed", ["provider", "outcome"])
PROVIDER_SECONDS = Histogram(
    "restartix_provider_seconds", "Calls to providers", ["kind", "provider", "outcome"]
)
JOB_SECONDS = Histogram("restartix_job_seconds", "Background jobs", ["job", "outcome"])
REDIS_MISSES = Counter(
    "restartix_redis_misses", "Courtesies skipped because Redis did not answer", ["operation"]
)


def observe_request(route: str | None, method: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the URL rule, never the path; None if none matched."""
    rule = route or "unmatched"
    verb = method if method in _METHODS else "other"
    REQUESTS.labels(route=rule, method=verb, status=str(status)).inc()
    REQUEST_SECONDS.labels(route=rule).observe(seconds)


@contextmanager
def timed_job(job: str) -> Iterator[None]:
    """Measure a background job; an exception counts as failed and passes on."""
    started, outcome = perf_counter(), "failed"
    try:
        yield
        outcome = "done"
    finally:
        JOB_SECONDS.labels(job=job, outcome=outcome).observe(perf_counter() - started)


def expose() -> bytes:
    """Everything in Prometheus' text form, of all processes where they share a folder."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call] # no types there
    return generate_latest(shared)


def forget_process(pid: int) -> None:
    """Drop the live gauges of a worker that ended; for gunicorn's `child_exit` hook."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call] # as above
