"""Details of the trail are read in words; what has none stays as it is stored."""

from __future__ import annotations

import pytest
from flask import Flask

from app.web.http.audit_details import field, value

pytestmark = pytest.mark.proves("KRN-15", "KRN-10")


@pytest.mark.parametrize(
    ("name", "stored", "shown"),
    [
        ("state", "no_show", "No-show"),
        ("state", "voided", "Set aside"),
        ("state", "of_another_kind", "of_another_kind"),
        ("channel", "walk_in", "At the desk"),
        ("purpose", "telemedicine", "Care at a distance"),
        ("permissions", ["appointments.book"], "Book and move appointments"),
        ("permissions", [], "–"),
        ("names", {"ro": "Masaj", "en": "Massage"}, "Massage"),
        ("names", {"monday": [1, 2]}, "monday: 1, 2"),
        ("own_patients_only", False, "No"),
        ("phone", None, "–"),
        ("version", 3, "3"),
        ("starts_at", "2027-03-03T12:30:00+00:00", "3 Mar 2027, 14:30"),
        ("starts_at", "2027-03-03T12:30:00", "2027-03-03T12:30:00"),
        ("note", "Two T-shirts", "Two T-shirts"),
    ],
)
def test_values_in_words(app: Flask, name: str, stored: object, shown: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert value(stored, name) == shown


def test_fields_in_words(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert field("starts_at") == "Begins"
        assert field("own_invention") == "own_invention"
