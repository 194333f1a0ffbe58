"""Permissions that the catalogue owns."""

from app.kernel.access.permissions import declare

VIEW = declare("catalog.view", "See the services")
MANAGE = declare("catalog.manage", "Change services and prices")
