"""Permissions that people own."""

from app.kernel.access.permissions import declare

VIEW = declare("patients.view", "See patients")
MANAGE = declare("patients.manage", "Add and change patients")
IMPORT = declare("patients.import", "Bring in patients from a file")
SPECIALISTS = declare("specialists.manage", "Add and change specialists")
