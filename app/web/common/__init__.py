"""Addresses that belong to no surface: start page, health, metrics, language, theme, clinic colours.

Views are thin; pages of the surfaces are reached by their address only.
"""

from app.web.http.surface import Surface

blueprint = Surface("common", __name__)
