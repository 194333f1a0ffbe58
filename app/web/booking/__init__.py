"""The public booking pages of a clinic: phone first, guest first (BOK-01).

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("booking", __name__, url_prefix="/<clinic>")
