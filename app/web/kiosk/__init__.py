"""The clinic's tablet: read, sign, hand back; never another patient's data (SIG-01).

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("kiosk", __name__, url_prefix="/<clinic>/kiosk")
