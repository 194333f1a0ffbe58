"""Fixtures of the house tests: the database as its administrator sees it, and the tables by kind."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from ops.test_servers import TestServers
from tests.house.everything import everything
from tests.support.databases import Cluster, DatabaseUrls

__all__ = ["Admin", "admin", "everything"]
Admin = psycopg.Connection[dict[str, object]]


@pytest.fixture
def admin(servers: TestServers, database_urls: DatabaseUrls) -> Iterator[Admin]:
    """The administrator in this process's database; whatever a test does is rolled back."""
    url = Cluster(servers.admin_url).admin_url_of(database_urls.name)
    with psycopg.connect(url, row_factory=dict_row) as connection:
        yield connection
        connection.rollback()
