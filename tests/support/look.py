"""An application with nothing but the templates: no database. Shows the sample pages of the living page."""

from __future__ import annotations

from types import SimpleNamespace

from flask import Flask, Response, render_template, render_template_string, request
from flask_babel import Babel, get_locale
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from app.web import catalogue
from app.web.http import template_words
from app.web.http.assets import linking
from app.web.http.headers import content_policy
from app.web.http.templating import decimal
from config import ROOT

PANEL = """{% from "ui/overlays.html" import panel %}
{% call panel("Ștefan Țurcanu", "/ui/console") %}<div class="panel-body">10:30</div>{% endcall %}"""
RESULTS = """{% from "ui/data.html" import search_results %}{{ search_results(groups, q) }}"""


def look_app() -> Flask:
    """Sample pages at /ui/<name> under the product's own content policy, and answers for htmx to try."""
    app = Flask("look", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "sample"
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(linking(_asset), get_locale=get_locale)
    app.jinja_env.filters.update(decimal=decimal)
    Babel(app)
    template_words.init_app(app)
    CSRFProtect(app)
    app.add_url_rule("/ui/<name>", view_func=sample)
    app.add_url_rule("/ui/search", view_func=search)
    app.add_url_rule("/ui/panel", endpoint="panel", view_func=lambda: render_template_string(PANEL))
    app.add_url_rule("/ui/theme", methods=["POST"], endpoint="theme", view_func=lambda: ("", 204))
    app.add_url_rule("/ui/status/<int:code>", view_func=status)
    app.after_request(_policy)
    return app


def sample(name: str) -> str:
    template, context = catalogue.page(name)
    return render_template(template, **context)


def search() -> str:
    q = request.args["q"]
    items = [
        {"label": f"{q} {n}", "detail": None, "url": f"/ui/{page}", "icon": "user", "keys": None}
        for n, page in enumerate(("console", "empty"))
    ]
    groups = [{"title": "Patients", "items": items}]
    return render_template_string(RESULTS, groups=groups, q=q)


def status(code: int) -> tuple[str, int]:
    return f"<p>answer {code}</p>", code


def _asset(path: str) -> str:
    assert (ROOT / "static" / path).is_file(), path
    return f"/static/{path}?v=1"


def _policy(response: Response) -> Response:
    settings = SimpleNamespace(telemetry_url="http://localhost:1")
    response.headers["Content-Security-Policy"] = content_policy(settings)
    return response
