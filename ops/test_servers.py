"""Throw-away Postgres and Redis for tests. Needs the virtual environment.

`make test` makes a pair in a temporary folder and removes it; a developer's plain `pytest` shares one pair in
var/test-servers that stays up between runs (`python -m ops.test_servers stop` ends it).
"""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.paths import VAR
from ops.postgres import Postgres
from ops.redis_server import RedisServer

SHARED_FOLDER = VAR / "test-servers"
# Loopback only and nothing but test rows inside, so a fixed password costs nothing.
PASSWORD = "throw-away"  # noqa: S105 - see above.


@dataclass(frozen=True)
class TestServers:
    """Addresses of the pair: an administrator's database URL and a Redis URL without database number."""

    admin_url: str
    redis_url: str


class ServerPair:
    """Postgres and Redis in one folder; the database waits for the disk only where it is to be `durable`."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", PASSWORD, throw_away=not durable)
        self.redis = RedisServer(folder / "redis", throw_away=True)

    def start(self) -> TestServers:
        """Start or adopt both. Safe when several processes call it at once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder / "lock"):
            self.postgres.start()
            self.redis.start()
        return TestServers(self.postgres.url(), self.redis.url().rsplit("/", 1)[0])

    def stop(self) -> None:
        """End both."""
        self.redis.stop()
        self.postgres.stop()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Command line: `start` or `stop` the shared pair."""
    pair = ServerPair(SHARED_FOLDER)
    if arguments == ["stop"]:
        pair.stop()
        return 0
    servers = pair.start()
    print(servers.admin_url, servers.redis_url, sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
