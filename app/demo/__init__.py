"""The demo: two clinics with a named cast and months of history, made by the product's own actions.

Deterministic for a given day: the same people, times and happenings each time. Not for production.
"""
