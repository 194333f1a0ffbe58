"""The clinic's console: the day at the desk, patients, the specialist's corner.

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("console", __name__, url_prefix="/<clinic>/console")
