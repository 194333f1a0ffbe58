"""The Lua scripts of holds: each checks and writes in one step that nobody can come between (SCH-04)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from app.scheduling.hold_log.stream import NOTE

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
local function place(KEYS, numbers)
local own, replaced, tokens, gone = token .. '|' .. numbers, {}, {}, 0
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
end
"""
)
_PLACE_ALL = _PLACE + "return place(KEYS, ARGV[8])"

# The same for the first of several resources whose time is neither held nor was taken a moment ago (just_taken.py):
# KEYS[2..] the resources, then what was just taken of each in the same order. Gives the place of the resource in the
# list, 0 when none has the time (the log hears of it), -1 over quota.
_PLACE_FIRST = (
    _PLACE
    + """
local clock = redis.call('TIME')
local many, at, numbers = (#KEYS - 1) / 2, clock[1] .. '000', {}
local function taken(key)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. at, '+inf')) do
    local s, e = string.match(member, '^(%-?%d+)|(%-?%d+)')
    if first < tonumber(e) and tonumber(s) < last then return true end
  end
  return false
end
for number in string.gmatch(ARGV[8], '%d+') do numbers[#numbers + 1] = number end
for i = 1, many do
  local placed = taken(KEYS[1 + many + i]) and 0 or place({KEYS[1], KEYS[1 + i]}, numbers[i])
  if placed == 1 then return i end
  if placed == -1 then return -1 end
end
note(13, 'refused', '', ARGV[1], '')
return 0
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


class Script:
    """A script that Redis is asked for by its digest, and gets whole where it does not know it yet."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, redis: Redis, keys: Sequence[str], args: Sequence[str | int]) -> int:
        """The number that the script gives."""
        return int(self.answer(redis, keys, args))

    def answer(self, redis: Redis, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """What the script gives."""
        try:
            return redis.evalsha(self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return redis.eval(self.text, len(keys), *keys, *args)


PLACING, PLACING_FIRST = Script(_PLACE_ALL), Script(_PLACE_FIRST)
RELEASING, READING = Script(_RELEASE), Script(_READ)
