"""The one place where the parts of the process are chosen and put together."""

import logging
import time
from pathlib import Path

import structlog
import uvicorn

from telemetry.buffer import SessionBuffer
from telemetry.finaliser import Finaliser, Patience
from telemetry.ingest import Ingest
from telemetry.metrics import Metrics
from telemetry.outbox import Outbox
from telemetry.publish import Publisher
from telemetry.server import TelemetryApp
from telemetry.settings import Settings
from telemetry.stores.blob_stores import blob_store, s3_client
from telemetry.stores.disk_spool import DiskSpool
from telemetry.stores.object_spool import ObjectSpool
from telemetry.stores.redis_consent import RedisConsentGate
from telemetry.tokens import ServiceTokens, SessionTokens

MOST_CONNECTIONS = 4000


def telemetry_app(settings: Settings) -> TelemetryApp:
    """The ASGI application for these settings. Opens nothing before its lifespan starts."""
    metrics = Metrics()
    buffer = _buffer(settings.spool)
    gate = RedisConsentGate(settings.redis_url)
    outbox = Outbox(settings.outbox)
    return TelemetryApp(
        ingest=Ingest(SessionTokens(settings.token_secret, time.time), gate, buffer),
        buffer=buffer,
        gate=gate,
        finaliser=Finaliser(
            buffer,
            gate,
            blob_store(settings.storage),
            outbox,
            metrics,
            time.time,
            Patience(grace=settings.grace_seconds, idle=settings.idle_seconds),
        ),
        publisher=Publisher(
            outbox, settings.app_url, ServiceTokens(settings.service_secret, time.time), metrics
        ),
        outbox=outbox,
        metrics=metrics,
        allowed_origin=settings.allowed_origin,
    )


def _buffer(spool: str) -> SessionBuffer:
    if spool.startswith("disk:"):
        return DiskSpool(Path(spool.removeprefix("disk:")))
    return ObjectSpool(*s3_client(spool))


def serve(settings: Settings) -> None:
    """Run until told to stop (SIGTERM, SIGINT)."""
    _configure_logging(settings.log_level)
    uvicorn.run(
        telemetry_app(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level=settings.log_level.lower(),
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=5,
    )


def _configure_logging(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
