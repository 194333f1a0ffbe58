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
    strict, camera = content_policy(settings), content_policy(settings, camera=True)

    @app.after_request
    def add(response: Response) -> Response:
        uses_camera = g.get("uses_camera", False)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", camera if uses_camera else strict)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault(
            "Permissions-Policy",
            f"camera={'(self)' if uses_camera else '()'}, microphone=(), geolocation=()",
        )
        if settings.secure_cookies:
            headers.setdefault(
                "Strict-Transport-Security", f"max-age={YEAR_SECONDS}; includeSubDomains"
            )
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        if g.get("request_id"):
            headers["X-Request-Id"] = g.request_id
        return response
