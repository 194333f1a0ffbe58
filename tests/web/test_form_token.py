"""The token of forms is signed once for its secret, and never outlives it."""

from __future__ import annotations

import pytest
from flask import Flask, session
from flask_wtf.csrf import ValidationError, validate_csrf

from app.web.http.inputs import form_token

pytestmark = pytest.mark.proves("SEC-01")


def test_a_browser_keeps_its_token_and_it_counts(app: Flask):
    with app.test_request_context("/"):
        first = form_token()
        validate_csrf(first)
        kept = dict(session)
    with app.test_request_context("/"):
        session.update(kept)
        again = form_token()
        assert form_token() == again
        validate_csrf(first)
        validate_csrf(again)


def test_a_new_secret_gets_a_token_of_its_own_within_the_same_request(app: Flask):
    with app.test_request_context("/"):
        old = form_token()
        session["csrf_token"] = "of another login"
        new = form_token()
        assert new != old
        validate_csrf(new)
        with pytest.raises(ValidationError):
            validate_csrf(old)


def test_two_browsers_share_no_token(app: Flask):
    tokens = []
    for _ in range(2):
        with app.test_request_context("/"):
            tokens.append(form_token())
    assert tokens[0] != tokens[1]
