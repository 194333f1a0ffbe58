"""The log of holds: every end is noted, nothing twice, nothing of a person; the clinic sees where people stop."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.kernel import redis as patience
from app.kernel.db import table_of
from app.kernel.tenancy.scope import DISPATCH_ROLE, Scope, scoped
from app.lib.ids import uuid7
from app.scheduling.hold_log.models import HoldEvent
from app.scheduling.hold_log.stream import STREAM
from app.scheduling.hold_log.taking_in import BATCH, end_lapsed, forget, take_in
from app.scheduling.holds import LIFE
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn, new_client
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries
from tests.web.booking.walking import GUEST, TIMES, hold, starts, text_of

pytestmark = pytest.mark.proves("SCH-09", "SCH-04")
Sessions = sessionmaker[Session]
PAGE = "/movimento/console/checkouts"
LONG_AGO = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _empty(redis: Redis) -> Iterator[None]:
    """The stream is the server's: what other tests have held is theirs."""
    redis.delete(STREAM)
    yield
    redis.delete(STREAM)


@pytest.fixture
def guest(client: BrowserClient) -> BrowserClient:
    client.set_cookie("lang", "en")
    return client


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


def log(session: Session, scene: Scene) -> list[HoldEvent]:
    session.expire_all()
    with scoped(session, Scope(org_id=scene.org_id)):
        return list(session.scalars(select(HoldEvent).order_by(HoldEvent.at, HoldEvent.source)))


def steps(session: Session, scene: Scene) -> Counter[str]:
    return Counter(one.what for one in log(session, scene))


def close(session: Session, scene: Scene, now: dt.datetime) -> int:
    with scoped(session, Scope(org_id=scene.org_id)):
        return end_lapsed(session, scene.org_id, now)


def test_each_way_to_end_is_noted_and_shown(
    app: Flask,
    session: Session,
    redis: Redis,
    test_sessions: Sessions,
    scene: Scene,
    guest: BrowserClient,
    olga: BrowserClient,
    clock: FrozenClock,
    count_queries: CountQueries,
) -> None:
    first, second, *_more = starts(guest.get(TIMES))
    # Chooses one time, then another instead of it, and books that.
    hold(guest, first)
    clock.advance(minutes=1)
    chosen = hold(guest, second)
    clock.advance(minutes=2)
    assert guest.post(chosen, data=GUEST).status_code == 303
    # Somebody else finds it taken, takes another one, and goes back.
    rival = new_client(app, session)
    rival.set_cookie("lang", "en")
    refused = rival.post(TIMES, data={"start": second})
    assert "/details/" not in refused.headers["Location"]
    free = starts(rival.get(TIMES))
    address = hold(rival, free[-1])
    assert rival.post(address.replace("/details/", "/release/")).status_code == 303
    # And one leaves the form open.
    lost = new_client(app, session)
    hold(lost, free[0])
    assert take_in(redis, test_sessions) == redis_noted(session, scene)
    assert close(session, scene, clock.now()) == 0
    later = clock.now() + LIFE + dt.timedelta(minutes=3)
    assert close(session, scene, later) == 1
    assert close(session, scene, later) == 0
    found = steps(session, scene)
    assert found == {
        "made": 4,
        "replaced": 1,
        "booked": 1,
        "refused": 1,
        "released": 1,
        "expired": 1,
    }
    kept = [one for one in log(session, scene) if one.what == "made"]
    assert {(one.channel, one.calendar_id) for one in kept} == {("online", scene.calendar_id)}
    assert kept[0].starts_at == dt.datetime.fromtimestamp(int(first) * 60, dt.UTC)
    with count_queries() as asked:
        words = text_of(olga.get(f"{PAGE}?days=7"))
    assert asked.count <= MOST, asked.statements
    # The time that was exchanged for another one is no end.
    assert "Times chosen 3" in words
    assert "Booked 33 % 1 booking" in words
    assert "Physiotherapy 3 1 (33 %) 1 1 1 2 min" in words
    assert "Left the form open 8 min" in words


def redis_noted(session: Session, scene: Scene) -> int:
    return sum(steps(session, scene).values())


