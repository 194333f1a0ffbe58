"""Permissions of consents."""

from app.kernel.access.permissions import declare

VIEW = declare("consents.view", "See patients' consents")
RECORD = declare("consents.record", "Record and withdraw consents for patients")
