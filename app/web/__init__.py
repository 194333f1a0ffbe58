"""The surfaces: what the browser sees. Thin: parse, call an action or a query, render.

Surfaces do not import each other; what they share lies in web.http.
"""

from flask import Flask


def mount(app: Flask) -> None:
    """Attach the request pipeline and every surface."""
