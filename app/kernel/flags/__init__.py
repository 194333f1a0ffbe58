"""Feature flags (KRN-12): risky abilities that the operator opens for one clinic at a time; off unless opened.

Not here: clinical features, which wait for a clearance too (app.kernel.capabilities), and what a role may do.
"""

from app.kernel.flags.gate import Flag, declare, demand, enabled, known, states

__all__ = ["Flag", "declare", "demand", "enabled", "known", "states"]
