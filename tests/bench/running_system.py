"""The product running for a benchmark: throw-away servers, a database of its own, web servers on free ports."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from app.kernel import crypto
from app.kernel.db.handle import driver_url, engine_options
from ops.paths import VAR
from ops.ports import LOOPBACK, free_port
from ops.supervisor import answers
from ops.test_servers import SHARED_FOLDER, ServerPair, TestServers
from tests.support.databases import Cluster, settings_env
from tests.support.live import Live, Program, wait_until

WORKERS = 2


@contextmanager
def running_system(*, durable: bool = False) -> Iterator[Live]:
    """Database and Redis with their settings; start web servers with `web_server`.

    A `durable` one has a Postgres of its own that waits for the disk at each commit, as production does.
    """
    with (
        _durable_servers() if durable else _shared_servers() as servers,
        tempfile.TemporaryDirectory() as folder,
        Cluster(servers.admin_url).database(dropped=not durable) as urls,
    ):
        own = settings_env(urls, f"{servers.redis_url}/0") | {"STORAGE": f"disk:{folder}/blobs"}
        crypto.install(own["ENCRYPTION_KEYS"])
        engine = create_engine(driver_url(urls.app), **engine_options(4))
        environment = {**os.environ, **own}
        system = Live("", urls, own["REDIS_URL"], environment, Path(folder), engine)
        try:
            yield system
        finally:
            system.close()


@contextmanager
def _shared_servers() -> Iterator[TestServers]:
    pair = ServerPair(SHARED_FOLDER).start()
    admin = os.environ.get("TEST_DATABASE_ADMIN_URL", pair.admin_url)
    yield TestServers(admin, os.environ.get("TEST_REDIS_URL", pair.redis_url))


@contextmanager
def _durable_servers() -> Iterator[TestServers]:
    VAR.mkdir(parents=True, exist_ok=True)
    # Not among the system's temporary files, which may lie in memory.
    with tempfile.TemporaryDirectory(prefix="durable-", dir=VAR) as folder:
        pair = ServerPair(Path(folder), durable=True)
        try:
            yield pair.start()
        finally:
            pair.stop()


def durability(system: Live) -> str:
    """What the database does for durability, in its own words: said in the head of a benchmark of writes."""
    names = ("fsync", "synchronous_commit", "full_page_writes")
    with psycopg.connect(system.database.owner) as connection:
        said = [
            connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in names
        ]
    return "Postgres: " + ", ".join(
        f"{name} {row[0]}" for name, row in zip(names, said, strict=True) if row
    )


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
