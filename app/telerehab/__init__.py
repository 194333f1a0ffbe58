"""Telerehabilitation: exercises, pose sessions in front of the patient's camera, and what was measured.

Asks kernel.capabilities and the consent ledger, never billing. Frames and figures are made by the telemetry process;
only its contract is known here.
"""
