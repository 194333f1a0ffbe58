"""How gunicorn serves the web process; see the README for WEB_BIND, WEB_PORT, WEB_WORKERS and WEB_THREADS."""

import os
import shutil
import tempfile
from typing import Any

bind = f"{os.environ.get('WEB_BIND', '127.0.0.1')}:{os.environ.get('WEB_PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# A waiting live connection (SSE) holds a thread, so there are more of them than the database has connections.
threads = int(os.environ.get("WEB_THREADS", "16"))
# Imported once and shared: half the start-up time and memory. Nothing connects before the fork.
preload_app = True
timeout = 60
graceful_timeout = 4
keepalive = 5
# Heartbeat files on a disk can block for seconds while it is busy.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
loglevel = os.environ.get("WEB_LOG_LEVEL", "warning")
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 100

# Several processes answer /metrics, so their counters lie in one folder; named before prometheus_client is imported.
_metrics = os.environ.setdefault(
    "PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="restartix-metrics-")
)


def post_worker_init(worker: Any) -> None:
    """Live streams end with their worker instead of holding up its stop."""
    from app.kernel import live

    live.install_serving(lambda: bool(worker.alive))


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that ended."""
    from app.kernel.metrics import forget_process

    forget_process(worker.pid)


def on_exit(server: Any) -> None:
    """Leave no folder behind."""
    shutil.rmtree(_metrics, ignore_errors=True)
