"""Whether a clinic may use a regulated feature at all: cleared, enabled, not paused (CAP-01).

Clinical code asks here and never asks billing. Default is off.
"""

from app.kernel.capabilities.gate import Capability, demand, enabled, states

__all__ = ["Capability", "demand", "enabled", "states"]
