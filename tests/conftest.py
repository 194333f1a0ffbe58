"""Fixtures for every test: each plugin module in tests/support/ says what it gives."""

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
