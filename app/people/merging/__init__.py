"""Duplicates of patients' cards: finding them, merging two of them, taking a merge back (BYD-09).

The rules (likeness, which card is kept) are in people.rules; reading all cards of one person is in people.persons.
"""
