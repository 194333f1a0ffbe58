"""Permissions that the catalogue owns."""

from app.kernel.access.permissions import declare

MANAGE = declare("catalog.manage", "Change services and prices")
