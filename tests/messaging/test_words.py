"""The words of every message, in both languages, with hard values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from app.messaging.rules.sms_text import parts, plain
from app.messaging.wordings import EMAIL, SMS, WORDINGS, on_channel
from app.messaging.words import LANGUAGES, language, rendered
from tests.support.browser_client import check_html

START = dt.datetime(2027, 3, 3, 12, 30, tzinfo=dt.UTC)
CLINIC = {
    "name": "Movimento & Fiii",
    "slug": "movimento",
    "email": "contact@movimento.example",
    "phone": "+40212345678",
    "website": "movimento.example",
    "accent": "#0f766e",
}
VISIT = {
    "patient_name": "Petra <b>Țânțar</b>",
    "service_names": {"ro": "Kinetoterapie", "en": "Physiotherapy"},
    "specialist": "Ștefan Marin",
    "specialist_id": "1",
    "reference": "K7QX-4MPT",
    "starts_at": START.isoformat(),
    "ends_at": (START + dt.timedelta(minutes=45)).isoformat(),
    "moved_from": (START - dt.timedelta(days=1)).isoformat(),
    "change_until": (START - dt.timedelta(days=1)).isoformat(),
    "may_change": True,
    "price_minor": 123450,
    "currency": "RON",
    "online": False,
    "location": "Centru, Str. Lungă & Lată 4, București",
    "location_phone": None,
    "zone": "Europe/Bucharest",
    "other_zone": None,
    "time_zone": "Europe/Bucharest",
    "visit_url": None,
    "rebook_url": None,
    "calendar": None,
}
LINK = {
    "name": "Petra",
    "minutes": 15,
    "hours": 72,
    "link": "https://clinic.example/x?a=1&b=2",
}
CONTEXTS: dict[str, dict[str, Any]] = {
    "booking_confirmed": VISIT,
    "booking_moved": VISIT,
    "booking_cancelled": VISIT,
    "course_booked": {
        **VISIT,
        "count": 10,
        "visits": [{"starts_at": START.isoformat(), "specialist": "Ștefan Marin"}] * 10,
    },
    "course_changed": {
        **VISIT,
        "moved": 2,
        "again": 0,
        "visits": [
            {
                "number": 3,
                "starts_at": START.isoformat(),
                "before": (START - dt.timedelta(days=1)).isoformat(),
                "specialist": "Ștefan Marin",
            }
        ]
        * 2,
        "cancelled": [],
    },
    "waiting_offer": {
        **VISIT,
        "expires_at": (START - dt.timedelta(hours=3)).isoformat(),
        "offer_url": "https://app.restartix.example/movimento/o/" + "x" * 22,
    },
    "review_request": {
        **VISIT,
        "review_url": "https://app.restartix.example/movimento/v/" + "x" * 22 + "/review",
    },
    "review_low": {
        **VISIT,
        "name": "Olga",
        "rating": 1,
    },
    "sign_in_link": LINK,
    "staff_invitation": LINK,
    "password_link": LINK,
    "elevated_access_opened": {
        "name": "Olga",
        "case_kind": "support",
        "reason": "Ticket 4711: wrong hours <shown>",
        "opened_at": START.isoformat(),
        "expires_at": (START + dt.timedelta(hours=1)).isoformat(),
        "time_zone": "Europe/Bucharest",
    },
}
CASES = [(name, locale) for name in WORDINGS for locale in LANGUAGES]
pytestmark = pytest.mark.proves("NTF-01", "KRN-10")


def _render(name: str, part: str, locale: str, **changes: Any) -> str:
    return rendered(name, part, locale, {**CONTEXTS[name], "clinic": CLINIC, **changes})


@pytest.mark.parametrize(("name", "locale"), CASES)
def test_every_mail_has_subject_text_and_valid_html(name: str, locale: str) -> None:
    if EMAIL not in WORDINGS[name].channels:
        pytest.fail("every message has a mail today")
    subject = _render(name, "subject.txt", locale)
    assert 10 < len(subject) < 120
    assert "\n" not in subject
    text = _render(name, "body.txt", locale)
    assert "&amp;" not in text
    assert "\n\n\n" not in text
    html = _render(name, "body.html", locale)
    check_mail(html)
    assert f'lang="{locale}"' in html
    assert "Movimento &amp; Fiii" in html


def check_mail(html: str) -> None:
    """Valid, and without anything that a mail program would load or run."""
    for forbidden in ("<script", "<link", "<img", "url(", "<b>"):
        assert forbidden not in html
    # Inline styles are how mail is styled; everything else is checked as a page is.
    check_html(html.replace(" style=", " data-style="))


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("name", [one.name for one in on_channel(SMS)])
def test_texts_fit_in_two_parts_even_with_long_names(name: str, locale: str) -> None:
    text = _render(
        name,
        "sms.txt",
        locale,
        clinic={**CLINIC, "name": "Clinica de Recuperare Medicală și Kinetoterapie Movimento"},
        specialist="Dr. Ștefan-Alexandru Constantinescu-Brătianu",
        visit_url="https://programari.clinica-movimento.example/movimento/v/" + "x" * 22,
        other_zone="Europe/London",
    )
    assert parts(plain(" ".join(text.split()))) <= 2


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("name", [one.name for one in on_channel(SMS)])
def test_a_usual_text_is_one_message(name: str, locale: str) -> None:
    clinic = {**CLINIC, "name": "Clinica Movimento"}
    link = "https://app.restartix.example/movimento/v/" + "x" * 22
    words = _render(name, "sms.txt", locale, clinic=clinic, visit_url=link)
    text = plain(" ".join(words.split()))
    assert parts(text) == 1
    assert "14:30" in text
    assert "Stefan Marin" in text or name.startswith("course_")  # Several people may give a course.


def test_dates_money_and_phones_take_the_readers_form() -> None:
    romanian = _render("booking_confirmed", "body.txt", "ro")
    english = _render("booking_confirmed", "body.txt", "en")
    assert "miercuri, 3 martie 2027, 14:30–15:15" in romanian
    assert "Wednesday, 3 March 2027, 14:30–15:15" in english
    assert "1.234,50\u00a0RON" in romanian
    assert "RON\u00a01,234.50" in english
    assert "Kinetoterapie" in romanian
    assert "Physiotherapy" in english
    assert "021 234 5678" in romanian
    assert "+40 21 234 5678" in english


def test_two_clocks_are_told_apart() -> None:
    text = _render("booking_confirmed", "body.txt", "en", other_zone="Europe/London")
    assert "14:30–15:15 (Bucharest time; 3 Mar 2027, 12:30 in London)" in text


def test_nothing_of_a_name_becomes_markup() -> None:
    html = _render("booking_confirmed", "body.html", "en")
    assert "Petra &lt;b&gt;Țânțar&lt;/b&gt;" in html


def test_a_missing_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        rendered("booking_confirmed", "body.txt", "en", {"clinic": CLINIC})


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        _render("booking_confirmed", "body.txt", "en", starts_at="2027-03-03T12:30:00")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("ro", "ro"), ("ro_MD", "ro"), ("en-GB", "en"), ("de", "en"), ("", "en")],
)
def test_an_unknown_language_reads_english(locale: str, expected: str) -> None:
    assert language(locale) == expected


@settings(max_examples=25, deadline=None)
@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1)
)
def test_any_name_leaves_the_mail_valid(name: str) -> None:
    check_mail(_render("booking_confirmed", "body.html", "ro", patient_name=f"{name}&<script>"))


@pytest.mark.parametrize("part", ["body.txt", "body.html"])
@pytest.mark.parametrize("name", ["booking_confirmed", "booking_moved"])
def test_within_the_notice_the_mail_says_whom_to_call(name: str, part: str) -> None:
    early = _render(name, part, "en", visit_url="https://clinic.example/v/1")
    assert "See, move or cancel" in early
    late = _render(name, part, "en", visit_url="https://clinic.example/v/1", may_change=False)
    assert "See, move or cancel" not in late
    assert "please call +40 21 234 5678" in late
    silent = _render(name, part, "en", may_change=False, clinic={**CLINIC, "phone": None})
    assert "please tell us" in silent


@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_a_cancelled_visit_leads_to_another_time(part: str) -> None:
    link = "https://clinic.example/movimento/book/knee"
    assert link in _render("booking_cancelled", part, "ro", rebook_url=link)


@pytest.mark.proves("APT-03")
@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_where_late_changes_are_open_the_mail_sends_nobody_to_the_phone(part: str) -> None:
    late = {"may_change": False, "may_change_late": True, "visit_url": "https://clinic.example/v/1"}
    said = _render("booking_confirmed", part, "en", **late)
    assert "You can still move or cancel it online until it begins" in said
    assert "please call" not in said


@pytest.mark.proves("BOK-01", "FRM-05")
@pytest.mark.parametrize("part", ["body.txt", "body.html"])
@pytest.mark.parametrize("name", ["booking_confirmed", "course_booked"])
def test_the_mail_names_what_is_to_be_filled_in(name: str, part: str) -> None:
    forms = [{"ro": "Acord", "en": "Consent"}, {"ro": "Anamneză", "en": "History"}]
    assert "Please fill in before the visit: Consent, History." in _render(
        name, part, "en", forms=forms
    )
    assert "fill in before" not in _render(name, part, "en")