def test_nothing_of_a_person_and_no_key_to_the_hold_is_kept(
    redis: Redis, guest: BrowserClient, scene: Scene
) -> None:
    address = hold(guest)
    guest.post(address, data=GUEST)
    noted = str(redis.xrange(STREAM))
    for secret in ("Ana", "ana@example.com", "722", address.rpartition("/")[2]):
        assert secret not in noted
    tokens = [
        str(member).partition("|")[0]
        for key in redis.scan_iter("holds:*:client:*")
        for member in redis.zrange(key, 0, -1)
    ]
    assert all(token not in noted for token in tokens)


def test_what_is_read_again_after_a_crash_is_taken_in_once(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    redis: Redis,
    test_sessions: Sessions,
    scene: Scene,
    guest: BrowserClient,
) -> None:
    hold(guest)
    with monkeypatch.context() as patch:
        patch.setattr(redis, "xdel", lambda *_arguments: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            take_in(redis, test_sessions)
    assert steps(session, scene) == {"made": 1}
    assert redis.xlen(STREAM) == 1
    assert take_in(redis, test_sessions) == 1
    assert steps(session, scene) == {"made": 1}
    assert redis.xlen(STREAM) == 0


def test_entries_that_say_nothing_or_of_nobody_stop_no_other(
    session: Session, redis: Redis, test_sessions: Sessions, scene: Scene, guest: BrowserClient
) -> None:
    broken: list[dict[str, str]] = [
        {"w": "made"},
        {"o": "nobody", "w": "made", "t": "1"},
        {"o": str(uuid7()), "w": "made", "t": "1"},
        {"o": str(scene.org_id), "w": "made", "t": "soon"},
    ]
    for fields in broken * (BATCH // 4 + 1):
        redis.xadd(STREAM, dict(fields))
    hold(guest)
    take_in(redis, test_sessions)
    assert steps(session, scene) == {"made": 1}
    assert redis.xlen(STREAM) == 0


def test_a_calendar_that_another_clinic_has_is_not_known(
    session: Session, redis: Redis, test_sessions: Sessions, scene: Scene
) -> None:
    redis.xadd(
        STREAM,
        {"o": str(scene.org_id), "w": "made", "t": "1", "h": "x", "k": str(uuid7()), "e": "2"},
    )
    take_in(redis, test_sessions)
    assert [one.calendar_id for one in log(session, scene)] == [None]


def test_with_redis_away_nothing_is_noted_and_booking_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    session: Session,
    test_sessions: Sessions,
    scene: Scene,
    guest: BrowserClient,
) -> None:
    monkeypatch.setattr(patience, "_courtesy", patience.Courtesy())
    away = patience.connect("redis://127.0.0.1:1/0")
    assert take_in(away, test_sessions) == 0
    monkeypatch.setattr("app.web.http.context.redis", lambda: away)
    assert guest.post(hold(guest), data=GUEST).status_code == 303
    assert steps(session, scene) == {}


def test_after_ninety_days_it_is_forgotten_and_nothing_younger_ever_is(
    session: Session, test_sessions: Sessions, scene: Scene, clock: FrozenClock
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        for number, at in enumerate((LONG_AGO, LONG_AGO, clock.now())):
            session.execute(
                insert(table_of(HoldEvent)).values(
                    org_id=scene.org_id, id=uuid7(), source=str(number), what="made", at=at
                )
            )
    with scoped(session, Scope(role=DISPATCH_ROLE)):
        young = session.execute(
            text("DELETE FROM hold_events WHERE at > '2025-01-01' RETURNING id")
        )
        assert young.all() == []
    session.commit()
    assert forget(test_sessions, clock.now()) == 2
    assert [one.at for one in log(session, scene)] == [clock.now()]


def test_an_empty_page_says_so_and_odd_periods_are_the_usual_one(
    scene: Scene, olga: BrowserClient
) -> None:
    for address in (PAGE, f"{PAGE}?days=5000", f"{PAGE}?days=x"):
        page = olga.get(address)
        assert page.status_code == 200
        assert "Nobody has chosen a time in these days" in page.text


def test_who_may_see_it(cast: Cast, client: BrowserClient, signed_in: SignIn) -> None:
    assert client.get(PAGE).status_code == 303
    assert signed_in(cast.bogdan).get(PAGE).status_code == 404
    assert signed_in(cast.ramona).get(PAGE).status_code == 403
