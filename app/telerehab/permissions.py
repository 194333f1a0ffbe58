"""Permissions that telerehabilitation owns."""

from app.kernel.access.permissions import declare

VIEW = declare("telerehab.view", "See exercise sessions and measurements")
