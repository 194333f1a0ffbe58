"""The test databases themselves: roles that bite, clones that are one's own."""

import psycopg
import pytest
import redis

from tests.support.databases import DatabaseUrls
from tests.support.services import DatabaseFactory


@pytest.fixture(scope="module")
def empty(database_factory: DatabaseFactory):
    with database_factory(migrated=False) as urls:
        yield urls


def test_application_role_cannot_bypass_row_security_nor_own_anything(empty: DatabaseUrls):
    with psycopg.connect(empty.app) as app:
        row = app.execute(
            "SELECT rolsuper, rolbypassrls, rolinherit, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False, False, False)


def test_owner_makes_tables_that_the_application_cannot_touch_until_granted(empty: DatabaseUrls):
    with psycopg.connect(empty.owner) as owner:
        owner.execute("CREATE TABLE secret (a int)")
    with psycopg.connect(empty.app) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute("SELECT * FROM secret")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute("CREATE TABLE mine (a int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute("CREATE TEMPORARY TABLE mine (a int)")


@pytest.mark.parametrize("role", ["restartix_platform", "restartix_dispatch"])
def test_application_steps_into_wider_roles_but_inherits_nothing(empty: DatabaseUrls, role: str):
    with psycopg.connect(empty.owner) as owner:
        owner.execute(f"CREATE TABLE for_{role} (a int)")
        owner.execute(f"GRANT SELECT ON for_{role} TO {role}")
    with psycopg.connect(empty.app) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
            app.execute(f"SELECT * FROM for_{role}")
        with app.transaction():
            app.execute(f"SET LOCAL ROLE {role}")
            assert app.execute(f"SELECT count(*) FROM for_{role}").fetchone() == (0,)
        assert app.execute("SELECT current_user::text").fetchone() == ("restartix_app",)


def test_wider_roles_cannot_log_in(empty: DatabaseUrls):
    other = empty.app.replace("restartix_app", "restartix_platform", 1)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(other)


def test_application_cannot_become_the_owner(empty: DatabaseUrls):
    with psycopg.connect(empty.app) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("SET ROLE restartix_owner")


def test_each_database_is_its_own(database_factory: DatabaseFactory):
    with (
        database_factory(migrated=False) as one,
        database_factory(migrated=False) as two,
        psycopg.connect(one.owner) as first,
        psycopg.connect(two.owner) as second,
    ):
        first.execute("CREATE TABLE here (a int)")
        first.commit()
        assert second.execute("SELECT to_regclass('here')").fetchone() == (None,)


def test_database_is_gone_afterwards(database_factory: DatabaseFactory):
    with database_factory(migrated=False) as urls:
        pass
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(urls.app)


def test_redis_number_is_reserved_for_this_process(redis_url: str):
    client = redis.Redis.from_url(redis_url)
    assert not redis_url.endswith("/0")
    client.set("a", 1)
    assert client.get("a") == b"1"
