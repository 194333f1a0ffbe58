"""Holds: time kept for one browser while its form is open (SCH-04, SCH-09). A courtesy with a lifetime.

A hold is a footprint on resources, so a hold for one service blocks every other service of the same people and rooms.
One Lua script checks and places, so no two overlapping holds of a resource ever live together. Occupancy decides
(SCH-05); with Redis away nothing is held and booking goes on.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from redis import Redis

from app.kernel import live
from app.kernel.metrics import HOLDS
from app.kernel.redis import best_effort
from app.lib.ids import new_token
from app.scheduling import just_taken
from app.scheduling.hold_log.stream import RELEASED, REPLACED, SILENT, Asked, arguments
from app.scheduling.hold_scripts import PLACING, PLACING_FIRST, READING, RELEASING
from app.scheduling.rules.occupancy import Hold

LIFE = dt.timedelta(minutes=8)
QUOTA = 3


class Outcome(Enum):
    """What became of the wish to hold."""

    HELD = 1
    TAKEN = 0
    OVER_QUOTA = -1
    UNAVAILABLE = 2


@dataclass(frozen=True, slots=True)
class Footprint:
    """What is to be kept: resources by number, and time with buffers in minutes since the epoch.

    With a `group` (a class) it is one of `places` that share the time.
    """

    resources: tuple[int, ...]
    start: int
    end: int
    group: str = ""
    places: int = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to a wish: with HELD a token, when it ends, and the resources that are kept."""

    outcome: Outcome
    token: str = ""
    expires_at: dt.datetime | None = None
    resources: tuple[int, ...] = ()


class _Installed:
    """Where holds lie, for work outside a request: the composer knows."""

    redis: Redis | None = None


def install(redis: Redis) -> None:
    """Say where holds lie, for subscribers and jobs; a request brings its own connection."""
    _Installed.redis = redis


def at_hand() -> Redis:
    """The Redis in which holds lie. RuntimeError before the composer has said so: a programmer's mistake."""
    if _Installed.redis is None:
        raise RuntimeError("nobody has said where holds lie")
    return _Installed.redis


class Holds:
    """The holds of one clinic."""

    def __init__(self, redis: Redis, org_id: uuid.UUID) -> None:
        self._redis = redis
        self._org_id = org_id

    def place(
        self,
        footprint: Footprint,
        client: str,
        now: dt.datetime,
        life: dt.timedelta = LIFE,
        token: str | None = None,
        asked: Asked | None = None,
    ) -> Kept:
        """Keep the footprint for `client`, in place of their own holds that it overlaps.

        Passing a token again extends that hold. With `asked` the log of holds hears of it.
        """
        token = token or new_token(16)
        keys = self._keys(client, footprint.resources)
        args = self._placing(footprint, client, now, now + life, token, asked)
        answer = best_effort("hold_place", lambda: PLACING.run(self._redis, keys, args), None)
        return _kept(answer, token, now + life, footprint.resources)

    def place_first(
        self, footprint: Footprint, client: str, now: dt.datetime, asked: Asked
    ) -> Kept:
        """Keep the time of the first of the footprint's resources that has it, for `client`.

        A time that was taken within `just_taken.LIFE` counts as taken, so that no database is asked.
        """
        token = new_token(16)
        taken = [just_taken.key(self._org_id, one) for one in footprint.resources]
        keys = [*self._keys(client, footprint.resources), *taken]
        args = self._placing(footprint, client, now, now + LIFE, token, asked)
        answer = best_effort("hold_first", lambda: PLACING_FIRST.run(self._redis, keys, args), None)
        first = footprint.resources[answer - 1 : answer] if answer and answer > 0 else ()
        return _kept(min(answer, 1) if answer is not None else None, token, now + LIFE, first)

    def _placing(
        self,
        footprint: Footprint,
        client: str,
        now: dt.datetime,
        expires_at: dt.datetime,
        token: str,
        asked: Asked | None,
    ) -> list[str | int]:
        return [
            _milliseconds(now),
            _milliseconds(expires_at),
            token,
            footprint.start,
            footprint.end,
            client,
            QUOTA,
            ",".join(map(str, footprint.resources)),
            footprint.group,
            footprint.places,
            *self._told(),
            *(SILENT if asked is None else arguments(self._org_id, asked)),
        ]

    def release(self, token: str, client: str, now: dt.datetime, *, why: str = RELEASED) -> None:
        """Let go of a hold, of all resources that were kept with it; twice is no error.

        `why` is what the log of holds says of its end.
        """
        keys, args = self._releasing(token, client, now, why, *self._told())
        best_effort("hold_release", lambda: RELEASING.run(self._redis, keys, args), 0)

    def ending(self, token: str, client: str, now: dt.datetime, why: str) -> tuple[str | int, ...]:
        """The command that does the same in silence, for whoever sends it with others and tells of the change."""
        keys, args = self._releasing(token, client, now, why, "", "")
        return ("EVAL", RELEASING.text, len(keys), *keys, *args)

    def _releasing(
        self, token: str, client: str, now: dt.datetime, why: str, channel: str, topic: str
    ) -> tuple[list[str], list[str | int]]:
        start = f"holds:{self._org_id}:"
        logged = arguments(self._org_id, None)
        return self._keys(client, ()), [
            *(token, start, channel, topic, why, _milliseconds(now)),
            *logged,
        ]

    def release_oldest(self, client: str, now: dt.datetime) -> None:
        """Let go of the hold of a client that ends first: who chooses a fourth time has left the first."""
        key = self._keys(client, ())[0]
        none: list[str] = []
        oldest = best_effort("hold_oldest", lambda: self._oldest(key), none)
        for entry in oldest:
            self.release(entry.partition("|")[0], client, now, why=REPLACED)

    def of(self, resources: Iterable[int], now: dt.datetime) -> dict[int, list[Hold]]:
        """The live holds of each resource; empty where Redis is away."""
        numbers = list(resources)
        if not numbers:
            return {}
        rows = best_effort("hold_read", lambda: self._read(numbers, now), None)
        if rows is None:
            return {}
        return {
            number: [_hold(member, score) for member, score in members]
            for number, members in zip(numbers, rows, strict=True)
        }

    def _told(self) -> tuple[str, str]:
        return live.channel(self._org_id), live.AVAILABILITY

    def _oldest(self, key: str) -> list[str]:
        return [str(entry) for entry in self._redis.zrange(key, 0, 0)]

    def _read(self, numbers: list[int], now: dt.datetime) -> list[list[tuple[str, float]]]:
        keys = [self._key(number) for number in numbers]
        found = READING.answer(self._redis, keys, [f"({_milliseconds(now)}"])
        return [[(one[n], float(one[n + 1])) for n in range(0, len(one), 2)] for one in found]

    def _keys(self, client: str, resources: Iterable[int]) -> list[str]:
        return [f"holds:{self._org_id}:client:{client}", *(self._key(one) for one in resources)]

    def _key(self, number: int) -> str:
        return f"holds:{self._org_id}:{number}"


def _kept(
    answer: int | None, token: str, expires_at: dt.datetime, resources: tuple[int, ...]
) -> Kept:
    outcome = Outcome.UNAVAILABLE if answer is None else Outcome(answer)
    HOLDS.labels(outcome=outcome.name.lower()).inc()
    held = outcome is Outcome.HELD
    return Kept(outcome, token, expires_at, resources) if held else Kept(outcome)


def _hold(member: str, score: float) -> Hold:
    token, start, end, client, group = member.split("|", 4)
    return Hold(
        int(start),
        int(end),
        expires_s=int(score // 1000),
        owner=client,
        ref=token,
        group=group,
    )


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
