"""The one composer: settings in, a Flask application out."""

from __future__ import annotations

from flask import Flask
from flask_migrate import Migrate

from app import cli, tables
from app.consents.events import WITHDRAWN
from app.integrations import resolve
from app.integrations.catalog import build_registry
from app.kernel import crypto, redis, telling
from app.kernel.db import db
from app.kernel.db.handle import driver_url, engine_options
from app.kernel.logs import configure_logging
from app.kernel.outbox import at_once, publish, waking
from app.kernel.storage.factory import open_storage
from app.kernel.tokens import TokenSigner
from app.lib.clock import Clock, SystemClock
from app.people.merging.actions import MERGED, UNMERGED
from app.scheduling import holds
from app.telerehab import flags
from app.telerehab.subscribers import stop_lapsed_now, stop_measuring_now
from app.web import mount
from config import ROOT, Settings

migrate = Migrate()
# A form carries at most a few files of 10 MB (FRM-07); anything larger is refused while it is being read.
MAX_BODY = 24 * 1024 * 1024


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """Build the application. Raises SettingsError when a setting is missing or malformed."""
    settings = settings or Settings.from_env()
    app = Flask("app", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    configure_logging(settings.log_level)
    _configure(app, settings)
    crypto.install(settings.encryption_keys)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"), metadata=tables.metadata)
    _attach_parts(app, settings, clock or SystemClock())
    mount(app)
    cli.register(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    owner = settings.database_owner_url
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=driver_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.pool_size),
        MIGRATION_URL=driver_url(owner) if owner else None,
        TESTING=settings.mode == "test",
        MAX_CONTENT_LENGTH=MAX_BODY,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "app" / "translations"),
    )


def _attach_parts(app: Flask, settings: Settings, clock: Clock) -> None:
    signer = TokenSigner(settings.secret_key, clock)
    app.extensions["clock"] = clock
    app.extensions["redis"] = redis.connect(settings.redis_url)
    telling.install(app.extensions["redis"])
    holds.install(app.extensions["redis"])
    flags.install(app.extensions["redis"])
    at_once(WITHDRAWN)(stop_measuring_now)
    at_once(MERGED)(stop_lapsed_now)
    at_once(UNMERGED)(stop_lapsed_now)
    publish.install_waker(waking.channel(app.extensions["redis"]))
    defaults = resolve.platform_defaults(settings.smtp_url, settings.base_url)
    resolve.install(build_registry(defaults), clock)
    app.extensions["signer"] = signer
    app.extensions["blobs"] = open_storage(settings.storage, signer, settings.base_url)
