"""Holds: time kept for one browser while its form is open (SCH-04, SCH-09). A courtesy with a lifetime.

A hold is a footprint on resources, so a hold for one service blocks every other service of the same people and rooms.
One Lua script checks and places, so no two overlapping holds of a resource ever live together. Occupancy decides
(SCH-05); with Redis away nothing is held and booking goes on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from app.kernel import live
from app.kernel.metrics import HOLDS
from app.kernel.redis import best_effort
from app.lib.ids import new_token
from app.scheduling.hold_log.stream import (
    NOTE,
    RELEASED,
    REPLACED,
    SILENT,
    Asked,
    arguments,
)
from app.scheduling.rules.occupancy import Hold

LIFE = dt.timedelta(minutes=8)
QUOTA = 3

# KEYS[1] the client's holds, member = token|resource numbers; KEYS[2..] one sorted set a resource, score = expiry
# in ms, member = token|start|end|client|group with start and end in minutes since the epoch (footprint).
# ARGV: now_ms, expiry_ms, token, start, end, client, quota, resource numbers, group, places, channel, topic,
# what the log takes: of several holds of a client it follows the last.
# Gives 1 placed (and open pages are told at once), 0 taken, -1 over quota.
# Holds of one group (a class) share their time until its places are gone.
# A client who chooses again replaces an overlapping hold of their own: nobody is in their own way.
# A set lives as long as its longest hold: a shorter one must not take the others along.
_PLACE = (
    NOTE
    + """
local now, expiry = tonumber(ARGV[1]), tonumber(ARGV[2])
local token, first, last, client = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local own, replaced, tokens, gone = token .. '|' .. ARGV[8], {}, {}, 0
local group, places, others = ARGV[9], tonumber(ARGV[10]), 0
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for i = 2, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  for _, member in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do
    local t, s, e, c, g = string.match(member, '^([^|]*)|(%-?%d+)|(%-?%d+)|([^|]*)|(.*)$')
    s, e = tonumber(s), tonumber(e)
    local meets = first < e and s < last and t ~= token
    if meets and c ~= client then
      if group == '' or g ~= group or s ~= first or e ~= last then return 0 end
      others = others + 1
    elseif meets then
      replaced[#replaced + 1] = {KEYS[i], member}
      tokens[t] = true
    end
  end
end
if group ~= '' and others >= places then return 0 end
local held, known = redis.call('ZRANGE', KEYS[1], 0, -1), false
for _, entry in ipairs(held) do
  known = known or string.match(entry, '^[^|]*') == token
  if entry == own or tokens[string.match(entry, '^[^|]*')] then gone = gone + 1 end
end
if #held - gone >= tonumber(ARGV[7]) then return -1 end
for _, pair in ipairs(replaced) do redis.call('ZREM', pair[1], pair[2]) end
for _, entry in ipairs(held) do
  if tokens[string.match(entry, '^[^|]*')] then redis.call('ZREM', KEYS[1], entry) end
end
local function keep(key, member)
  redis.call('ZADD', key, expiry, member)
  local latest = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  redis.call('PEXPIRE', key, math.max(1000, math.ceil(tonumber(latest)) - now))
end
for i = 2, #KEYS do keep(KEYS[i], token .. '|' .. ARGV[4] .. '|' .. ARGV[5] .. '|' .. client .. '|' .. group) end
keep(KEYS[1], own)
for _, entry in ipairs(held) do
  if not known then note(13, 'replaced', string.match(entry, '^[^|]*'), ARGV[1], '') end
end
note(13, known and 'extended' or 'made', token, ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[11], ARGV[12])
return 1
"""
)

# KEYS[1] the client's holds; ARGV: token, how keys of resources begin, channel, topic (an empty one tells nobody),
# how it ended, now, what the log takes. A booking is noted also where the hold had run out. The client's entry names
# every resource of the hold. Gives how many resources were freed.
_RELEASE = (
    NOTE
    + """
local found = ARGV[5] == 'booked'
local token, freed = ARGV[1] .. '|', 0
for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(entry, 1, #token) == token then
    found = true
    redis.call('ZREM', KEYS[1], entry)
    for number in string.gmatch(string.sub(entry, #token + 1), '%d+') do
      local key = ARGV[2] .. number
      for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        if string.sub(member, 1, #token) == token then freed = freed + redis.call('ZREM', key, member) end
      end
    end
  end
end
if found then note(7, ARGV[5], ARGV[1], ARGV[6], '') end
if freed > 0 and ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return freed
"""
)


# KEYS one sorted set a resource; ARGV: the expiry from which holds count. Gives member and score of each, set by set:
# one command with one answer, where a pipeline packs and reads as many as there are resources.
_READ = """
local found = {}
for i = 1, #KEYS do found[i] = redis.call('ZRANGEBYSCORE', KEYS[i], ARGV[1], '+inf', 'WITHSCORES') end
return found
"""


class _Script:
    """A script that Redis is asked for by its digest, and gets whole where it does not know it yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, redis: Redis, keys: Sequence[str], args: Sequence[str | int]) -> int:
        """The number that the script gives."""
        return int(self.answer(redis, keys, args))

    def answer(self, redis: Redis, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """What the script gives."""
        try:
            return redis.evalsha(self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return redis.eval(self._text, len(keys), *keys, *args)


_PLACING, _RELEASING, _READING = _Script(_PLACE), _Script(_RELEASE), _Script(_READ)


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
    """The answer to a wish: with HELD a token and when it ends."""

    outcome: Outcome
    token: str = ""
    expires_at: dt.datetime | None = None


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
        expires_at = now + life
        keys = self._keys(client, footprint.resources)
        args: list[str | int] = [
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
        answer = best_effort("hold_place", lambda: _PLACING.run(self._redis, keys, args), None)
        outcome = Outcome.UNAVAILABLE if answer is None else Outcome(answer)
        HOLDS.labels(outcome=outcome.name.lower()).inc()
        return Kept(outcome, token, expires_at) if outcome is Outcome.HELD else Kept(outcome)

    def release(self, token: str, client: str, now: dt.datetime, *, why: str = RELEASED) -> None:
        """Let go of a hold, of all resources that were kept with it; twice is no error.

        `why` is what the log of holds says of its end.
        """
        keys, args = self._releasing(token, client, now, why, *self._told())
        best_effort("hold_release", lambda: _RELEASING.run(self._redis, keys, args), 0)

    def ending(self, token: str, client: str, now: dt.datetime, why: str) -> tuple[str | int, ...]:
        """The command that does the same in silence, for whoever sends it with others and tells of the change."""
        keys, args = self._releasing(token, client, now, why, "", "")
        return ("EVAL", _RELEASE, len(keys), *keys, *args)

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
        found = _READING.answer(self._redis, keys, [f"({_milliseconds(now)}"])
        return [[(one[n], float(one[n + 1])) for n in range(0, len(one), 2)] for one in found]

    def _keys(self, client: str, resources: Iterable[int]) -> list[str]:
        return [f"holds:{self._org_id}:client:{client}", *(self._key(one) for one in resources)]

    def _key(self, number: int) -> str:
        return f"holds:{self._org_id}:{number}"


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
