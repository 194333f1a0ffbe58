"""The scheduling decisions, pure: hours and busy time in, free starts, reasons and choices out.

Standard library only; the time now, the zone and every row come in as plain values.
Not here: reading or writing anything, and words for people (reasons are codes with figures).
"""
