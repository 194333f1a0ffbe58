"""Walking the booking pages as a guest does: by what stands in the page."""

from __future__ import annotations

import re
from html import unescape

from werkzeug.test import TestResponse

from tests.support.browser_client import BrowserClient

CLINIC = "/movimento/"
TIMES = "/movimento/book/kinetoterapie"
HOLD = TIMES
START = re.compile(r'<button(?: class="slot" type="submit")? name="start" value="(\d+)"')
GUEST = {
    "name": "Ana Pop",
    "email": "ana@example.com",
    "country": "RO",
    "phone": "0722 123 456",
    "note": "Genunchiul stâng",
    "texts": "y",
}


def starts(response: TestResponse) -> list[str]:
    """The times on the page, in minutes since the epoch, each once."""
    return list(dict.fromkeys(START.findall(response.text)))


def hold(client: BrowserClient, start: str | None = None, **also: str) -> str:
    """Keep a time (the first one when none is named); the address of the details page."""
    chosen = start or starts(client.get(TIMES))[0]
    response = client.post(HOLD, data={"start": chosen, **also})
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def book(client: BrowserClient, start: str | None = None, **changes: str) -> str:
    """Book with Ana's details; the address of the visit."""
    response = client.post(hold(client, start), data={**GUEST, **changes})
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def text_of(response: TestResponse) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())
