"""Static files: addresses that change with the content, served compressed and cached by WhiteNoise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from markupsafe import Markup
from whitenoise import WhiteNoise

from config import Settings

YEAR_SECONDS = 31_536_000


class Assets:
    """Versioned addresses of static files; in development a changed file gets a new version at once."""

    def __init__(self, root: Path, *, remember: bool) -> None:
        self._root = root
        self._remember = remember
        self._urls: dict[str, str] = {}
        self._seen: dict[str, tuple[int, int]] = {}

    def url(self, path: str) -> str:
        """The address of a file below static/. A file that does not exist is a fault of the template."""
        url = self._urls.get(path)
        if url is None or not (self._remember or self._unchanged(path)):
            version = hashlib.sha256((self._root / path).read_bytes()).hexdigest()[:10]
            url = self._urls[path] = f"/static/{path}?v={version}"
        return url

    def _unchanged(self, path: str) -> bool:
        """Whether time and size of the file are those of the last look: reading it for every icon would cost."""
        found = (self._root / path).stat()
        state = (found.st_mtime_ns, found.st_size)
        before = self._seen.get(path)
        self._seen[path] = state
        return state == before


def linking(url: Callable[[str], str]) -> dict[str, Callable[..., str]]:
    """What templates may say: `asset(path)`, `stylesheets(*names)` below css/, `scripts(*names)`, all deferred."""

    def stylesheets(*names: str) -> Markup:
        tags = ('\n  <link rel="stylesheet" href="' + url(f"css/{one}.css") + '">' for one in names)
        return Markup("".join(tags))  # noqa: S704 - names are the template's, addresses ours.

    def scripts(*names: str) -> Markup:
        tags = ('\n  <script src="' + url(f"{one}.js") + '" defer></script>' for one in names)
        return Markup("".join(tags))  # noqa: S704 - as above.

    return {"asset": url, "stylesheets": stylesheets, "scripts": scripts}


def init_app(app: Flask) -> None:
    """Give templates their links and put WhiteNoise before the application."""
    settings: Settings = app.config["SETTINGS"]
    root = Path(str(app.static_folder))
    live = settings.mode == "development"
    app.jinja_env.globals.update(linking(Assets(root, remember=not live).url))
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # the documented way to wrap.
        app.wsgi_app,
        root=str(root),
        prefix="static/",
        autorefresh=live,
        max_age=60 if live else YEAR_SECONDS,
    )
