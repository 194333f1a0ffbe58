"""Pure decisions about visits on plain values: what a patient is told of a change.

Which times are free is decided in scheduling.rules; which moves are allowed stands in states.
"""
