"""Tests of the telemetry process; they start real servers on loopback and a real Redis.

`stick_figure` makes people whose angles are known; `running` starts the process and an application
that listens for results. Recordings of real movement: tests/data/pose (MARS, MIT licence).
"""
