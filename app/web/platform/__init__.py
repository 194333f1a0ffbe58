"""The operator's pages: clinics, capabilities, elevated access.

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("platform", __name__, url_prefix="/platform")
