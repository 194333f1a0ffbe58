"""What a row of a file says: columns by their names, dates and personal numbers, who is who (BYD-09)."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.csv import safe_cell
from app.lib.errors import Invalid
from app.people.rules import personal_number
from app.people.rules.likeness import Traits
from app.people.rules.sheet_columns import checked_mapping, guess, names_columns
from app.people.rules.sheet_matching import Known
from app.people.rules.sheet_rows import Reading, parse_date, read_row

pytestmark = pytest.mark.proves("BYD-09")
TODAY = dt.date(2027, 3, 1)
ANA = "2850314400012"


def reading(*mapping: str | None) -> Reading:
    return Reading(mapping, "RO", "ro", TODAY)


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (["Nume", "Prenume", "Telefon"], ("last_name", "first_name", "phone")),
        (["NUME și PRENUME", "Tel.", "E-mail"], ("name", "phone", "email")),
        (["Nume", "Data nașterii", "C.N.P."], ("name", "birth_date", None)),
        (
            ["Name", "Date of birth", "CNP", "Language"],
            ("name", "birth_date", "personal_number", "locale"),
        ),
        (["Telefon", "Mobil", "Observații"], ("phone", None, None)),
    ],
)
def test_columns_are_known_by_their_names(
    header: list[str], mapping: tuple[str | None, ...]
) -> None:
    assert guess(header) == mapping


def test_a_first_row_of_data_names_no_columns() -> None:
    assert names_columns(["Coloana A", "Coloana B"])
    assert not names_columns(["Ana Pop", "0722 123 456"])
    assert not names_columns(["Ana Pop", "x", "14.03.1985"])


@pytest.mark.parametrize(
    ("chosen", "field", "code"),
    [
        (["name", "name"], "column-1", "column_twice"),
        (["phone", None], "columns", "column_name_missing"),
        (["name"], "columns", "invalid_choice"),
        (["name", "salary"], "columns", "invalid_choice"),
    ],
)
def test_a_mapping_that_cannot_be(chosen: list[str | None], field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_mapping(chosen, 2)
    assert (refused.value.errors[0].field, refused.value.errors[0].code) == (field, code)


@given(
    st.dates(dt.date(1900, 1, 1), TODAY),
    st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"]),
)
def test_dates_as_people_write_them(born: dt.date, pattern: str) -> None:
    # Python writes years before 1000 without zeros, none of which is meant here.
    assert parse_date(born.strftime(pattern), TODAY) == born


@pytest.mark.parametrize(
    "text", ["31.02.1985", "14.03.2030", "1.1.1899", "14 March", "03/14/1985", "", "٣.٣.١٩٨٥x"]
)
def test_dates_that_cannot_be(text: str) -> None:
    with pytest.raises(Invalid):
        parse_date(text, TODAY)


def test_a_year_of_two_digits_is_the_last_that_has_come() -> None:
    assert (
        parse_date("5.6.27", TODAY) == dt.date(2027, 6, 5) if dt.date(2027, 6, 5) < TODAY else True
    )
    assert parse_date("5.2.27", TODAY) == dt.date(2027, 2, 5)
    assert parse_date("5.6.28", TODAY) == dt.date(1928, 6, 5)


@given(st.dates(dt.date(1900, 1, 1), TODAY), st.integers(0, 99), st.integers(0, 999))
def test_personal_numbers_tell_the_date_and_one_wrong_digit_is_noticed(
    born: dt.date, county: int, serial: int
) -> None:
    first = "1" if born.year < 2000 else "5"
    start = f"{first}{born:%y%m%d}{county:02d}{serial:03d}"
    weights = (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)
    rest = sum(int(one) * weight for one, weight in zip(start, weights, strict=True)) % 11
    number = f"{start}{1 if rest == 10 else rest}"
    assert personal_number.birth_date(personal_number.checked(number, TODAY), TODAY) == born
    wrong = number[:-1] + str((int(number[-1]) + 5) % 10)
    with pytest.raises(Invalid):
        personal_number.checked(wrong, TODAY)


def test_a_row_as_a_card() -> None:
    how = reading("last_name", "first_name", "phone", "email", "personal_number", "locale")
    card = read_row(
        ["Pop", " Ana\u00a0Maria ", "0722 123 456", "ANA@X.ro", _with_check(ANA), "engleză"], how
    )
    assert (card.name, card.phone, card.email) == ("Ana Maria Pop", "+40722123456", "ana@x.ro")
    assert (card.birth_date, card.locale, card.problems) == (dt.date(1985, 3, 14), "en", ())


def test_each_wrong_cell_is_named_and_the_rest_is_read() -> None:
    how = reading("name", "phone", "email", "birth_date", "personal_number")
    card = read_row(["Ana Pop", "021 300 4000", "ana(at)x", "30.02.2000", "123", "more"], how)
    assert [(one.field, one.code) for one in card.problems] == [
        ("", "row_too_wide"),
        ("personal_number", "personal_number"),
        ("birth_date", "date_impossible"),
        ("phone", "phone_not_mobile"),
        ("email", "email_invalid"),
    ]
    assert card.name == "Ana Pop"
    assert read_row(["", "0722123456"], how).problems[0].code == "required"
    assert read_row(["x" * 300], how).problems[0].code == "too_long"


def test_a_date_that_contradicts_the_personal_number_is_noticed() -> None:
    card = read_row(
        ["Ana", "15.03.1985", _with_check(ANA)], reading("name", "birth_date", "personal_number")
    )
    assert [one.code for one in card.problems] == ["birth_date_other"]


@given(st.text(max_size=30))
def test_what_an_export_disarmed_is_read_as_it_was(text: str) -> None:
    """A file of rows to correct can be brought again: the apostrophe of the export is not part of the name."""
    how = reading("name")
    assert read_row([safe_cell(text)], how).name == read_row([text], how).name or text.startswith(
        "'"
    )


def test_namesakes_are_two_people_until_something_speaks_for_one() -> None:
    known: Known[int] = Known()
    known.add(1, Traits("Maria Popescu", "+40722000001", None, None))
    assert known.best(Traits("Popescu Maria", "+40722000002", None, None)) is None
    assert known.best(Traits("Maria Popescu", None, None, None)) is not None
    assert known.best(Traits("Ion Popescu", "+40722000001", None, None)) is None
    found = known.best(Traits("Popescu  Măria", "+40722000001", None, None))
    assert found is not None
    assert found[1].signs == ("same_name", "same_phone")


def test_a_file_of_one_phone_costs_no_square() -> None:
    known: Known[int] = Known()
    for number in range(2000):
        known.add(number, Traits(f"Name{number} Other{number}", "+40722000001", None, None))
    assert known.best(Traits("Name1999 Other1999", None, None, None)) is not None
    assert known.best(Traits("Nobody Here", "+40722000001", None, None)) is None


def _with_check(number: str) -> str:
    for digit in "0123456789":
        try:
            return personal_number.checked(number[:12] + digit, TODAY)
        except Invalid:
            continue
    raise AssertionError
