"""Specialists as the clinic keeps them: the profile, specialties, signature image, who signs in as them.

Writes are in actions, reads in queries.
Not here: their hours and bookable time (scheduling), their visits (appointments).
"""
