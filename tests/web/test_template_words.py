"""Words and macros that are remembered: never in another language, never unsafe text in the place of safe text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from flask_babel import force_locale, get_locale
from markupsafe import Markup, escape

from app.web.http.template_words import date_words
from config import ROOT
from tests.support.look import look_app


@pytest.fixture(scope="module")
def look() -> Flask:
    """The templates without a database, with the product's catalogues."""
    app = look_app()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "app" / "translations")
    return app


@pytest.fixture(autouse=True)
def _in_a_request(look: Flask) -> Iterator[None]:
    with look.test_request_context("/"):
        yield


def _said(template: str, language: str, **inputs: object) -> str:
    with force_locale(language):
        return render_template_string(template, **inputs)


def test_each_language_has_its_own_words_however_often_it_is_asked():
    for _ in range(2):
        for language in ("en_GB", "ro"):
            assert _said("{{ gettext('Plain') }}", language) == "Plain"
            assert date_words_in(language) == {"en_GB": "March", "ro": "martie"}[language]


def date_words_in(language: str) -> str:
    with force_locale(language):
        return date_words(dt.date(2027, 3, 3), "MMMM")


def test_variables_are_escaped_at_each_call():
    said = "{{ gettext('Dear %(name)s', name=name) }}"
    assert _said(said, "en_GB", name="<b>") == "Dear &lt;b&gt;"
    assert _said(said, "en_GB", name=Markup("<b>")) == "Dear <b>"
    assert _said(said, "en_GB", name="Ana") == "Dear Ana"


def test_a_percent_sign_is_written_as_a_format_has_it():
    assert _said("{{ gettext('100%%') }}", "en_GB") == "100%"


def test_safe_text_does_not_stand_in_for_unsafe_text():
    drawn = "{% from 'ui/icon.html' import icon %}{{ icon('check', label=words) }}"
    assert 'aria-label="<i>"' in _said(drawn, "en_GB", words=Markup("<i>"))
    assert 'aria-label="&lt;i&gt;"' in _said(drawn, "en_GB", words="<i>")


def test_a_remembered_macro_is_drawn_once_for_each_language(look: Flask):
    calls: list[str] = []

    def here() -> str:
        calls.append(str(get_locale()))
        return calls[-1]

    source = "{% macro _own() %}{{ here() }}{% endmacro %}{% set own = per_language(_own) %}"
    template = look.jinja_env.from_string(source, globals={"here": here})
    own = template.make_module().own
    for language in ("en_GB", "ro", "en_GB", "ro"):
        with force_locale(language):
            assert own() == language
    assert calls == ["en_GB", "ro"]


def test_a_macro_with_a_block_and_loop_variables_is_called_as_jinja_calls_it():
    template = (
        "{% macro listed(rows) %}{% for row in rows %}<{{ caller(row) }}>{% endfor %}{% endmacro %}"
        "{% call(row) listed([1, 2]) %}{{ loop_free(row) }}{% endcall %}"
    )
    assert _said(template, "en_GB", loop_free=lambda n: n * 10) == "<10><20>"


def test_what_is_kept_for_a_key_is_drawn_for_that_key_and_language_alone():
    said = (
        "{% macro _drawn(who) %}{{ who.name }}, {{ gettext('Dear %(name)s', name=1) }}{% endmacro %}"
        "{% set drawn = per_key(_drawn) %}{{ drawn(key, who) }} {{ drawn(key, who) }}"
    )
    for name in ("Ana", "<b>"):
        assert _said(said, "en_GB", key=name, who={"name": name}).count(str(escape(name))) == 2
