"""Guests read English here, so that the tests can read along."""

from __future__ import annotations

import pytest

from tests.support.browser_client import BrowserClient


@pytest.fixture
def guest(client: BrowserClient) -> BrowserClient:
    """A browser in English."""
    client.set_cookie("lang", "en")
    return client
