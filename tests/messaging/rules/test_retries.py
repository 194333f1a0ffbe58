"""A message is tried again after growing pauses, and not for ever."""

from __future__ import annotations

import datetime as dt

import pytest

from app.messaging.rules.retries import LONGEST, MAX_ATTEMPTS, next_attempt

NOW = dt.datetime(2027, 3, 3, 8, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.proves("NTF-02")


def test_pauses_grow_to_an_hour() -> None:
    moments = [next_attempt(attempt, NOW) for attempt in range(1, MAX_ATTEMPTS)]
    waits = [moment - NOW for moment in moments if moment is not None]
    assert len(waits) == MAX_ATTEMPTS - 1
    assert waits[0] == dt.timedelta(seconds=15)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST


def test_it_gives_up() -> None:
    assert next_attempt(MAX_ATTEMPTS, NOW) is None


def test_a_provider_may_ask_for_more_patience_but_not_less() -> None:
    assert next_attempt(1, NOW, asked=90) == NOW + dt.timedelta(seconds=90)
    assert next_attempt(3, NOW, asked=1) == next_attempt(3, NOW)
