"""Every template compiles, carries nothing inline, escapes everything, and leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, TemplateSyntaxError, nodes

from ops.paths import ROOT

TEMPLATES = ROOT / "templates"
NAMES = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*")
    if path.suffix in (".html", ".txt")
)
PAGES = [name for name in NAMES if name.endswith(".html") and not name.startswith("messages/")]
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# A mail carries its styles with it: mail programs read no style sheets.
INLINE = {
    "style attribute": re.compile(r"<[^>{]*\sstyle\s*=", re.IGNORECASE),
    "style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "handler": re.compile(r"<[^>{]*\son[a-z]+\s*=", re.IGNORECASE),
    "script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "evaluated by htmx": re.compile(r"hx-on|hx-vals=.js:|hx-headers=.js:|hx-vars", re.IGNORECASE),
}
WORDS = {"_", "gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext"}


def _source(name: str) -> str:
    return COMMENT.sub("", (TEMPLATES / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def environment(app: Flask) -> Environment:
    return app.jinja_env


def _parsed(environment: Environment, name: str) -> nodes.Template:
    return environment.parse((TEMPLATES / name).read_text(encoding="utf-8"), name)


def _calls(environment: Environment, name: str) -> Iterator[nodes.Call]:
    yield from _parsed(environment, name).find_all(nodes.Call)


def _called(call: nodes.Call) -> str:
    return call.node.name if isinstance(call.node, nodes.Name) else ""


@pytest.mark.proves("A11-01")
def test_every_template_compiles(environment: Environment):
    assert len(NAMES) > 60
    broken = []
    for name in NAMES:
        try:
            environment.get_template(name)
        except TemplateSyntaxError as error:
            broken.append(f"{name}:{error.lineno} {error.message}")
    assert broken == []


@pytest.mark.proves("SEC-01")
def test_nothing_is_inline():
    found = [
        f"{name}: {what}"
        for name in PAGES
        for what, pattern in INLINE.items()
        if pattern.search(_source(name))
    ]
    assert found == []


@pytest.mark.proves("SEC-01")
def test_nothing_escapes_the_escaping(environment: Environment):
    found = [
        name
        for name in NAMES
        for part in _parsed(environment, name).find_all(
            (nodes.Filter, nodes.ScopedEvalContextModifier, nodes.MarkSafe)
        )
        if not isinstance(part, nodes.Filter) or part.name in ("safe", "forceescape")
    ]
    assert found == []


def test_fragments_name_their_inputs():
    """Whoever includes or renders a fragment alone reads in its first line what it expects."""
    silent = [
        name
        for name in PAGES
        if Path(name).name.startswith("_")
        and not re.match(r"\s*\{#-?\s*\S", (TEMPLATES / name).read_text(encoding="utf-8"))
    ]
    assert silent == []


@pytest.mark.proves("KRN-10")
def test_copy_is_constant(environment: Environment):
    """A sentence that is put together cannot be found in a catalogue."""
    wrong = [
        f"{name}:{call.lineno}"
        for name in NAMES
        for call in _calls(environment, name)
        if _called(call) in WORDS and not _is_constant(call.args[0])
    ]
    assert wrong == []


def _is_constant(words: nodes.Expr) -> bool:
    """Labels of permissions are constants too: they are declared in Python, where the catalogue reads them."""
    if isinstance(words, nodes.Getattr):
        return words.attr == "label" and getattr(words.node, "name", "") == "permission"
    return isinstance(words, nodes.Const) and isinstance(words.value, str)


def test_addresses_lead_to_routes(app: Flask, environment: Environment):
    """Endpoints named in templates exist; a relative one belongs to some surface."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    views = {name.rpartition(".")[2] for name in endpoints}
    missing = []
    for name in NAMES:
        for call in _calls(environment, name):
            if _called(call) != "url_for" or not isinstance(call.args[0], nodes.Const):
                continue
            target = call.args[0].value
            known = (
                target.removeprefix(".") in views if target.startswith(".") else target in endpoints
            )
            if not known:
                missing.append(f"{name}:{call.lineno} {target}")
    assert missing == []


def test_includes_and_imports_exist(environment: Environment):
    """Dynamic names are left to the tests of their pages."""
    kinds = (nodes.Include, nodes.FromImport, nodes.Import, nodes.Extends)
    missing = []
    for name in NAMES:
        for part in _parsed(environment, name).find_all(kinds):
            wanted = part.template
            if isinstance(wanted, nodes.Const) and wanted.value not in NAMES:
                missing.append(f"{name} -> {wanted.value}")
    assert missing == []


def test_every_template_is_used(environment: Environment):
    """Dead pages mislead: each file is named by some Python module or by another template."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py")]
    sources += [(TEMPLATES / name).read_text(encoding="utf-8") for name in NAMES]
    everything = "\n".join(sources)
    named_by_rule = re.compile(
        r"^(errors/\d+\.html|messages/\w+/.+|ui/examples/.+|console/audit/_\w+\.html)$"
    )
    unused = [name for name in NAMES if name not in everything and not named_by_rule.match(name)]
    assert unused == []
