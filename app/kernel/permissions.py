"""Permissions that the kernel owns: who may run the clinic's house (KRN-03)."""

from app.kernel.access.permissions import declare

AUDIT = declare("audit.view", "See the audit trail, record access and sign-ins")
ROLES = declare("roles.manage", "Change roles and what they allow")
TEAM = declare("team.manage", "Invite colleagues, change their role, end their access")
ACT_AS = declare("patients.act_as", "Act for a patient in the portal")
EVENTS = declare("events.repair", "See what failed in the background, and repeat it")
