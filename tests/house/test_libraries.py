"""Which folder may use which library: no Flask below web, vendors' SDKs behind their ports (house.md, "Floors")."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

COMPOSERS = ("app/__init__.py", "app/factory.py", "app/cli", "app/worker.py")
WEB = ("app/web/", *COMPOSERS)
ALLOWED: dict[str, tuple[str, ...]] = {
    "flask": WEB,
    "flask_babel": WEB,
    "flask_limiter": WEB,
    "flask_login": WEB,
    "flask_migrate": WEB,
    "flask_wtf": WEB,
    "htmx_flask": WEB,
    "werkzeug": WEB,
    "whitenoise": WEB,
    "wtforms": WEB,
    # The session follows the request or the job; its handle is the one thing below web that knows Flask.
    "flask_sqlalchemy": ("app/kernel/db/", *WEB),
    "boto3": ("app/integrations/", "app/kernel/storage/", "app/kernel/crypto/", "telemetry/"),
    "botocore": ("app/integrations/", "app/kernel/storage/", "app/kernel/crypto/", "telemetry/"),
    "httpx": ("app/integrations/",),
    "requests": ("app/integrations/",),
    "smtplib": ("app/integrations/",),
    "stripe": ("app/integrations/",),
    "twilio": ("app/integrations/",),
    "pydantic": ("app/web/api/",),
    # Half a second and 75 MB: never in the start of the web process.
    "mediapipe": ("telemetry/",),
    "cv2": ("telemetry/",),
    "huey": ("app/kernel/", "app/worker.py"),
    "psutil": (),
    "ops": (),
    "tests": (),
}


def imported_libraries(source: str) -> set[str]:
    """Top-level names that a module imports anywhere, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def offences(path: str, source: str) -> list[str]:
    """Libraries that this file must not use."""
    return sorted(
        library
        for library in imported_libraries(source) & ALLOWED.keys()
        if not path.startswith(ALLOWED[library])
    )


def test_every_file_uses_only_what_its_folder_may():
    files = [path for folder in ("app", "telemetry") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 50
    found = {
        path.relative_to(ROOT).as_posix(): offence
        for path in files
        if (
            offence := offences(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        )
    }
    assert found == {}


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("app/scheduling/queries.py", "from flask import request", ["flask"]),
        ("app/scheduling/queries.py", "def f():\n    import boto3", ["boto3"]),
        ("app/web/booking/slots.py", "from flask import request", []),
        ("app/web/booking/slots.py", "import stripe", ["stripe"]),
        ("app/integrations/payment/stripe.py", "import stripe", []),
        ("app/people/queries.py", "from app.web import http", []),
    ],
)
def test_offences_are_seen(path: str, source: str, expected: list[str]):
    assert offences(path, source) == expected
