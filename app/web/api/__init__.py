"""The public JSON API of a clinic: what it offers, when it is free, holds, bookings, waiting list; no account (BOK-02).

Each operation is declared once (`operations.py`) and the declaration reads input, shapes the answer and writes the
OpenAPI description. Domain rules live below; pages for people live in `web.booking`.
"""

from app.web.http.surface import Surface

blueprint = Surface("api", __name__, url_prefix="/<clinic>/api/v1")
