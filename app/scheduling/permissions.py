"""Permissions that scheduling owns."""

from app.kernel.access.permissions import declare

MANAGE = declare("schedule.manage", "Change working hours and calendars")
OWN = declare("schedule.own", "Set one's own days off")
