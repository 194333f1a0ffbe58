"""The waiting list: who waits for a time, and the freed times that are offered to them in turn (SCH-08, BYD-04).

An offer holds its time in occupancy until it is answered or runs out, so it is bookable for whom it was sent to.
Not here: booking itself (appointments), the engine (scheduling), sending (messaging).
"""
