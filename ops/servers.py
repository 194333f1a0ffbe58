"""The embedded servers of a local system: which are needed, start, database with roles, stop. Needs the venv."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from ops import roles
from ops.postgres import Postgres
from ops.redis_server import RedisServer


@dataclass
class Servers:
    """What is started here because the operator named no server of his own."""

    var: Path
    postgres: Postgres | None
    redis: RedisServer | None
    secrets: Mapping[str, str] = field(repr=False)

    @classmethod
    def needed(
        cls, environment: Mapping[str, str], var: Path, secrets: Mapping[str, str]
    ) -> Servers:
        """Postgres unless DATABASE_URL is set, Redis unless REDIS_URL is."""
        postgres = redis = None
        if not environment.get("DATABASE_URL"):
            postgres = Postgres(var / "postgres", secrets["POSTGRES_PASSWORD"])
        if not environment.get("REDIS_URL"):
            redis = RedisServer(var / "redis")
        return cls(var, postgres, redis, secrets)

    def start(self) -> None:
        """Start both side by side and make sure that database and roles exist.

        What a killed supervisor left running is stopped first: it may be about to stop anyway.
        """
        self.stop()
        pool = ThreadPoolExecutor(2)
        jobs = [pool.submit(job) for job in (self._start_postgres, self._start_redis)]
        try:
            wait(jobs)
        except KeyboardInterrupt:
            # Half a start cannot be stopped: let it finish, then `stop` ends it properly.
            wait(jobs)
            raise
        finally:
            pool.shutdown()
        for job in jobs:
            job.result()

    def stop(self) -> None:
        """Redis first, then Postgres; both write what they hold."""
        if self.redis:
            self.redis.stop()
        if self.postgres:
            self.postgres.stop()

    def addresses(self) -> dict[str, str]:
        """DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL of what runs here."""
        found: dict[str, str] = {}
        if self.postgres:
            found["DATABASE_URL"] = self._database_url(roles.APP, "DATABASE_APP_PASSWORD")
            found["DATABASE_OWNER_URL"] = self._database_url(roles.OWNER, "DATABASE_OWNER_PASSWORD")
        if self.redis:
            found["REDIS_URL"] = self.redis.url()
        return found

    def _start_redis(self) -> None:
        if self.redis:
            self.redis.start()

    def _start_postgres(self) -> None:
        if self.postgres is None:
            return
        self.postgres.start()
        admin = self.postgres.url()
        if roles.ensure_database(admin, roles.DATABASE) or not self._is_prepared():
            roles.apply_roles(self.postgres.url(roles.DATABASE))
            passwords = {
                roles.OWNER: self.secrets["DATABASE_OWNER_PASSWORD"],
                roles.APP: self.secrets["DATABASE_APP_PASSWORD"],
            }
            roles.set_passwords(admin, passwords)
            self._prepared.write_text(roles.fingerprint())

    @property
    def _prepared(self) -> Path:
        return self.var / "postgres" / "prepared"

    def _is_prepared(self) -> bool:
        """Whether this state of roles.sql was applied; an interrupted first start applies it again."""
        return self._prepared.exists() and self._prepared.read_text() == roles.fingerprint()

    def _database_url(self, role: str, secret: str) -> str:
        assert self.postgres is not None
        return self.postgres.url(roles.DATABASE, role, self.secrets[secret])
