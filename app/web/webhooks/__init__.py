"""Calls from machines: telemetry results and providers; each proves itself by signature.

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("webhooks", __name__, url_prefix="/webhooks")
