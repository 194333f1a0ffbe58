"""Structured logs: one JSON object a line, scrubbed, carrying the request or job they belong to.

`logger(__name__).info("hold_placed", appointment_id=...)`: an event name and identifiers, never
contact or health data (SEC-01, OPS-01). Lines of libraries go through the same scrubber.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from app.kernel.scrubbing import mask_text, scrub_field

# Fields that logging itself writes; their values are ours.
_OWN_FIELDS = frozenset({"timestamp", "level", "logger", "_record", "_from_structlog"})
# These name hosts, statements or addresses of visitors below WARNING.
_QUIET_LOGGERS = ("urllib3", "botocore", "boto3", "s3transfer", "sqlalchemy.engine", "PIL", "httpx")


def scrub(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor that makes every field harmless."""
    for name, value in event.items():
        if name == "event":
            event[name] = mask_text(str(value))
        elif name == "exception":
            event[name] = mask_text(_last_part(str(value)))
        elif name not in _OWN_FIELDS:
            event[name] = scrub_field(name, value)
    return event


def _last_part(trace: str, longest: int = 3900) -> str:
    """The end of a long traceback, where the cause stands."""
    return trace if len(trace) <= longest else f"[cut] …{trace[-longest:]}"


def configure_logging(level: str = "INFO", stream: IO[str] | None = None) -> None:
    """Send every log line of this process as scrubbed JSON to `stream` (standard error)."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        scrub,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    _take_over_root(level, stream, shared)


def _take_over_root(level: str, stream: IO[str] | None, shared: list[Processor]) -> None:
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


def logger(name: str) -> FilteringBoundLogger:
    """The logger of a module: `log = logger(__name__)`."""
    return cast(FilteringBoundLogger, structlog.stdlib.get_logger(name))


@contextmanager
def bound(**identifiers: object) -> Iterator[None]:
    """Every line inside carries these identifiers: `with bound(request_id=..., org_id=...)`."""
    with structlog.contextvars.bound_contextvars(**identifiers):
        yield


def bind(**identifiers: object) -> None:
    """Add identifiers to every further line of this request or job."""
    structlog.contextvars.bind_contextvars(**identifiers)


def clear() -> None:
    """Forget what was bound, at the start of each request or job."""
    structlog.contextvars.clear_contextvars()
