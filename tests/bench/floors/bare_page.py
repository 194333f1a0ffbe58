"""The floor of every page: a Flask application that says hello, under the same gunicorn settings."""

from __future__ import annotations

from flask import Flask

application = Flask(__name__)


@application.get("/")
def hello() -> str:
    """As little as a page can do."""
    return "<!doctype html><title>Hello</title><p>Hello."
