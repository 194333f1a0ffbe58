"""Fixtures for every test: each plugin module in tests/support/ says what it gives."""

from hypothesis import settings

# A shared machine is slow at times, which says nothing about the code; a run must be repeatable.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

pytest_plugins = [
    "tests.support.services",
    "tests.support.app",
    "tests.support.cast",
    "tests.support.scene",
    "tests.support.forms",
    "tests.support.browser_client",
    "tests.support.outbox",
    "tests.support.live",
    "tests.support.queries",
]
