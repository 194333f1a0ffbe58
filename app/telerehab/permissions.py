"""Permissions that telerehabilitation owns."""

from app.kernel.access.permissions import declare

VIEW = declare("telerehab.view", "See exercise sessions and measurements")
ASSIGN = declare("telerehab.assign", "Prepare exercise sessions for patients")
