"""When two cards may be one person: pure rules."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.people.rules.keeping import Standing, in_order, two_logins
from app.people.rules.likeness import Traits, likeness, name_sign, similarity

pytestmark = pytest.mark.proves("BYD-09")
BORN = dt.date(1980, 4, 2)
WORDS = st.text(st.sampled_from("abcșțăî -'"), max_size=20)
TRAITS = st.builds(
    Traits,
    WORDS,
    st.sampled_from([None, "+40722000001", "+40722000002"]),
    st.sampled_from([None, "a@x.ro", "b@x.ro"]),
    st.sampled_from([None, BORN, dt.date(1981, 4, 2)]),
)


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("Maria Pop", "POP  Maria", "same_name"),
        ("Ștefan Țânțar", "Stefan Tantar", "same_name"),
        ("Ana-Maria Pop", "Ana Maria Pop", "same_name"),
        ("Ana Pop", "Ana Maria Pop", "close_name"),
        ("Maria Popescu", "Maria Popesku", "close_name"),
        ("Maria Popescu", "Maira Popescu", "close_name"),
        ("Andrei Pop", "Mihai Pop", None),
        ("Ion Pop", "Dan Pop", None),
        ("Pop", "Maria Pop", None),
        ("", "Maria", None),
    ],
)
def test_names_are_the_same_in_any_order_and_close_but_for_a_slip(
    one: str, other: str, sign: str | None
) -> None:
    assert name_sign(one, other) == sign


def test_a_mother_and_her_child_share_all_contact_and_are_no_duplicate() -> None:
    mother = Traits("Carmen Dinu", "+40722000001", "c@x.ro", BORN)
    child = Traits("David Dinu", "+40722000001", "c@x.ro", dt.date(2015, 1, 1))
    assert not likeness(mother, child).worth_a_look


def test_a_name_alone_is_too_little_and_with_a_phone_enough() -> None:
    assert not likeness(Traits("Ana Pop"), Traits("Pop Ana")).worth_a_look
    same = likeness(Traits("Ana Pop", "+40722000001"), Traits("Pop Ana", "+40722000001"))
    assert same.worth_a_look
    assert same.signs == ("same_name", "same_phone")


def test_namesakes_of_one_telephone_with_other_birth_dates_are_two_people() -> None:
    father = Traits("Ion Pop", "+40722000001", None, BORN)
    son = Traits("Ion Pop", "+40722000001", None, dt.date(2001, 1, 1))
    assert not likeness(father, son).worth_a_look


@given(TRAITS, TRAITS)
def test_likeness_is_the_same_from_both_sides(one: Traits, other: Traits) -> None:
    assert likeness(one, other) == likeness(other, one)


@given(st.text(max_size=8), st.text(max_size=8))
def test_similarity_lies_between_none_and_all(one: str, other: str) -> None:
    assert 0 <= similarity(one, other) <= 1
    assert similarity(one, one) == 1


CARDS = st.builds(
    Standing,
    st.uuids(),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)),
    st.booleans(),
    st.sampled_from([frozenset(), frozenset({uuid.UUID(int=1)}), frozenset({uuid.UUID(int=2)})]),
)


@given(CARDS, CARDS)
def test_a_login_is_kept_before_a_known_patient_and_that_before_the_older(
    one: Standing, other: Standing
) -> None:
    kept, gone = in_order(one, other)
    assert {kept.id, gone.id} == {one.id, other.id}
    assert in_order(other, one)[0].id == kept.id
    assert bool(kept.logins) >= bool(gone.logins)
    if bool(kept.logins) == bool(gone.logins):
        assert kept.onboarded >= gone.onboarded
    assert two_logins(one, other) == bool(
        one.logins and other.logins and one.logins != other.logins
    )
