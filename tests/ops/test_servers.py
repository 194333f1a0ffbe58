"""Embedded Postgres and Redis on real processes: restart, crash, adoption, a port taken meanwhile."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from ops import roles
from ops.local_secrets import load
from ops.servers import Servers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("system")


@pytest.fixture
def servers(folder: Path) -> Iterator[Servers]:
    servers = system(folder)
    yield servers
    servers.stop()


def system(folder: Path) -> Servers:
    return Servers.needed({}, folder, load(folder / "secrets.env"))


def rows(servers: Servers) -> list[tuple[int]]:
    with psycopg.connect(servers.addresses()["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS kept (a int)")
        return owner.execute("SELECT a FROM kept ORDER BY a").fetchall()


def test_data_survives_restart_crash_and_left_over_servers(servers: Servers, folder: Path):
    servers.start()
    addresses = servers.addresses()
    assert rows(servers) == []
    with psycopg.connect(addresses["DATABASE_OWNER_URL"]) as owner:
        owner.execute("INSERT INTO kept VALUES (1)")
    redis.Redis.from_url(addresses["REDIS_URL"]).set("kept", "yes")

    left_over = system(folder)
    left_over.start()
    assert left_over.addresses() == addresses

    left_over.stop()
    servers.start()
    assert rows(servers) == [(1,)]
    assert redis.Redis.from_url(servers.addresses()["REDIS_URL"]).get("kept") == b"yes"

    assert servers.postgres
    assert servers.redis
    for process in (servers.postgres._running(), servers.redis._running()):
        assert process
        process.send_signal(signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)
    servers.start()
    assert rows(servers) == [(1,)]
    assert redis.Redis.from_url(servers.addresses()["REDIS_URL"]).get("kept") == b"yes"


def test_moves_to_another_port_when_somebody_took_ours(servers: Servers):
    servers.start()
    assert servers.postgres
    assert servers.redis
    before = {servers.postgres.port, servers.redis.port}
    servers.stop()
    squatters = [socket.create_server(("127.0.0.1", port)) for port in before]
    try:
        servers.start()
        assert not {servers.postgres.port, servers.redis.port} & before
        assert redis.Redis.from_url(servers.addresses()["REDIS_URL"]).ping()
    finally:
        for squatter in squatters:
            squatter.close()


def test_stop_leaves_no_process_and_may_be_repeated(servers: Servers):
    servers.start()
    assert servers.postgres
    assert servers.redis
    processes = [servers.postgres._running(), servers.redis._running()]
    servers.stop()
    servers.stop()
    assert all(process and not process.is_running() for process in processes)


def test_servers_listen_on_loopback_only_and_ask_for_the_password(servers: Servers):
    servers.start()
    assert servers.postgres
    wrong = servers.postgres.url(roles.DATABASE, roles.APP, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(wrong)
    for process in (servers.postgres._running(), servers.redis and servers.redis._running()):
        assert process
        listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}


def test_start_waits_for_a_server_that_is_still_going_down(servers: Servers, folder: Path):
    servers.start()
    assert rows(servers) == [(1,)]
    assert servers.postgres
    assert servers.redis
    for process in (servers.postgres._running(), servers.redis._running()):
        assert process
        process.send_signal(signal.SIGTERM if process.name() == "redis-server" else signal.SIGINT)
    again = system(folder)
    again.start()
    assert rows(again) == [(1,)]
    assert redis.Redis.from_url(again.addresses()["REDIS_URL"]).ping()


@pytest.mark.parametrize(
    ("given", "postgres", "redis_"),
    [
        ({}, True, True),
        ({"DATABASE_URL": "postgresql://x"}, False, True),
        ({"REDIS_URL": "redis://x"}, True, False),
        ({"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x"}, False, False),
    ],
)
def test_nothing_is_started_for_a_server_that_the_operator_named(
    folder: Path, given: dict[str, str], postgres: bool, redis_: bool
):
    servers = Servers.needed(given, folder, load(folder / "secrets.env"))
    assert (servers.postgres is not None, servers.redis is not None) == (postgres, redis_)
    if not (postgres or redis_):
        servers.start()
        assert servers.addresses() == {}
