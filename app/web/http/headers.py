"""Security headers of every answer (SEC-01, ASVS 3.4): strict content policy, no inline script or style."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from config import Settings

YEAR_SECONDS = 31_536_000


def content_policy(
    settings: Settings, *, camera: bool = False, framed_by: str = "'none'", frames: str = "'none'"
) -> str:
    """The Content-Security-Policy. A camera page may compile WebAssembly and talk to telemetry.

    `framed_by` says which sites may show the page in a frame, `frames` what it may show in one.
    """
    telemetry = urlsplit(settings.telemetry_url)
    connect = f"'self' {telemetry.scheme}://{telemetry.netloc}" if camera else "'self'"
    script = "'self' 'wasm-unsafe-eval'" if camera else "'self'"
    return (
        f"default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data: blob:; "
        f"font-src 'self'; connect-src {connect}; media-src 'self' blob:; worker-src 'self' blob:; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}; frame-src {frames}; "
        "manifest-src 'self'"
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer."""
    strict = _usual(settings, camera=False)
    with_camera = _usual(settings, camera=True)

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        said = {name.lower() for name, _value in headers}
        for lower, name, value in with_camera if g.get("uses_camera", False) else strict:
            if lower not in said:
                headers.add(name, value)
        if "cache-control" not in said and request.endpoint != "static":
            headers.add("Cache-Control", "no-store")
        if g.get("request_id"):
            headers["X-Request-Id"] = g.request_id
        return response


def _usual(settings: Settings, *, camera: bool) -> list[tuple[str, str, str]]:
    """Headers of every answer that has not said otherwise, each with its name in small letters."""
    devices = f"camera={'(self)' if camera else '()'}, microphone=(), geolocation=()"
    found = {
        "Content-Security-Policy": content_policy(settings, camera=camera),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": devices,
    }
    if settings.secure_cookies:
        found["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    return [(name.lower(), name, value) for name, value in found.items()]
