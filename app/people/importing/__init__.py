"""Patients brought in from a file (BYD-09): uploaded, looked at, imported in the background, taken back.

How a row is read and matched is pure and lives in people.rules (sheet_*); how bytes become cells, in lib.csv_reading.
"""
