"""The patient portal: next visit, exercises, forms, consents (PRT-01).

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("portal", __name__, url_prefix="/<clinic>/portal")
