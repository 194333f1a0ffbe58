"""Words and pure macros in templates, remembered for each language: a page asks for hundreds of them.

The catalogue's answer for a text never changes while a process lives, so it is looked up and made safe once. Variables
are escaped and filled in at each call, as Jinja's own newstyle gettext does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from functools import cached_property, lru_cache
from types import FunctionType
from typing import Any, cast

from flask import Flask, g
from flask.ctx import _AppCtxGlobals
from flask_babel import Babel, Domain, format_date, get_locale, get_translations
from jinja2 import Template, pass_eval_context
from jinja2.environment import TemplateModule
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from markupsafe import Markup
from werkzeug.local import LocalProxy

Language = tuple[str, str | None] | None
REMEMBERED, KEPT = 8192, 512
# Each look through the proxy costs as much as all else that `language` does.
_behind_g = cast("LocalProxy[_AppCtxGlobals]", g)._get_current_object


class QuickContext(Context):
    """Calls a macro, which most calls of a page are, without asking first what kind of callable it is."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """As Jinja's own, which hands a macro the context of evaluation and takes away what is not for it."""
        kind = type(called)
        if kind is FunctionType and not hasattr(called, "jinja_pass_arg"):
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            return called(*args, **kwargs)
        if kind is not Macro:
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(self.eval_ctx, *args, **kwargs)


class QuickTemplate(Template):
    """Imports of macros take the module as it was made: no template is ever given globals of its own.

    Jinja compares the names of all globals at each of a page's dozens of imports instead.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return self._module if self._module is not None else super()._get_default_module()


def language() -> Language:
    """The language in use, as a key: asked for hundreds of times in a page, so kept beside the extension's own note."""
    try:
        held = _behind_g().get("_flask_babel")
    except RuntimeError:  # Outside of any request or command.
        return None
    locale = getattr(held, "babel_locale", None)
    if locale is None or getattr(held, "key_of", None) is not locale:
        locale = get_locale()
        held = g._flask_babel
        held.key_of = locale
        held.key = (locale.language, locale.territory) if locale is not None else None
    key: Language = held.key
    return key


class QuickDomain(Domain):
    """The catalogues, found by the key of the language instead of by its name, which is costly to spell."""

    def __init__(self, name: str) -> None:
        super().__init__(domain=name)
        self._known: dict[Language, Any] = {}

    def get_translations(self) -> Any:
        """The catalogue of the language in use."""
        key = language()
        found = self._known.get(key)
        if found is None:
            found = super().get_translations()
            if key is not None:
                self._known[key] = found
        return found


class QuickBabel(Babel):
    """Flask-Babel with quick catalogues."""

    @cached_property
    def domain_instance(self) -> QuickDomain:
        return QuickDomain(self.domain)


@lru_cache(REMEMBERED)
def _text(_language: Language, string: str, safe: bool) -> str:
    found: str = get_translations().ugettext(string)
    return Markup(found) if safe else found  # noqa: S704 - the catalogue is part of the program.


@lru_cache(REMEMBERED)
def _finished(key: Language, string: str, safe: bool) -> str:
    return _text(key, string, safe) % {}


@pass_eval_context
def gettext(context: EvalContext, string: str, **variables: Any) -> str:
    """The text in the reader's language, always read as a format string."""
    key, safe = language(), bool(context.autoescape)
    return _text(key, string, safe) % variables if variables else _finished(key, string, safe)


def per_language(macro: Macro) -> Callable[..., Markup]:
    """A macro whose result follows from its arguments and the language alone, drawn once for each of both.

    The arguments must be hashable and say everything: not for macros that look up a person, a clinic or a request.
    """

    @lru_cache(REMEMBERED, typed=True)  # Safe text equals unsafe text and must not stand in for it.
    def drawn(_language: Language, *args: Any, **kwargs: Any) -> Markup:
        return cast(Markup, macro(*args, **kwargs))

    def draw(*args: Any, **kwargs: Any) -> Markup:
        return drawn(language(), *args, **kwargs)

    return draw


def per_key(macro: Macro) -> Callable[..., Markup]:
    """A macro drawn once for the language and a key, the first argument, that says all that its other arguments do."""
    kept: dict[tuple[Language, Hashable], Markup] = {}

    def draw(key: Hashable, *args: Any) -> Markup:
        asked = (language(), key)
        found = kept.get(asked)
        if found is None:
            found = cast(Markup, macro(*args))
            if len(kept) >= KEPT:
                kept.clear()  # Rare, and what is still asked for is soon drawn again.
            kept[asked] = found
        return found

    return draw


def date_words(date: dt.date, pattern: str) -> str:
    """A date by a pattern of CLDR in the reader's language: a strip of days asks for the same ones all day long."""
    return _date_words(language(), date, pattern)


@lru_cache(4096)
def _date_words(_language: Language, date: dt.date, pattern: str) -> str:
    return str(format_date(date, pattern, rebase=False))


def init_app(app: Flask) -> None:
    """Take the place of the extension's slower lookups; plurals and contexts stay with it."""
    app.jinja_env.context_class = QuickContext
    app.jinja_env.template_class = QuickTemplate
    app.jinja_env.globals.update(
        _=gettext, gettext=gettext, per_language=per_language, per_key=per_key
    )
