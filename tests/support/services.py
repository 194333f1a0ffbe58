"""Session fixtures: real servers, a database and a Redis number that no other test process shares.

`make test` hands the servers over in TEST_DATABASE_ADMIN_URL and TEST_REDIS_URL; a plain `pytest` starts or re-uses the
shared pair of ops.test_servers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import psutil
import pytest
import redis

from ops.test_servers import SHARED_FOLDER, ServerPair, TestServers
from tests.support.databases import Cluster, DatabaseUrls

LEASE_SECONDS = 3600
DatabaseFactory = Callable[..., AbstractContextManager[DatabaseUrls]]


@pytest.fixture(scope="session")
def servers() -> TestServers:
    """Running servers; starting them is done once per machine, not once per process."""
    admin_url = os.environ.get("TEST_DATABASE_ADMIN_URL")
    redis_url = os.environ.get("TEST_REDIS_URL")
    if admin_url and redis_url:
        return TestServers(admin_url, redis_url)
    own = ServerPair(SHARED_FOLDER).start()
    return TestServers(admin_url or own.admin_url, redis_url or own.redis_url)


@pytest.fixture(scope="session")
def database_factory(servers: TestServers) -> DatabaseFactory:
    """`with database_factory(migrated=False) as urls:` gives a database that nobody else uses."""
    cluster = Cluster(servers.admin_url)
    cluster.sweep()
    return cluster.database


@pytest.fixture(scope="session")
def database_urls(database_factory: DatabaseFactory) -> Iterator[DatabaseUrls]:
    """This process's migrated database, as application role (`.app`) and as owner (`.owner`)."""
    with database_factory() as urls:
        yield urls


@pytest.fixture(scope="session")
def redis_url(servers: TestServers) -> Iterator[str]:
    """This process's own, empty Redis database."""
    leases = redis.Redis.from_url(f"{servers.redis_url}/0")
    number = _lease(leases)
    url = f"{servers.redis_url}/{number}"
    client = redis.Redis.from_url(url)
    client.flushdb()
    yield url
    client.flushdb()
    client.close()
    leases.delete(_lease_key(number))
    leases.close()


def _lease(leases: redis.Redis) -> int:
    """Reserve a database number; database 0 keeps the reservations. A dead process's number is free again."""
    count = int(leases.config_get("databases")["databases"])
    for number in range(1, count):
        key = _lease_key(number)
        holder = leases.get(key)
        if holder and not psutil.pid_exists(int(holder)):
            leases.delete(key)
        if leases.set(key, os.getpid(), nx=True, ex=LEASE_SECONDS):
            return number
    raise RuntimeError(f"all {count - 1} Redis databases are in use by other test processes")


def _lease_key(number: int) -> str:
    return f"restartix-test:lease:{number}"
