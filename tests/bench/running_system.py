"""The product running for a benchmark: throw-away servers, a database of its own, web servers on free ports."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from app.kernel import crypto
from app.kernel.db.handle import driver_url, engine_options
from ops.ports import LOOPBACK, free_port
from ops.supervisor import answers
from ops.test_servers import SHARED_FOLDER, ServerPair
from tests.support.databases import Cluster, settings_env
from tests.support.live import Live, Program, wait_until

WORKERS = 2


@contextmanager
def running_system() -> Iterator[Live]:
    """Database and Redis with their settings; start web servers with `web_server`."""
    pair = ServerPair(SHARED_FOLDER).start()
    admin = os.environ.get("TEST_DATABASE_ADMIN_URL", pair.admin_url)
    redis = os.environ.get("TEST_REDIS_URL", pair.redis_url)
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster(admin).database() as urls,
    ):
        own = settings_env(urls, f"{redis}/0") | {"STORAGE": f"disk:{folder}/blobs"}
        crypto.install(own["ENCRYPTION_KEYS"])
        engine = create_engine(driver_url(urls.app), **engine_options(4))
        system = Live("", urls, f"{redis}/0", {**os.environ, **own}, Path(folder), engine)
        try:
            yield system
        finally:
            system.close()


def administrator(system: Live) -> str:
    """The server's administrator in the benchmark's database: the owner of the tables obeys their policies too."""
    pair = ServerPair(SHARED_FOLDER)
    admin = os.environ.get("TEST_DATABASE_ADMIN_URL", pair.start().admin_url)
    return Cluster(admin).admin_url_of(system.database.name)


def web_server(
    system: Live, application: str = "wsgi:application", health: str = "/healthz", **settings: str
) -> tuple[str, Program]:
    """A gunicorn of two workers as in production; its address."""
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    given = {"WEB_PORT": str(port), "BASE_URL": address, "WEB_WORKERS": str(WORKERS), **settings}
    command = ("-m", "gunicorn", "--config", "ops/gunicorn_settings.py", application)
    program = system.start(*command, **given)
    wait_until(lambda: answers(f"{address}{health}"), program)
    return address, program
