"""A transition table allows exactly its arrows."""

from __future__ import annotations

import itertools

import pytest

from app.lib.states import IllegalMove, Machine, MoveForbidden

pytestmark = pytest.mark.proves("APT-05")

DOOR = Machine(
    "door",
    "closed",
    {
        ("closed", "open"): ("opened", {"guest", "owner"}),
        ("opened", "close"): ("closed", {"guest", "owner"}),
        ("closed", "lock"): ("locked", {"owner"}),
        ("closed", "expire"): ("gone", ()),
    },
)
VERBS = {verb for _, verb in DOOR.transitions}


def test_every_pair_is_either_an_arrow_or_illegal() -> None:
    for state, verb in itertools.product(DOOR.states, VERBS):
        if (state, verb) in DOOR.transitions:
            assert DOOR.arrow(state, verb).target == DOOR.transitions[state, verb][0]
        else:
            with pytest.raises(IllegalMove) as refused:
                DOOR.move(state, verb, {"owner"})
            assert refused.value.params == {"machine": "door", "state": state, "verb": verb}


def test_roles_are_per_arrow() -> None:
    assert DOOR.move("closed", "lock", {"owner", "guest"}) == "locked"
    with pytest.raises(MoveForbidden):
        DOOR.move("closed", "lock", {"guest"})
    assert DOOR.verbs("closed", {"guest"}) == ["open"]
    assert DOOR.verbs("closed", {"owner"}) == ["open", "lock"]


def test_an_arrow_without_roles_belongs_to_the_system() -> None:
    with pytest.raises(MoveForbidden):
        DOOR.check("closed", "expire", {"owner"})
    assert DOOR.arrow("closed", "expire").target == "gone"


def test_final_states() -> None:
    assert DOOR.final_states() == {"locked", "gone"}


def test_a_table_with_an_island_is_refused() -> None:
    with pytest.raises(ValueError, match="unreachable"):
        Machine("odd", "a", {("b", "go"): ("c", {"owner"})})
