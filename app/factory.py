"""The one composer: settings in, a Flask application out."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from app import tables
from app.kernel import crypto
from app.kernel.db import db
from app.kernel.db.handle import driver_url, engine_options
from app.web import mount
from config import ROOT, Settings

migrate = Migrate()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application. Raises SettingsError when a setting is missing or malformed."""
    settings = settings or Settings.from_env()
    app = Flask("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, settings)
    crypto.install(settings.encryption_keys)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(ROOT, "migrations")), metadata=tables.metadata)
    mount(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=driver_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.pool_size),
        MIGRATION_URL=driver_url(settings.database_owner_url)
        if settings.database_owner_url
        else None,
        TESTING=settings.mode == "test",
    )
