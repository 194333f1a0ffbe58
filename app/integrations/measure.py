"""Every call to a provider is timed by kind, provider and outcome; nothing else is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from app.integrations.errors import ProviderError
from app.kernel.metrics import PROVIDER_SECONDS


@contextmanager
def measured(kind: str, provider: str) -> Iterator[None]:
    """Time one call; the outcome is `done`, `permanent`, `temporary` or `bug`."""
    started, outcome = perf_counter(), "bug"
    try:
        yield
        outcome = "done"
    except ProviderError as error:
        outcome = "permanent" if error.permanent else "temporary"
        raise
    finally:
        elapsed = perf_counter() - started
        PROVIDER_SECONDS.labels(kind=kind, provider=provider, outcome=outcome).observe(elapsed)
