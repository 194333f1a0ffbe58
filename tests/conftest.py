"""Fixtures for every test: each plugin module in tests/support/ and tests/factories/ says what it gives."""

from hypothesis import settings

# A shared machine is slow at times, which says nothing about the code; a run must be repeatable.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

pytest_plugins = [
    "tests.support.services",
    "tests.support.app",
    "tests.factories.cast",
    "tests.factories.scene",
    "tests.factories.forms",
    "tests.support.browser_client",
    "tests.support.outbox",
    "tests.support.live",
    "tests.support.queries",
]
