"""Decisions of the waiting list on plain values: who is next for which time, and until when an offer stands."""
