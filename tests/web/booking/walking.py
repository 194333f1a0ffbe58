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
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
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


def hidden(response: TestResponse) -> dict[str, str]:
    """What the form of the times hands on beside the time; the token of the page is the browser's."""
    fields = dict(HIDDEN.findall(response.text))
    fields.pop("csrf_token", None)
    return fields


def hold(client: BrowserClient, start: str | None = None, **also: str) -> str:
    """Keep a time (the first one when none is named); the address of the details page."""
    if start is None:
        page = client.get(TIMES)
        start, also = starts(page)[0], {**hidden(page), **also}
    response = client.post(HOLD, data={"start": start, **also})
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
