"""Proofs. The tree mirrors the project; `house/` tests the code itself, `journeys/` and `browser/` the whole.

Fixtures that several folders share live in `support/` and `factories/`, never in the product.
"""
