"""Risky abilities of scheduling (KRN-12)."""

from app.kernel.flags import declare

# Days off that nobody at the desk has seen can leave booked patients without a specialist.
SELF_SERVICE = declare("provider_self_service", "Specialists change their own days off")
