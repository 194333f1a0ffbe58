"""The application: `create_app` composes everything below it and is the only place that knows all parts."""

from app.factory import create_app

__all__ = ["create_app"]
