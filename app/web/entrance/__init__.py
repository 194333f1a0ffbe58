"""Signing in and out for staff and the operator, choice of clinic, own account.

Views are thin: parse, call an action or a query, render. Pages of other surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("entrance", __name__)
